"""The structure of texts: what is left where some differences do not count. Those of one structure are duplicates."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from stillroom.curation.code_structure import code_structure
from stillroom.curation.texts import normalise, text_hash
from stillroom.fingerprint import fingerprint

# 1,000.5 and 3.14 are one number each, 1,2,3 are three; x1 is a name, the 3 in 3x is a number.
_NUMBER = re.compile(r"(?<![^\W\d])(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?")


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
    replaced, numbers = _NUMBER.subn("#", text)
    return replaced if numbers else ""


STRUCTURES: Mapping[str, Structure] = {  # by kind of text
    "answer": Structure(method="code-structure@2", but_for="names, comments and layout", of=code_structure),
    "prompt": Structure(method="task-numbers@2", but_for="its numbers", of=task_structure),
}
