"""Undoes what typesetting does to a number or an address: other blanks, other hyphens, wide letters and digits.

French sets no-break blanks between the groups of a number, word processors no-break hyphens and dashes, and Chinese and
Japanese keyboards wide characters. Wide punctuation parts what stands beside it, unlike that of ASCII, and stays.
"""

import re
import string

_BLANKS = (0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_HYPHENS = (*range(0x2010, 0x2014), 0x2212)  # to the en dash, and the minus sign
_WIDE_OFFSET = 0xFEE0
_ASCII = {
    **dict.fromkeys(_BLANKS, " "),
    **dict.fromkeys(_HYPHENS, "-"),
    **{ord(one) + _WIDE_OFFSET: one for one in f"{string.ascii_letters}{string.digits}+-.@"},
}
_ANY = re.compile(f"[{''.join(map(chr, _ASCII))}]")


def without_typesetting(text: str) -> str:
    """A text with ASCII for these, each character for one, so that places and lines stay what they are."""
    return text.translate(_ASCII) if not text.isascii() and _ANY.search(text) else text
