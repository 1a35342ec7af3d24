"""Reads text that was scraped with its HTML, escaped or annotated: what a reader would have seen.

A tag or an entity between two words adds words of its own (`br`, `nbsp`, `39`), so that a run of words ends there; one
within a word parts it. GSM8K's answers have each sum twice, once for a calculator: `48/2 = <<48/2=24>>24 clips`; who
repeats them has it once. What has any is looked at both as it stands and without, and what is escaped as well (see
``escapes``) with either alone: nothing that is only written like markup is lost that way.
"""

import html
import re
from collections.abc import Callable

import polars as pl

from stillroom.curation.escapes import unescaped

_ENTITY = re.compile(
    r"&(?:(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});|(?:amp|gt|lt|nbsp|quot)(?![A-Za-z0-9=]))"
)
_INLINE = "a|abbr|b|code|em|font|i|ins|kbd|mark|s|samp|small|span|strike|strong|tt|u|var|wbr"
_TAG = re.compile(  # of text, by their names: code has other things in angle brackets
    rf"</?(?:{_INLINE}|article|aside|blockquote|br|button|caption|center|cite|dd|del|details|div|dl|dt|figcaption|figure"
    r"|footer|h[1-6]|header|hr|img|label|li|main|nav|ol|p|pre|q|section|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|ul)"
    r"(?:\s[^<>]*)?/?>|<!--(?:[^-]|-(?!->)){0,2000}-->",
    re.IGNORECASE,
)
_TAGS_IN_WORD = re.compile(  # that open or close, not both: what closes before another opens may stand by itself
    rf"<(?<=\w<)(?:/(?:{_INLINE})>(?:</(?:{_INLINE})>)*|(?:{_INLINE})(?:\s[^<>]*)?/?>(?:<(?:{_INLINE})(?:\s[^<>]*)?/?>)*)(?=\w)",
    re.IGNORECASE,
)
_RAISED = re.compile(
    r"<(su[bp])(?:\s[^<>]*)?>(?:<a(?:\s[^<>]*)?>)?\[?([0-9]{1,3})\]?(?:</a>)?</\1>",
    re.IGNORECASE,
)
_DIGITS = {
    "p": str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"),
    "b": str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"),
}
_CALCULATION = re.compile(r"<<[^<>\n]*>>")
_MOST_ESCAPED = 3  # times that entities may be escaped themselves


def readings(text: str) -> list[str]:
    """The text, and where it has markup or escapes what it says without both; then without either of them.

    What may be a command of LaTeX, or an escaped line end before a name of one letter, is read both ways.
    """
    without = unescaped(text)
    if without == [text]:
        return [*dict.fromkeys((text, _shown(text)))]
    if "<" in text or "&" in text or any("<" in one or "&" in one for one in without):
        return [*dict.fromkeys((text, *map(_shown, without), *without, _shown(text)))]
    return without if without[0] == text else [text, *without]


def _shown(text: str) -> str:
    """A text without annotations, tags and entities."""
    if "<" not in text and "&" not in text:
        return text
    plain = _without_tags(_CALCULATION.sub(" ", text))
    for _ in range(_MOST_ESCAPED):
        if not _ENTITY.search(plain):
            break
        plain = _without_tags(html.unescape(plain))
    return plain


def _without_tags(text: str) -> str:
    """A text without tags, of which those in a word part none; numbers that they raise or lower are such characters."""
    if "<" not in text:
        return text
    return _TAG.sub(" ", _TAGS_IN_WORD.sub("", _RAISED.sub(_raised, text)))


def _raised(tagged: re.Match[str]) -> str:
    return tagged[2].translate(_DIGITS[tagged[1][-1].lower()])


def with_readings(items: pl.DataFrame, read: Callable[[str], list[str]] = readings) -> pl.DataFrame:
    """Texts of items (benchmark, item_id, text), each followed by what else it says, such as without its markup."""
    return items.with_columns(pl.Series("text", [read(text) for text in items["text"]], pl.List(pl.String))).explode(
        "text"
    )
