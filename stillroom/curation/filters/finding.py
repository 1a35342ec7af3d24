"""What a filter says of a text, without repeating what it found in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

MOST_CANDIDATES = 20_000  # that one search looks at in one text: a text with more is a table, and stays bounded in time


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a text is dropped.

    Attributes:
        reason: ``kind:what``, such as ``secret:github-pat``.
        said: after "its prompt" or "its answer", what is wrong with it and where; never the secret or datum itself.
    """

    reason: str
    said: str


class Filter(Protocol):
    """One filter, with the settings of a recipe."""

    def find(self, text: str) -> Finding | None:
        """The first thing that is wrong with a text, or None."""
        ...


def first_finding(filters: Sequence[Filter], text: str) -> Finding | None:
    """What the first of the filters has to say that has anything to say."""
    return next((found for one in filters if (found := one.find(text)) is not None), None)


def line_of(text: str, start: int) -> int:
    """The line, from 1, in which a character stands."""
    return text.count("\n", 0, start) + 1
