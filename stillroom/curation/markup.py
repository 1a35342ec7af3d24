"""Reads text that was scraped with its HTML, escaped as in JSON or annotated: what a reader would have seen.

A tag, an entity or an escaped line end between two words adds words or letters of its own (`br`, `nbsp`, `39`, `nthe`),
so that a run of words ends there; and where JSON was written in ASCII, letters of other alphabets are four digits each.
GSM8K's answers have each sum twice, once for a calculator: `48/2 = <<48/2=24>>24 clips`; who repeats them has it once.
What has any is looked at both as it stands and without: nothing that is only written like markup is lost that way.
"""

import html
import re
from collections.abc import Callable

import polars as pl

_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_TAG = re.compile(  # of text, by their names: code has other things in angle brackets
    r"</?(?:a|abbr|b|blockquote|br|center|cite|code|dd|del|div|dl|dt|em|font|h[1-6]|hr|i|img|ins|kbd|li|ol|p|pre|q|s|samp"
    r"|small|span|strike|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
# Line ends and tabs of text that was escaped as in JSON; commands of LaTeX begin with the same characters.
_ESCAPED_BLANK = re.compile(
    r"\\(?!(?:n(?:abla|e|eg|eq|eqq|ewline|geq|i|leq|olimits|ot|otin|u)|r(?:angle|brace|ceil|ef|floor|ho|ight|ightarrow|m|oot)"
    r"|t(?:an|anh|au|bf|ext|extbf|extit|extrm|extstyle|exttt|frac|herefore|heta|ilde|imes|iny|o|op|riangle|t))(?![A-Za-z]))"
    r"[nrt]"
)
_ESCAPED_LETTERS = (
    re.compile(  # of UTF-16: two may be one letter; the first backslash before anything else, as it is found fastest
        r"\\(?<!\\\\)\\*+u[0-9A-Fa-f]{4}(?:\\++u[0-9A-Fa-f]{4})*"
    )
)
_ESCAPED_OR_COMMAND = re.compile(r"\\[nrt](?=[A-Za-z](?![A-Za-z]))")  # `\nu`, or a line that begins with `u`
_BIG_ENDIAN = "feff"  # as a mark before text of UTF-16, of which it is no part
_CALCULATION = re.compile(r"<<[^<>\n]*>>")
_MOST_ESCAPED = 3  # times that entities may be escaped themselves


def readings(text: str) -> list[str]:
    """The text, and where it has markup or escapes what it says without: tags, annotations and escaped blanks.

    What may be a command of LaTeX, or an escaped line end before a name of one letter, is read both ways.
    """
    plain = _ESCAPED_LETTERS.sub(_letters, text) if "\\" in text else text
    if "<" in plain or "&" in plain:
        plain = _unescaped(_CALCULATION.sub(" ", plain))
    if "\\" not in plain:
        return [text] if plain == text else [text, plain]
    plain = _ESCAPED_BLANK.sub(" ", plain)
    return [*dict.fromkeys((text, plain, _ESCAPED_OR_COMMAND.sub(" ", plain)))]


def _unescaped(text: str) -> str:
    """A text without tags and entities."""
    plain = _TAG.sub(" ", text)
    for _ in range(_MOST_ESCAPED):
        if not _ENTITY.search(plain):
            break
        plain = _TAG.sub(" ", html.unescape(plain))
    return plain


def _letters(escaped: re.Match[str]) -> str:
    digits = escaped.group().replace("\\", "").replace("u", "")
    return bytes.fromhex(f"{_BIG_ENDIAN}{digits}").decode("utf-16", "replace")  # "utf-16-be" is written in Python


def with_readings(items: pl.DataFrame, read: Callable[[str], list[str]] = readings) -> pl.DataFrame:
    """Texts of items (benchmark, item_id, text), each followed by what else it says, such as without its markup."""
    return items.with_columns(pl.Series("text", [read(text) for text in items["text"]], pl.List(pl.String))).explode(
        "text"
    )
