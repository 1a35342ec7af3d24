"""What deployed flow runs stand on, and what they show."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from stillroom import LAKE_VARIABLE
from stillroom.code_version import code_version
from stillroom.errors import LakeError, RequestError, TeacherLost
from tasks.announcing import artifact_key, funnel_page
from tasks.deployed import LIMITS, deployed_lake, refuse_other_version, slots
from tasks.reporting import WithoutStack


@contextmanager
def flow_run_of(version: str | None) -> Iterator[None]:
    flow_run = FlowRun(flow_id=uuid4(), deployment_version=version)
    with FlowRunContext.model_construct(flow_run=flow_run):
        yield


def test_a_flow_run_of_another_version_is_refused_with_both() -> None:
    with (
        flow_run_of("0.0.9"),
        pytest.raises(RequestError, match=rf"created by Stillroom 0\.0\.9.*{re.escape(code_version())}"),
    ):
        refuse_other_version()


@pytest.mark.parametrize("version", [code_version(), None])
def test_a_flow_run_of_this_version_goes_on(version: str | None) -> None:
    with flow_run_of(version):
        refuse_other_version()


def test_a_worker_without_a_lake_is_told_how_to_start_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LAKE_VARIABLE, raising=False)
    with pytest.raises(LakeError, match=f"make up.*{LAKE_VARIABLE}"):
        deployed_lake()


async def test_only_means_that_have_a_limit_can_be_waited_for() -> None:
    assert set(LIMITS) == {"teacher", "sandbox", "lake"}
    with pytest.raises(KeyError):
        async with slots(["coffee"]):
            pass


@pytest.mark.parametrize("parts", [("functions-r1", "shard", 3), ("my.data_set", "Ünïcode")])
def test_artifact_keys_have_letters_digits_and_dashes(parts: tuple[object, ...]) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", artifact_key(*parts))


def test_the_funnel_gives_each_step_its_share_of_the_one_before() -> None:
    page = funnel_page("d-r1", {"prompts": 10, "samples": 40, "passed": 20, "kept": 0, "published": 0})
    assert "| samples | 40 | 4.00 |" in page
    assert "| passed | 20 | 0.50 |" in page
    assert "| published | 0 |  |" in page


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
