r"""Reads formulas as the same words, whether they are written in LaTeX, in Unicode or without either.

A command of LaTeX is a word that nobody says: copies of one benchmark have `\frac`, `\dfrac` and `\tfrac`, `\le` and
`\leq`, and what a chat model writes may have `≤`, which is none. Greek letters that stand alone are commands likewise:
`4\pi` is `4π`. So texts with any are also read without, but for names of functions, which all ways of writing have.
Powers and indices are words by themselves (``stillroom/characters.py``), as in LaTeX; who has no such characters also
writes `CO2` for `CO₂`, so texts with any are also read as if these stood on the line.
"""

import re
import unicodedata

from stillroom.characters import has_raised
from stillroom.curation.markup import readings

_ENVIRONMENT = r"(?:begin|end)[ ]{0,9}\{[A-Za-z]{1,40}\*?\}(?:\{[clr| ]{0,40}\})?"
_FUNCTION = (
    r"arccos|arcsin|arctan|arg|cosh?|coth?|csc|deg|det|dim|exp|gcd|hom|inf|ker|lcm|lg|liminf|limsup|lim|ln|log|max|min|sec"
    r"|sinh?|sup|tanh?"
)
_COMMAND = re.compile(  # of two letters or more: one is an escape, as in JSON and in regular expressions
    rf"\\(?:{_ENVIRONMENT}|[cdt]?frac[ ]?(\d)[ ]?(\d)|(?:({_FUNCTION})|[bp]?(mod))(?![A-Za-z])|[A-Za-z]{{2,}})"
)
_GREEK = re.compile(
    "(?<![\u0370-\u03ff\u1f00-\u1fff])[\u00b5\u0370-\u03ff]{1,2}(?![\u0370-\u03ff\u1f00-\u1fff\u0300-\u036f])"
)


def readings_of_words(text: str) -> list[str]:
    """What a text says as words: its readings, and further ones where others write its formulas in other words."""
    found = readings(text)
    plain = found[min(1, len(found) - 1)]  # without markup
    if "\\" in plain:
        found.append(_GREEK.sub(" ", _COMMAND.sub(_said, plain)))
    elif not plain.isascii():
        found.append(_GREEK.sub(" ", plain))
    if has_raised(plain):
        found.append(unicodedata.normalize("NFKC", plain))
    return found if len(found) == 1 else [*dict.fromkeys(found)]


def _said(command: re.Match[str]) -> str:
    """What of a command is a word: the name of a function, and the two digits of a fraction without braces."""
    return f" {' '.join(filter(None, command.groups()))} "
