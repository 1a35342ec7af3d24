"""Finds texts whose prose is in a language that a recipe does not allow (py3langid, after Lui and Baldwin, 2012).

Lui and Baldwin: langid.py: An Off-the-shelf Language Identification Tool, ACL 2012 system demonstrations.
"""

from functools import cache
from importlib import import_module
from typing import Any, Protocol

from stillroom.curation.filters.finding import Finding
from stillroom.curation.filters.prose import letters, prose
from stillroom.recipe.filters import Languages

LEAST_LETTERS = 80  # of prose: what is shorter is too easily taken for another language
_MOST_CHARS = 500  # of either end of the prose that are identified: more would say no more
_LEAST_LIKELY = 0.5  # of the likeliest: what is spread over many languages is none, but names or symbols
_COUNTS_AS = {"nn": "no", "wuu": "zh", "yue": "zh"}
_NO_LANGUAGE = "zxx"


class _Identifier(Protocol):
    labels: list[str]

    def rank(self, text: str) -> list[tuple[str, float]]: ...


class LanguageFilter:
    """Looks for other languages than those that are allowed."""

    def __init__(self, section: Languages) -> None:
        self._allowed = {*section.allowed, _NO_LANGUAGE}
        self._most = 1 - section.least_confidence  # chance that a text is in one that is allowed

    def find(self, text: str) -> Finding | None:
        """The language of a text's prose, if it is surely none of those allowed."""
        words = prose(text)
        if letters(words) < LEAST_LETTERS:
            return None
        ends = words if len(words) <= 2 * _MOST_CHARS else f"{words[:_MOST_CHARS]} {words[-_MOST_CHARS:]}"
        chances = language_chances(ends)
        likely = max(chances, key=chances.__getitem__)
        if chances[likely] < _LEAST_LIKELY or sum(chances.get(code, 0.0) for code in self._allowed) > self._most:
            return None
        return Finding(f"language:{likely}", f"is in language {likely} by its prose (confidence {chances[likely]:.2f})")


def language_chances(text: str) -> dict[str, float]:
    """How likely it is that a text is in each language, by ISO 639 code; ``zxx`` where it is in none."""
    chances: dict[str, float] = {}
    for code, chance in _identifier().rank(text):
        counted = _COUNTS_AS.get(code, code)
        chances[counted] = chances.get(counted, 0.0) + chance
    return chances


def known_languages() -> set[str]:
    """The codes of all languages that are told apart."""
    return {_COUNTS_AS.get(code, code) for code in _identifier().labels} - {_NO_LANGUAGE}


@cache
def _identifier() -> _Identifier:
    langid: Any = import_module("py3langid.langid")  # without types
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
