"""How long set-up steps say how far they are: in lines, some of which know their share."""

from collections.abc import Callable
from typing import Self, TypeAlias

Progress: TypeAlias = Callable[[str], None]


class Share(str):
    """A line that also says how much is done: ``done`` of ``total``, in whatever unit."""

    __slots__ = ("done", "total")

    done: float
    total: float

    def __new__(cls, line: str, *, done: float, total: float) -> Self:
        """A line for people, and the share for a bar."""
        made = super().__new__(cls, line)
        made.done, made.total = done, total
        return made
