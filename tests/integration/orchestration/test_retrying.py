"""What is tried again, as Prefect asks it: from a plain function and from within a running event loop."""

from typing import Any

import pytest
from prefect.states import Failed

from stillroom.errors import (
    GateError,
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

CASES = [
    (SandboxError("gone"), True),
    (TeacherError("not there yet"), True),
    (TeacherBusy("full, also after all patience"), False),
    (TeacherLost("gone, also after all patience"), False),
    (GateError("not fit"), False),
    (RequestError("wrong"), False),
    (TeacherMismatch("another"), False),
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
