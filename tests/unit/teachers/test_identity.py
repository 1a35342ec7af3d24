"""Identity: a server is who it says it is, and another one than the recipe names is refused."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from stillroom.errors import TeacherBusy, TeacherError, TeacherMismatch
from stillroom.recipe import Teacher
from stillroom.teachers.identity import Identity, identify
from tests.fakes.teacher import FakeTeacher


@pytest.fixture
def server() -> Iterator[FakeTeacher]:
    with FakeTeacher(model="/models/Tiny-Coder", weight_version="abc123") as running:
        yield running


def teacher(server: FakeTeacher | str, **changes: Any) -> Teacher:
    url = server if isinstance(server, str) else server.url
    return Teacher(name="fake", urls=(url,), **{"model": "org/tiny-coder", **changes})


async def identity(server: FakeTeacher, **changes: Any) -> Identity:
    async with httpx2.AsyncClient(trust_env=False) as http:
        return await identify(http, server.url, teacher(server, **changes))


async def test_revision_comes_from_the_server_where_it_says_so(server: FakeTeacher) -> None:
    found = await identity(server)

    assert found == Identity(
        name="fake",
        revision="abc123",
        revision_source="server",
        model="/models/Tiny-Coder",
        architecture="FakeForCausalLM",
        engine="sglang 0.5.23",
        weight_version="abc123",
    )
    assert found.teacher_id == "fake@abc123"


@pytest.mark.parametrize("said", ["default", ""])
async def test_revision_is_declared_where_the_server_says_nothing(server: FakeTeacher, said: str) -> None:
    server.weight_version = said

    found = await identity(server, revision="r7")

    assert (found.revision, found.revision_source, found.weight_version) == ("r7", "declared", said)


async def test_revision_that_nobody_states_is_refused(server: FakeTeacher) -> None:
    server.weight_version = "default"

    with pytest.raises(TeacherMismatch, match="put `revision:` under teacher 'fake'"):
        await identity(server)


async def test_another_revision_is_refused(server: FakeTeacher) -> None:
    with pytest.raises(TeacherMismatch, match="serves revision abc123, but the recipe asks for def456"):
        await identity(server, revision="def456")


async def test_another_model_is_refused(server: FakeTeacher) -> None:
    with pytest.raises(TeacherMismatch, match="serves /models/Tiny-Coder, but teacher 'fake' is org/other"):
        await identity(server, model="org/other")


async def test_the_same_name_of_another_owner_is_refused_with_the_way_out(server: FakeTeacher) -> None:
    server.model, server.served_model_name = "someone-else/Foo", "Foo"

    with pytest.raises(
        TeacherMismatch,
        match=r"serves someone-else/Foo, but teacher 'fake' is Qwen/Foo\. .*put `model: someone-else/Foo` .*urls:",
    ):
        await identity(server, model="Qwen/Foo")


async def test_a_folder_under_another_name_is_refused_with_the_way_out(server: FakeTeacher) -> None:
    server.model = "/models/7"

    with pytest.raises(TeacherMismatch, match="start its server with `--served-model-name Qwen/Foo`"):
        await identity(server, model="Qwen/Foo")

    server.served_model_name = "Qwen/Foo"
    assert (await identity(server, model="Qwen/Foo")).model == "/models/7"


async def test_a_short_name_of_the_catalogue_means_its_hub_id(server: FakeTeacher) -> None:
    server.model = "Qwen/Qwen2.5-Coder-0.5B-Instruct"
    assert (await identity(server, model="qwen2.5-coder-0.5b-instruct")).model == server.model

    server.model = "someone-else/Qwen2.5-Coder-0.5B-Instruct"
    with pytest.raises(TeacherMismatch, match=r"teacher 'fake' is Qwen/Qwen2\.5-Coder-0\.5B-Instruct"):
        await identity(server, model="qwen2.5-coder-0.5b-instruct")


async def test_model_that_writes_no_text_is_refused(server: FakeTeacher) -> None:
    server.is_generation = False

    with pytest.raises(TeacherMismatch, match="does not generate text"):
        await identity(server)


@pytest.mark.parametrize("said", [["a", "list"], "text", None, 7])
async def test_odd_server_info_is_no_crash(server: FakeTeacher, said: object) -> None:
    server.server_info = said

    with pytest.raises(TeacherError, match="no SGLang server answers"):
        await identity(server)


async def test_server_that_asks_for_patience_is_busy(server: FakeTeacher) -> None:
    server.busy_abouts = 1

    with pytest.raises(
        TeacherBusy, match=rf"the server at {server.url} is busy \(/model_info gave 503 .*queue is full"
    ):
        await identity(server)

    assert (await identity(server)).revision == "abc123"


async def test_answer_that_is_no_utf8_is_no_crash(server: FakeTeacher) -> None:
    server.server_info = b'{"version": "\xff"}'

    with pytest.raises(TeacherError, match=r"no SGLang server answers .*UnicodeDecodeError"):
        await identity(server)


async def test_server_that_is_not_there_is_named() -> None:
    url = "http://127.0.0.1:9"
    async with httpx2.AsyncClient(trust_env=False) as http:
        with pytest.raises(
            TeacherError, match=r"no SGLang server answers at http://127.0.0.1:9 .*Start it, or correct"
        ):
            await identify(http, url, teacher(url))


async def test_server_that_speaks_something_else_is_named(server: FakeTeacher) -> None:
    other = f"{server.url}/v1"
    async with httpx2.AsyncClient(trust_env=False) as http:
        with pytest.raises(
            TeacherError,
            match=r"no SGLang server answers at \S+/v1 \(/model_info gave 404 Not Found: .*\)\. Start it, or",
        ):
            await identify(http, other, teacher(other))
