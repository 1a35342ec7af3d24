"""What is tried again, as Prefect asks it: from a plain function and from within a running event loop."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from prefect import Flow, Task
from prefect.cache_policies import NO_CACHE
from prefect.states import Failed

from stillroom.errors import (
    FileLost,
    GateError,
    LakeError,
    LeaseHeld,
    NotJudged,
    Overtaken,
    RequestError,
    SandboxError,
    TeacherBusy,
    TeacherError,
    TeacherLost,
    TeacherMismatch,
)
from tasks.retrying import is_worth_retrying
from tests.integration.workbench import ROOT

CASES = [
    (SandboxError("gone"), True),
    (TeacherError("not there yet"), True),
    (TeacherBusy("full, also after all patience"), False),
    (TeacherLost("gone, also after all patience"), False),
    (GateError("not fit"), False),
    (RequestError("wrong"), False),
    (TeacherMismatch("another"), False),
    (LakeError("does not answer"), True),
    (FileLost("a data file is not there"), False),
    (LeaseHeld("theirs"), False),
    (NotJudged("another task judges"), False),
    (Overtaken("another task curates"), False),
    (ValueError("a defect"), False),
]


def asked(failure: Exception) -> bool:
    nothing: Any = None
    return is_worth_retrying(nothing, nothing, Failed(data=failure))


@pytest.mark.parametrize(("failure", "again"), CASES)
def test_failure_that_may_pass_is_tried_again(failure: Exception, again: bool) -> None:
    assert asked(failure) is again


@pytest.mark.parametrize(("failure", "again"), CASES)
async def test_failure_in_an_async_task_is_tried_again(failure: Exception, again: bool) -> None:
    assert asked(failure) is again


def of_ours(kind: type[Any]) -> Iterator[Any]:
    """All flows, or tasks, by the names that modules give them."""
    for place in ("flows", "tasks"):
        for file in sorted((ROOT / place).glob("*.py")):
            module = import_module(f"{place}.{file.stem}")
            yield from (one for one in vars(module).values() if isinstance(one, kind))


def test_a_step_is_done_each_time_whatever_a_worker_keeps_of_results() -> None:
    """Else a build that is tried again gets the decision of before, as its inputs are those of before."""
    steps, ways = [*of_ours(Task)], [*of_ours(Flow)]
    assert {"curate", "judge again", "keep house", "batch"} < {one.name for one in steps}
    assert {"build", "shard", "reconcile", "maintain", "reverify"} == {one.name for one in ways}
    assert [one.name for one in steps if one.persist_result is not False or one.cache_policy != NO_CACHE] == []
    assert [one.name for one in ways if one.persist_result is not False] == []
