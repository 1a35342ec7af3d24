r"""Reads formulas as the same words, whether they are written in LaTeX, in Unicode or without either.

A command of LaTeX is a word that nobody says: copies of one benchmark have `\frac`, `\dfrac` and `\tfrac`, `\le` and
`\leq`, and what a chat model writes may have `≤`, which is none. Greek letters that stand alone are commands likewise:
`4\pi` is `4π`. So texts with any are also read without, but for names of functions, which all ways of writing have.
Who writes plain ASCII has the names of letters and signs, `4*pi/7 <= sqrt(2)`, so they are also read with these.
Powers and indices are words by themselves (``stillroom/characters.py``), as in LaTeX; who has no such characters also
writes `CO2` for `CO₂` and `log2` for `\log_2`, so texts with any are also read as if these stood on the line.
"""

import re
import unicodedata
from itertools import accumulate

from stillroom.characters import RAISED, has_raised

_ENVIRONMENT = r"(?:begin|end)[ ]{0,9}\{[A-Za-z]{1,40}\*?\}(?:\{[clr| ]{0,40}\})?"
_FUNCTION = (
    r"arccos|arcsin|arctan|arg|cosh?|coth?|csc|deg|det|dim|exp|gcd|hom|inf|ker|lcm|lg|liminf|limsup|lim|ln|log|max|min|sec"
    r"|sinh?|sup|tanh?"
)
_LETTERS = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|omicron|pi|rho|sigma|tau|upsilon|phi|chi|psi"
    "|omega"
)
_SIGNS = {"√": "sqrt", "∑": "sum", "∏": "prod", "∠": "angle", "△": "triangle", "∞": "infinity", "°": "degrees"}
_OTHERWISE_NAMED = {"lamda": "lambda", "sign": "mu", "circ": "degrees", "infty": "infinity"}  # "MICRO SIGN" is a mu
_NAMED = rf"(?:var)?((?i:{_LETTERS})|sqrt|sum|prod|angle|triangle|infty|(?<=\^\\)circ|(?<=\^{{\\)circ)"
_COMMAND = re.compile(  # of two letters or more: one is an escape, as in JSON and in regular expressions
    rf"\\(?:{_ENVIRONMENT}|[cdt]?frac[ ]?(\d)[ ]?(\d)|(?:({_FUNCTION})|[bp]?(mod)|{_NAMED})(?![A-Za-z])|[A-Za-z]{{2,}})"
)
# Of a command. Few texts with backslashes have any; what begins with `u` or `x` is mostly an escape that was broken.
_BEGINS = re.compile(r"\\(?!u[^np]|x[0-9A-Fa-f])[A-Za-z]{2}")
OF_FORMULAS = re.compile(f"[\u00b5\u0370-\u03ff{RAISED}{''.join(_SIGNS)}]")
"""A character of which formulas have another way of writing."""
_GREEK = "\u0370-\u03ff\u1f00-\u1fff"
_GREEK_OR_SIGN = re.compile(
    rf"[\u00b5\u0370-\u03ff](?<![{_GREEK}].)[\u00b5\u0370-\u03ff]?(?![{_GREEK}\u0300-\u036f])|[{''.join(_SIGNS)}]"
)
_MARK = "\x1a"  # around a name that not all ways of writing have
_MARKED = re.compile(f"{_MARK}[a-z]*{_MARK}")
_INDEX = re.compile(r"_(?<=[A-Za-z]_)(?:\{([0-9]{1,3}|[A-Za-z])\}|([0-9]{1,3}|[A-Za-z])(?![A-Za-z0-9]))")
_SAYING = re.compile(r"[^\W\d_]{2,}")
_LEAST_LETTERS = 12


def formula_readings(text: str) -> list[str]:
    """What a text without markup says besides, where others write its formulas in other words.

    What is nothing but formulas has no reading without their commands: only numbers and single letters would be left.
    """
    is_in_unicode = not text.isascii() and OF_FORMULAS.search(text) is not None
    if not is_in_unicode and not ("\\" in text and _BEGINS.search(text)):
        return []
    marked = _COMMAND.sub(_said, text)
    marked = _GREEK_OR_SIGN.sub(_named, marked) if is_in_unicode else marked
    bare = _MARKED.sub(" ", marked)
    further: list[str] = []
    if _says_something(bare):
        spoken = marked.replace(_MARK, "")
        further += (bare, spoken, _INDEX.sub(r"\1\2", spoken))
    if is_in_unicode and has_raised(text):
        further.append(unicodedata.normalize("NFKC", text))
    return further


def _says_something(text: str) -> bool:
    """Whether there are letters enough that stand by others."""
    letters = accumulate(len(run.group()) for run in _SAYING.finditer(text))
    return any(count >= _LEAST_LETTERS for count in letters)


def _said(command: re.Match[str]) -> str:
    """What of a command is a word: a function, two digits of a fraction without braces, or what is marked as a name."""
    *words, name = command.groups()
    said = _marked(name) if name else " ".join(filter(None, words))
    has_index = command.string.startswith("_", command.end())
    return f" {said}" if has_index else f" {said} "


def _named(characters: re.Match[str]) -> str:
    return f" {' '.join(_marked(_SIGNS.get(one) or _letter(one)) for one in characters.group())} "


def _letter(greek: str) -> str:
    """The name of a letter, such as `pi`."""
    return unicodedata.name(greek, "").partition(" WITH ")[0].removesuffix(" SYMBOL").rpartition(" ")[2]


def _marked(name: str) -> str:
    lower = name.lower()
    return f"{_MARK}{_OTHERWISE_NAMED.get(lower, lower)}{_MARK}"
