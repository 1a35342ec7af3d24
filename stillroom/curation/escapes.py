"""Reads text that was escaped, as in JSON or in an address: with the letters and the line ends that are meant.

An escaped line end between two words adds a letter of its own (`nthe`), so that a run of words ends there; and where
JSON was written in ASCII, letters of other alphabets are four digits each.
"""

import re
from functools import lru_cache
from urllib.parse import unquote

# Line ends and tabs of text that was escaped as in JSON; commands of LaTeX begin with the same characters.
_BLANK = re.compile(
    r"\\(?!(?:n(?:abla|e|eg|eq|eqq|ewline|geq|i|leq|olimits|ot|otin|u)|r(?:angle|brace|ceil|ef|floor|ho|ight|ightarrow|m|oot)"
    r"|t(?:an|anh|au|bf|ext|extbf|extit|extrm|extstyle|exttt|frac|herefore|heta|ilde|imes|iny|o|op|riangle|t))(?![A-Za-z]))"
    r"[nrt]"
)
_BLANK_OR_COMMAND = re.compile(r"\\[nrt](?=[A-Za-z](?![A-Za-z]))")  # `\nu`, or a line that begins with `u`
_LETTERS = re.compile(  # of UTF-16: two may be one letter; a backslash before anything else, as it is found fastest
    r"(\\(?<!\\\\)\\*+u[0-9A-Fa-f]{4}(?:\\++u[0-9A-Fa-f]{4})*)"
)
_BIG_ENDIAN = "feff"  # as a mark before text of UTF-16, of which it is no part
_PERCENT = re.compile("%20|%[C-Fc-f][0-9A-Fa-f]%[89ABab]")  # a blank, or a letter beyond ASCII


def unescaped(text: str) -> list[str]:
    """What a text says without escapes; twice where one may be a command of LaTeX, or a line end before a name.

    Returns:
        One text or two; the text itself where nothing is escaped.
    """
    if "%" in text and _PERCENT.search(text):
        text = unquote(text)
    if "\\" not in text:
        return [text]
    if "\\u" in text and len(parts := _LETTERS.split(text)) > 1:
        parts[1::2] = map(_letters, parts[1::2])
        text = "".join(parts)
    text = _BLANK.sub(" ", text)
    if "\\" not in text or not _BLANK_OR_COMMAND.search(text):
        return [text]
    return [text, _BLANK_OR_COMMAND.sub(" ", text)]


@lru_cache(maxsize=1 << 14)
def _letters(escaped: str) -> str:
    digits = escaped.replace("\\", "").replace("u", "")
    return bytes.fromhex(f"{_BIG_ENDIAN}{digits}").decode("utf-16", "replace")  # "utf-16-be" is written in Python
