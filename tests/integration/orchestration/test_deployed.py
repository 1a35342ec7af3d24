"""What deployed flow runs stand on, and what they show."""

import json
import logging
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from flows import deployed as flows_deployed
from flows.deployed import build, build_file, maintain, shard
from flows.deployed_reconcile import reconcile
from flows.deployed_reverify import reverify
from stillroom import LAKE_VARIABLE
from stillroom.code_version import code_version
from stillroom.errors import LakeError, RecipeError, RequestError, StillroomError, TeacherLost
from stillroom.publication import Snapshot
from stillroom.recipe import Recipe
from tasks.announcing import MOST_SHOWN, artifact_key, funnel_page, snapshot_page
from tasks.deployed import deployed_lake, deployed_workshop, refuse_other_version
from tasks.reporting import WithoutStack
from tasks.slots import LIMITS, slots
from tests.fakes.prompts import recipe


@contextmanager
def flow_run_of(version: str | None) -> Iterator[None]:
    flow_run = FlowRun(flow_id=uuid4(), deployment_version=version)
    with FlowRunContext.model_construct(flow_run=flow_run):
        yield


async def test_a_flow_run_of_another_version_is_refused_with_both() -> None:
    with (
        flow_run_of("0.0.9"),
        pytest.raises(RequestError, match=rf"created by Stillroom 0\.0\.9.*{re.escape(code_version())}"),
    ):
        await refuse_other_version()


async def test_no_flow_run_of_another_version_gets_a_workshop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LAKE_VARIABLE, raising=False)
    with flow_run_of("0.0.9"), pytest.raises(RequestError, match="Nothing was done"):
        async with deployed_workshop("key"):
            pytest.fail("two versions would be mixed in one run")
    with flow_run_of("0.0.9"), pytest.raises(RequestError, match="Nothing was done"):
        await build_file.fn(Path("/nowhere/recipe.yaml"))


async def test_a_form_that_names_a_model_beside_what_is_served_is_refused_as_a_file_is(tmp_path: Path) -> None:
    plain = recipe(tmp_path)
    (teacher,) = plain.teachers
    served = teacher.model_copy(update={"urls": (), "serve": "qwen2.5-coder-1.5b"})
    with flow_run_of(code_version()), pytest.raises(RecipeError, match=r"'fake' is served here .* would mean nothing"):
        await build.fn(plain.model_copy(update={"teachers": (served,)}))


async def test_settings_that_do_nothing_are_refused_in_a_form_and_in_a_file(tmp_path: Path) -> None:
    idle = "curation: {diversity: {quality: 0.5}}\nverification: {min_test_strength: null}"
    made = recipe(tmp_path, idle)
    file = tmp_path / "idle.yaml"
    file.write_text(json.dumps(made.model_dump(mode="json", exclude_defaults=True)), encoding="utf-8")
    filled_in = Recipe.model_validate(made.model_dump(mode="json"))
    for ask in (build.fn(filled_in), build_file.fn(file)):
        with flow_run_of(code_version()), pytest.raises(RecipeError, match=r"quality: 0\.5 would trade novelty for"):
            await ask


@pytest.mark.parametrize("version", [code_version(), None])
async def test_a_flow_run_of_this_version_goes_on(version: str | None) -> None:
    with flow_run_of(version):
        await refuse_other_version()


def test_a_worker_without_a_lake_is_told_how_to_start_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LAKE_VARIABLE, raising=False)
    with pytest.raises(LakeError, match=f"make up.*{LAKE_VARIABLE}"):
        deployed_lake()


async def test_only_means_that_have_a_limit_can_be_waited_for() -> None:
    assert set(LIMITS) == {"teacher", "sandbox", "lake"}
    with pytest.raises(KeyError):
        async with slots(["coffee"], print):
            pass


@pytest.mark.parametrize("parts", [("functions-r1", "shard", 3), ("my.data_set", "Ünïcode")])
def test_artifact_keys_have_letters_digits_and_dashes(parts: tuple[object, ...]) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", artifact_key(*parts))


def test_artifact_keys_of_different_names_differ() -> None:
    names = ("a-b", "a.b", "a_b", "a--b", "a-.b", "a._b")
    assert len({artifact_key(name, "build") for name in names}) == len(names)
    assert artifact_key("a-b", "build") == "a-b-build"


def test_the_funnel_gives_each_step_its_share_of_the_one_before() -> None:
    page = funnel_page("d-r1", {"prompts": 10, "samples": 40, "passed": 20, "kept": 0, "published": 0})
    assert "| samples | 40 | 4.00 |" in page
    assert "| passed | 20 | 0.50 |" in page
    assert "| published | 0 |  |" in page


def test_the_page_of_a_snapshot_shows_its_summary_letter_by_letter(tmp_path: Path) -> None:
    snapshot = Snapshot(
        name="tiny",
        version=1,
        rows=1200,
        new_rows=3,
        content_hash="",
        path="",
        curation_id="",
        run_id="tiny-r1",
        parent_version=0,
        mode="cumulative",
        is_retired=False,
    )
    (tmp_path / "summary.md").write_text("# tiny\n```python\n<script>alert(1)</script>\n````\n", encoding="utf-8")
    page = snapshot_page(snapshot, tmp_path)
    assert page.startswith("# tiny@1\n\n1,200 examples, 3 of them new.")
    assert f"```text\n{tmp_path}\n```" in page
    assert page.endswith("`````text\n# tiny\n```python\n<script>alert(1)</script>\n````\n`````")

    (tmp_path / "summary.md").write_text("x" * (MOST_SHOWN + 1), encoding="utf-8")
    assert f"its first {MOST_SHOWN:,} characters" in snapshot_page(snapshot, tmp_path)
    (tmp_path / "summary.md").unlink()
    assert "cannot be read here" in snapshot_page(snapshot, tmp_path)


async def keep_house_at_once() -> object:
    return maintain.fn()


REFUSED: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
    "build-file": lambda: build_file.fn(Path("/nowhere/recipe.yaml")),
    "shard": lambda: shard.fn("tiny-r1", 0),
    "reverify": lambda: reverify.fn("tiny"),
    "reconcile": lambda: reconcile.fn(),
    "maintain": keep_house_at_once,
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_a_flow_refuses_before_it_begins_is_told_without_its_stack(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> str:
        raise LakeError("there is no lake")

    loggers = [logging.getLogger(one) for one in ("prefect.flow_runs", "prefect.task_runs")]
    for logger in loggers:
        monkeypatch.setattr(logger, "filters", [])
    monkeypatch.delenv(LAKE_VARIABLE, raising=False)
    monkeypatch.setattr(flows_deployed, "keep_house", refuse)
    with flow_run_of("0.0.9"), pytest.raises(StillroomError):
        await REFUSED[name]()
    assert all(any(isinstance(one, WithoutStack) for one in logger.filters) for logger in loggers)


def test_logs_tell_our_errors_in_a_line_and_show_the_stack_of_others() -> None:
    def record(error: Exception) -> logging.LogRecord:
        info = (type(error), error, None)
        found = logging.LogRecord("x", logging.ERROR, "", 0, "Encountered an exception: %s", ("oh",), info)
        assert WithoutStack().filter(found)
        return found

    ours, other = record(TeacherLost("it is gone")), record(ZeroDivisionError("a defect"))
    assert (ours.getMessage(), ours.exc_info) == ("TeacherLost: it is gone", None)
    assert other.getMessage() == "Encountered an exception: oh"
    assert other.exc_info is not None
