"""When a task is tried again: whenever another try could end differently."""

from typing import Any, TypedDict

from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from stillroom.errors import (
    GateError,
    LeaseHeld,
    NotJudged,
    Overtaken,
    RequestError,
    StillroomError,
    TeacherBusy,
    TeacherLost,
    TeacherMismatch,
    TeacherRefused,
)

# The client has tried a busy or lost teacher for the whole of its patience; a task would only do that again. What
# is not judged stays so whoever curates it: another task judges, and another curates what was overtaken
# (``flows/deciding.py``).
HOPELESS = (
    RequestError,
    GateError,
    LeaseHeld,
    NotJudged,
    Overtaken,
    TeacherMismatch,
    TeacherRefused,
    TeacherBusy,
    TeacherLost,
)


class Retrying(TypedDict):
    """The options of ``prefect.task`` that say how often and when to try again."""

    retries: int
    retry_delay_seconds: float
    retry_condition_fn: Any


def is_worth_retrying(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Whether the failure is one of ours that may pass: a teacher, the sandbox or the lake was not to be had."""
    # Not state.result(): in an async task that is a coroutine, and nothing was ever tried again.
    failure: object = getattr(state.data, "result", state.data)
    return isinstance(failure, StillroomError) and not isinstance(failure, HOPELESS)


RETRYING = Retrying(retries=2, retry_delay_seconds=5.0, retry_condition_fn=is_worth_retrying)
