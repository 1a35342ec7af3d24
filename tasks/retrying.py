"""When a task is tried again: whenever another try could end differently.

And that it is done each time that it is called: what is done stands in the lake, and a flow run that is tried again
calls tasks with the inputs of before, to find there what has come since.
"""

from typing import Any, TypedDict

from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from stillroom.errors import (
    FileLost,
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
    FileLost,
    LeaseHeld,
    NotJudged,
    Overtaken,
    TeacherMismatch,
    TeacherRefused,
    TeacherBusy,
    TeacherLost,
)


class Anew(TypedDict):
    """The options of ``prefect.task`` that keep no result, also where a worker's environment asks for that."""

    persist_result: bool
    cache_policy: CachePolicy


class Retrying(Anew):
    """And those that say how often and when to try again."""

    retries: int
    retry_delay_seconds: float
    retry_condition_fn: Any


def is_worth_retrying(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Whether the failure is one of ours that may pass: a teacher, the sandbox or the lake was not to be had."""
    # Not state.result(): in an async task that is a coroutine, and nothing was ever tried again.
    failure: object = getattr(state.data, "result", state.data)
    return isinstance(failure, StillroomError) and not isinstance(failure, HOPELESS)


ANEW = Anew(persist_result=False, cache_policy=NO_CACHE)
RETRYING = Retrying(**ANEW, retries=2, retry_delay_seconds=5.0, retry_condition_fn=is_worth_retrying)
