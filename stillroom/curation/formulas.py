r"""Reads formulas as the same words, whether they are written in LaTeX, in Unicode or without either.

A command of LaTeX is a word that nobody says: copies of one benchmark have `\frac`, `\dfrac` and `\tfrac`, `\le` and
`\leq`, and what a chat model writes may have `≤`, which is none. Greek letters that stand alone are commands likewise:
`4\pi` is `4π`. So texts with any are also read without, but for names of functions, which all ways of writing have.
Powers and indices are words by themselves (``stillroom/characters.py``), as in LaTeX; who has no such characters also
writes `CO2` for `CO₂`, so texts with any are also read as if these stood on the line.
"""

import re
import unicodedata
from itertools import accumulate

from stillroom.characters import RAISED, has_raised
from stillroom.curation.markup import readings

_ENVIRONMENT = r"(?:begin|end)[ ]{0,9}\{[A-Za-z]{1,40}\*?\}(?:\{[clr| ]{0,40}\})?"
_FUNCTION = (
    r"arccos|arcsin|arctan|arg|cosh?|coth?|csc|deg|det|dim|exp|gcd|hom|inf|ker|lcm|lg|liminf|limsup|lim|ln|log|max|min|sec"
    r"|sinh?|sup|tanh?"
)
_COMMAND = re.compile(  # of two letters or more: one is an escape, as in JSON and in regular expressions
    rf"\\(?:{_ENVIRONMENT}|[cdt]?frac[ ]?(\d)[ ]?(\d)|(?:({_FUNCTION})|[bp]?(mod))(?![A-Za-z])|[A-Za-z]{{2,}})"
)
# Of a command. Few texts with backslashes have any; what begins with `u` or `x` is mostly an escape that was broken.
_BEGINS = re.compile(r"\\(?!u[^np]|x[0-9A-Fa-f])[A-Za-z]{2}")
_GREEK = re.compile(
    "(?<![\u0370-\u03ff\u1f00-\u1fff])[\u00b5\u0370-\u03ff]{1,2}(?![\u0370-\u03ff\u1f00-\u1fff\u0300-\u036f])"
)
_IN_UNICODE = re.compile(f"[\u00b5\u0370-\u03ff{RAISED}]")
_SAYING = re.compile(r"[^\W\d_]{2,}")
_LEAST_LETTERS = 12


def readings_of_words(text: str) -> list[str]:
    """What a text says as words: its readings, and further ones where others write its formulas in other words.

    What is nothing but formulas has no reading without their commands: only numbers and single letters would be left.
    """
    found = readings(text)
    plain = found[min(1, len(found) - 1)]  # without markup
    is_in_unicode = not plain.isascii() and _IN_UNICODE.search(plain) is not None
    if not is_in_unicode and not ("\\" in plain and _BEGINS.search(plain)):
        return found
    bare = _COMMAND.sub(_said, plain)
    bare = _GREEK.sub(" ", bare) if is_in_unicode else bare
    further = [bare] if _says_something(bare) else []
    if is_in_unicode and has_raised(plain):
        further.append(unicodedata.normalize("NFKC", plain))
    return [*dict.fromkeys([*found, *further])]


def _says_something(text: str) -> bool:
    """Whether there are letters enough that stand by others."""
    letters = accumulate(len(run.group()) for run in _SAYING.finditer(text))
    return any(count >= _LEAST_LETTERS for count in letters)


def _said(command: re.Match[str]) -> str:
    """What of a command is a word: the name of a function, and the two digits of a fraction without braces."""
    return f" {' '.join(filter(None, command.groups()))} "
