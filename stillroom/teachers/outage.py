"""One clock for all requests to a teacher: from the first failure until an answer stops it, or patience is over.

Requests try again by themselves and tell the clock of every failure and every answer. When it runs out, all of them
fail at that moment, also those that still wait for a slot: the last of a thousand learns with the first that the
teacher is gone. A request that a living server works at is no failure, however long it takes: the clock then waits for
what was in its hands when patience ended. A person is told once that the teacher is out and once that it is back.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Set
from contextlib import asynccontextmanager

from stillroom.errors import StillroomError, TeacherBusy, TeacherError, TeacherLost

BUSY_ADVICE = "Lower its `in_flight:` or raise its `patience_seconds:` in the recipe."


class Outage:
    """Whether a teacher is out, and when it is given up.

    Args:
        teacher_id: who.
        patience_seconds: how long it may give no answer while requests fail.
        say: takes a line.
        advice: what a person can do about a teacher that is gone.
        in_hand: what living servers are working at now.

    Attributes:
        end: why the teacher was given up; None while it was not. It is for good.
    """

    def __init__(
        self,
        teacher_id: str,
        patience_seconds: float,
        say: Callable[[str], None],
        *,
        advice: str,
        in_hand: Callable[[], Set[object]],
    ) -> None:
        self._teacher_id = teacher_id
        self._patience_seconds = patience_seconds
        self._say = say
        self._advice = advice
        self._in_hand = in_hand
        self._limits: set[asyncio.Timeout] = set()
        self._failure: TeacherError | None = None  # the latest that no answer has followed
        self._is_only_silence = True
        self._is_held = False
        self._clock: asyncio.TimerHandle | None = None
        self._hopes: Set[object] | None = None  # what was in a living server's hands when patience ended
        self.end: StillroomError | None = None

    @asynccontextmanager
    async def bounded(self) -> AsyncGenerator[None]:
        """Run a request; it ends where the teacher is given up.

        Raises:
            StillroomError: ``end``, now or before.
        """
        if self.end is not None:
            raise self._copy(self.end)
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._limits.add(limit)
                try:
                    yield
                finally:
                    self._limits.discard(limit)
        except TimeoutError as error:
            if self.end is None or not limit.expired():
                raise
            raise self._copy(self.end) from error

    def failed(self, error: TeacherError, *, remedy: str = "") -> None:
        """A request got no answer and will be tried again; ``remedy`` is what happens meanwhile, if not just that."""
        self._is_only_silence = False
        self._begin(error, remedy)

    def fell_silent(self, error: TeacherError) -> None:
        """A server that works at requests does not say any more that it lives."""
        self._begin(error, "")

    def spoke(self) -> None:
        """A silent server lives after all: if nothing else was wrong, the outage is over."""
        if self._is_only_silence:
            self.answered()

    def answered(self) -> None:
        """A request was answered."""
        if self._failure is not None:
            self._say(f"teacher {self._teacher_id} answers again")
            self._stop()
            self._failure, self._is_only_silence = None, True

    def hold(self) -> None:
        """Stop the clock while the server is started again, which has a limit of its own."""
        self._stop()
        self._is_held = True

    def go_on(self) -> None:
        """The server is up: it has the whole of the patience to answer."""
        self._is_held = False
        if self._failure is not None:
            self._start()

    def give_up(self, error: StillroomError) -> None:
        """Fail every request that there is or will be."""
        if self.end is None:
            self.end = error
            self._stop()
            for limit in self._limits:
                limit.reschedule(0.0)  # a moment that is past

    def close(self) -> None:
        """Stop the clock for good: nobody asks any more."""
        self._stop()

    def final(self, error: TeacherError) -> TeacherError:
        """``error`` after all patience, with what to do."""
        kind = TeacherBusy if isinstance(error, TeacherBusy) else TeacherLost
        advice = BUSY_ADVICE if kind is TeacherBusy else self._advice
        return kind(f"{str(error).rstrip('. ')}. Tried for {self._patience_seconds:.0f} s. {advice}".rstrip())

    def _begin(self, error: TeacherError, remedy: str) -> None:
        if self.end is not None:
            return
        if self._failure is None:
            what = "is busy" if isinstance(error, TeacherBusy) else "does not answer"
            remedy = remedy or f"trying for {self._patience_seconds:.0f} s more"
            self._say(f"teacher {self._teacher_id} {what}; {remedy} ({error})")
        self._failure = error
        if self._hopes is not None:
            self._hopes &= self._in_hand()
            self._end_without_hope()
        elif self._clock is None and not self._is_held:
            self._start()

    def _start(self) -> None:
        self._clock = asyncio.get_running_loop().call_later(self._patience_seconds, self._run_out)

    def _stop(self) -> None:
        self._hopes = None
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _run_out(self) -> None:
        self._hopes = self._in_hand()
        self._end_without_hope()

    def _end_without_hope(self) -> None:
        assert self._failure is not None, "an outage begins with a failure"  # noqa: S101 - narrows the type
        if not self._hopes:
            self.give_up(self.final(self._failure))

    @staticmethod
    def _copy(error: StillroomError) -> StillroomError:
        """One for each request, since a traceback grows on it."""
        return type(error)(str(error))
