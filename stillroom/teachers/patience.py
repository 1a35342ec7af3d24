"""How long one request is tried again, and how long it waits in between."""

import time
from typing import Any

from tenacity import wait_exponential_jitter
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from stillroom.errors import TeacherBusy


class OutOfPatience(stop_base):
    """Patience counts from the first failure: a long answer that is lost at its end is asked for again."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._first_failure: float | None = None

    def __call__(self, retry_state: Any) -> bool:  # noqa: ANN401 - tenacity's own signature
        """Whether the request has failed for so long."""
        now = time.monotonic()
        if self._first_failure is None:
            self._first_failure = now
        return now - self._first_failure >= self._seconds


class WaitByKind(wait_base):
    """A busy teacher is given longer than a lost connection."""

    _busy = wait_exponential_jitter(multiplier=0.5, max=10.0)
    _lost = wait_exponential_jitter(multiplier=0.2, max=5.0)

    def __call__(self, retry_state: Any) -> float:  # noqa: ANN401 - tenacity's own signature
        """Seconds until the next try."""
        failed = retry_state.outcome.exception() if retry_state.outcome else None
        return (self._busy if isinstance(failed, TeacherBusy) else self._lost)(retry_state)
