"""The structure of texts: what is left where some differences do not count. Those of one structure are duplicates."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from stillroom.curation.code_structure import code_structure
from stillroom.curation.texts import normalise, text_hash
from stillroom.fingerprint import fingerprint
from stillroom.wording import MARK, WITHIN, kinds

_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?")  # 1,000.5 and 3.14 are one each, 1,2,3 are three
_NOT_NAMED = re.compile(r"(?:\\[A-Za-z]+|(?<![A-Za-z])(?:Rs|Rp|USD|EUR|GBP|INR|CNY|RMB|JPY))\Z")
_MOST_BEFORE = 32  # characters of a command or currency that stands before a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """A way to take from texts what does not count.

    Attributes:
        method: ``name@version``; another version leaves something else.
        but_for: what does not count, in words.
        of: the structure of a normalised text, "" where it has none.
    """

    method: str
    but_for: str
    of: Callable[[str], str]

    @property
    def scheme(self) -> str:
        """Identity of what it leaves: only keys of one scheme can be compared."""
        return fingerprint(["structure", self.method], length=16)

    def keys(self, texts: pl.Series) -> list[str]:
        """A hash of the structure of each text, "" where it has none."""
        return [text_hash(structure) if (structure := self.of(one)) else "" for one in normalise(texts)]


def task_structure(text: str) -> str:
    """A task with every number in digits replaced; "" where there is none."""
    numbers = [match for match in _NUMBER.finditer(text) if not _is_of_name(text, match.start())]
    places = [0, *(place for match in numbers for place in match.span()), len(text)]
    between = (text[start:end] for start, end in zip(places[::2], places[1::2], strict=True))
    return "#".join(between) if numbers else ""


def _is_of_name(text: str, start: int) -> bool:
    r"""Whether digits that begin here go on with a name, as in `x1` or `CO2`.

    Commands of LaTeX and currencies are none (`\times3`, `USD5`), nor are the letters of scripts that put no space
    between words: there something stands before nearly every number.
    """
    before = start - 1
    while before >= 0 and kinds()[ord(text[before])] == MARK:
        before -= 1
    is_letter = before >= 0 and (text[before] == "_" or kinds()[ord(text[before])] == WITHIN)
    return is_letter and not _NOT_NAMED.search(text, max(start - _MOST_BEFORE, 0), start)


STRUCTURES: Mapping[str, Structure] = {  # by kind of text
    "answer": Structure(method="code-structure@3", but_for="names, comments and layout", of=code_structure),
    "prompt": Structure(method="task-numbers@3", but_for="its numbers", of=task_structure),
}
