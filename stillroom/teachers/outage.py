"""Tells a person once that a teacher does not answer, and once that it does again, however many requests wait."""

from collections.abc import Callable

from stillroom.errors import TeacherBusy, TeacherError


class Outage:
    """Whether a teacher is out, as far as a person was told.

    Args:
        teacher_id: who.
        patience_seconds: how long each request is tried again.
        say: takes a line.
    """

    def __init__(self, teacher_id: str, patience_seconds: float, say: Callable[[str], None]) -> None:
        self._teacher_id = teacher_id
        self._patience_seconds = patience_seconds
        self._say = say
        self._is_told = False

    def failed(self, error: TeacherError) -> None:
        """A request got no answer and will be tried again."""
        if not self._is_told:
            self._is_told = True
            what = "is busy" if isinstance(error, TeacherBusy) else "does not answer"
            self._say(f"teacher {self._teacher_id} {what}; trying for {self._patience_seconds:.0f} s more ({error})")

    def answered(self) -> None:
        """A request was answered."""
        if self._is_told:
            self._is_told = False
            self._say(f"teacher {self._teacher_id} answers again")
