"""The ways in which documents are held against benchmarks, and how each says what it found."""

from collections.abc import Mapping
from typing import Protocol

import polars as pl

from stillroom.curation.contamination import Benchmarks
from stillroom.curation.renamed_code import FRAGMENTS, RenamedCode
from stillroom.curation.short_items import ShortItems


class Search(Protocol):
    """One way: an index of benchmark items."""

    @property
    def method(self) -> str:
        """``name@version``: another version finds something else."""
        ...

    @property
    def is_parted_by_fences(self) -> bool:
        """Whether code in fences is looked at by itself, so that what begins before a fence is found only without."""
        ...

    @property
    def coverage(self) -> pl.DataFrame:
        """By benchmark: items, checked (looked for in this way) and too_short (to be looked for)."""
        ...

    def find(self, documents: pl.DataFrame) -> pl.DataFrame:
        """What documents (id, text) share with items: rows of ``HIT_SCHEMA``."""
        ...


SEARCHES = (Benchmarks, ShortItems, RenamedCode)
METHODS = (*(one.method for one in SEARCHES), FRAGMENTS)
_SAID: Mapping[str, str] = {  # of every version of a method: earlier checks are told of too
    Benchmarks.method.split("@")[0]: "shares {words} words in a row with",
    ShortItems.method.split("@")[0]: "has all words but one of",
    RenamedCode.method.split("@")[0]: "has {words} tokens of code in a row, but for names, of",
    FRAGMENTS.split("@")[0]: "has a fragment of code, {words} tokens in a row but for names, of",
}


def searches(items: pl.DataFrame) -> list[Search]:
    """All ways of looking for these items, given as benchmark, item_id, text.

    Raises:
        RequestError: a column is missing, something in it is no text, or there is no item.
    """
    return [one(items) for one in SEARCHES]


def said(method: str, words: int) -> str:
    """What was found, as words between a text and the item."""
    return _SAID[method.split("@")[0]].format(words=words)
