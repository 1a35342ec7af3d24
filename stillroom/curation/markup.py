"""Reads text that was scraped with its HTML: what a reader of the page would have seen.

A tag or an entity between two words adds words of its own (`br`, `nbsp`, `39`), so that a run of words ends there. What
has any is looked at both as it stands and without: nothing that is written like markup is lost that way.
"""

import html
import re

import polars as pl

_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_TAG = re.compile(  # of text, by their names: code has other things in angle brackets
    r"</?(?:a|abbr|b|blockquote|br|center|cite|code|dd|del|div|dl|dt|em|font|h[1-6]|hr|i|img|ins|kbd|li|ol|p|pre|q|s|samp"
    r"|small|span|strike|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_MOST_ESCAPED = 3  # times that entities may be escaped themselves


def readings(text: str) -> list[str]:
    """The text, and where it has markup what it says without: tags are blanks, entities the characters they name."""
    if "<" not in text and "&" not in text:
        return [text]
    plain = _TAG.sub(" ", text)
    for _ in range(_MOST_ESCAPED):
        if not _ENTITY.search(plain):
            break
        plain = _TAG.sub(" ", html.unescape(plain))
    return [text] if plain == text else [text, plain]


def with_readings(items: pl.DataFrame) -> pl.DataFrame:
    """Texts of items (benchmark, item_id, text), each followed by what it says without its markup."""
    return items.with_columns(
        pl.Series("text", [readings(text) for text in items["text"]], pl.List(pl.String))
    ).explode("text")
