"""A teacher that was lost is met anew before it is believed, and a person hears of it once."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from stillroom.errors import TeacherBusy, TeacherError, TeacherLost, TeacherMismatch, TeacherRefused
from stillroom.recipe import Teacher
from stillroom.records import SamplingParams
from stillroom.teachers import connect as connect_module
from stillroom.teachers import sglang
from stillroom.teachers.connect import connect
from stillroom.teachers.template import load_template
from tests.fakes.teacher import FakeTeacher
from tests.fakes.tokenizer import TEMPLATE, make_tokenizer

PARAMS = SamplingParams(temperature=0.7, max_new_tokens=64)
SHORT_NAME, HUB_ID = "qwen2.5-coder-0.5b-instruct", "Qwen/Qwen2.5-Coder-0.5B-Instruct"


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sglang, connect_module):
        monkeypatch.setattr(module, "_wait", lambda state: 0.01)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeTeacher]:
    with FakeTeacher(model=str(make_tokenizer(tmp_path / "tiny-coder")), weight_version="default") as running:
        yield running


def teacher(server: FakeTeacher, patience_seconds: float = 5.0) -> Teacher:
    return Teacher(
        name="fake", urls=(server.url,), model=server.model, revision="r7", patience_seconds=patience_seconds
    )


async def test_another_model_behind_a_lost_address_is_refused_though_both_say_default(server: FakeTeacher) -> None:
    client = (await connect(teacher(server), lambda line: None)).client
    before, server.model = server.model, "/models/swapped/tiny-coder"
    server.fail("drop")

    with pytest.raises(TeacherMismatch, match=f"now serves /models/swapped/tiny-coder .*not {before}"):
        await client.complete("hello", PARAMS, 1)
    assert server.paid == []

    server.model = before
    assert len(await client.complete("hello", PARAMS, 1)) == 1
    await client.close()


async def test_a_person_hears_once_that_a_teacher_is_out_and_once_that_it_is_back(server: FakeTeacher) -> None:
    said: list[str] = []
    client = (await connect(teacher(server), said.append)).client
    server.fail("drop", times=3)

    assert len(await client.complete("hello", PARAMS, 1)) == 1
    await client.close()

    assert len(said) == 2
    assert said[0].startswith("teacher fake@r7 does not answer; trying for 5 s more (")
    assert said[1] == "teacher fake@r7 answers again"


async def test_a_busy_teacher_is_called_busy(server: FakeTeacher) -> None:
    said: list[str] = []
    client = (await connect(teacher(server), said.append)).client
    server.fail("busy")

    await client.complete("hello", PARAMS, 1)
    await client.close()

    assert said[0].startswith("teacher fake@r7 is busy; trying for 5 s more (")


async def test_a_teacher_that_is_busy_when_it_is_met_is_waited_for(server: FakeTeacher) -> None:
    said: list[str] = []
    server.busy_abouts = 3

    await (await connect(teacher(server), said.append)).client.close()

    assert server.busy_abouts == 0
    assert len(said) == 1
    assert said[0].startswith(f"teacher fake is busy; trying for 5 s more (the server at {server.url} is busy (")


async def test_a_teacher_that_stays_busy_when_it_is_met_is_given_up_within_the_patience(server: FakeTeacher) -> None:
    server.busy_abouts = 10**6

    with pytest.raises(
        TeacherBusy, match=r"gave 503 .*Tried for 1 s\. Wait until .*`patience_seconds:` of teacher 'fake'"
    ):
        await connect(teacher(server, patience_seconds=1), lambda line: None)


async def test_a_lost_teacher_that_comes_back_busy_is_waited_for(server: FakeTeacher) -> None:
    client = (await connect(teacher(server), lambda line: None)).client
    server.fail("drop")
    server.busy_abouts = 3

    assert len(await client.complete("hello", PARAMS, 1)) == 1
    assert server.busy_abouts == 0
    await client.close()


async def test_a_teacher_that_stays_away_is_lost(server: FakeTeacher) -> None:
    client = (await connect(teacher(server, patience_seconds=1), lambda line: None)).client
    server.fail("drop", times=10**6)

    with pytest.raises(
        TeacherLost, match=r"is gone: .*Start it again, or correct `urls:` of teacher 'fake' in the rec"
    ):
        await client.complete("hello", PARAMS, 1)
    await client.close()


async def test_a_folder_that_happens_to_lie_in_the_working_directory_is_not_taken_for_the_hubs_model(
    server: FakeTeacher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.model = "org/tiny-coder"
    make_tokenizer(tmp_path / "org" / "tiny-coder")
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TeacherError, match="the working directory holds a folder org/tiny-coder, which would be taken"):
        await connect(teacher(server), lambda line: None)


async def test_a_system_message_that_the_template_does_not_take_is_refused_when_the_teacher_is_met(
    server: FakeTeacher,
) -> None:
    make_tokenizer(Path(server.model), template="{{ raise_exception('none') if messages[1] }}" + TEMPLATE)

    with pytest.raises(TeacherRefused, match=r"takes no system message \(none\), but teacher 'fake' has one"):
        await connect(teacher(server).model_copy(update={"system": "Be brief."}), lambda line: None)

    await (await connect(teacher(server), lambda line: None)).client.close()


def pulled(home: Path, revision: str, *, pulled_at: float) -> str:
    """Put a revision of the catalogue's model on this machine; gives the hash of its template, which says which."""
    folder = home / "models" / SHORT_NAME / revision
    make_tokenizer(folder, template=f"{revision}: {TEMPLATE}")
    (folder / "model.safetensors").touch()
    record = {
        "name": SHORT_NAME,
        "path": str(folder),
        "source": "hub",
        "revision": revision,
        "licence": "apache-2.0",
        "hub_id": HUB_ID,
        "pulled_at": pulled_at,
    }
    (folder / "stillroom-model.json").write_text(json.dumps(record))
    return load_template(str(folder)).sha256


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where models would be, on a machine that the hub is not reached from."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


async def template_met(server: FakeTeacher, model: str, revision: str | None) -> str:
    wanted = Teacher(name="fake", urls=(server.url,), model=model, revision=revision)
    client = (await connect(wanted, lambda line: None)).client
    await client.close()
    return client.template.sha256


@pytest.mark.parametrize("model", [SHORT_NAME, HUB_ID])
@pytest.mark.parametrize("declared", ["r7", None])
async def test_the_template_is_that_of_the_teachers_revision_where_it_is_here(
    server: FakeTeacher, home: Path, model: str, declared: str | None
) -> None:
    server.model, server.weight_version = HUB_ID, "r7"
    meant = pulled(home, "r7", pulled_at=1.0)
    newest = pulled(home, "r8", pulled_at=2.0)

    assert await template_met(server, model, declared) == meant

    server.weight_version = "r9"
    assert await template_met(server, model, None) == newest


@pytest.mark.parametrize("model", [SHORT_NAME, HUB_ID])
async def test_the_template_of_another_revision_than_the_recipes_is_not_taken(
    server: FakeTeacher, home: Path, model: str
) -> None:
    server.model = HUB_ID
    pulled(home, "r8", pulled_at=1.0)

    with pytest.raises(
        TeacherError, match=rf"cannot load the tokenizer of {HUB_ID}: .*`stillroom models pull {HUB_ID} --revision r7`"
    ):
        await template_met(server, model, "r7")


def test_an_interrupt_does_not_wait_for_a_tokenizer(server: FakeTeacher, monkeypatch: pytest.MonkeyPatch) -> None:
    loading, goes_on, loaded = threading.Event(), threading.Event(), threading.Event()

    def hang(*args: object, **options: object) -> None:
        """A hub that takes the connection and says nothing."""
        loading.set()
        goes_on.wait(20)
        loaded.set()

    async def interrupted() -> None:
        met = asyncio.ensure_future(connect(teacher(server), lambda line: None))
        await asyncio.to_thread(loading.wait, 20)
        met.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await met

    monkeypatch.setattr(connect_module, "template_of", hang)
    asyncio.run(interrupted())

    assert not loaded.is_set()
    goes_on.set()
