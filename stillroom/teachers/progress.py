"""How long set-up steps say how far they are: in lines, some of which know their share."""

import time
from collections.abc import Callable
from typing import Self, TypeAlias

Progress: TypeAlias = Callable[[str], None]
SECONDS_BETWEEN_LINES = 15.0  # that say a share, where no bar shows it


class Share(str):
    """A line that also says how much is done: ``done`` of ``total``, in the unit that the line names."""

    __slots__ = ("done", "total")

    done: float
    total: float

    def __new__(cls, line: str, *, done: float, total: float) -> Self:
        """A line for people, and the share for a bar."""
        made = super().__new__(cls, line)
        made.done, made.total = done, total
        return made


class Sparse:
    """Hands lines on; of those that say a share, one now and then."""

    def __init__(self, told: Progress) -> None:
        self._told = told
        self._last: float | None = None

    def __call__(self, line: str) -> None:
        """Take in a line."""
        if isinstance(line, Share):
            if self._last is not None and time.monotonic() - self._last < SECONDS_BETWEEN_LINES:
                return
            self._last = time.monotonic()
        self._told(line)


PRINTED: Progress = Sparse(print)
