"""Which characters are the same, wherever texts are told apart or compared.

NFKC (Unicode Standard Annex 15) makes one of those that only look different: wide and narrow forms, ligatures, accents
that stand by themselves. It also sets down what stands raised or lowered, and joins fractions to what is before them:
11² would be 112, and 3½ 31/2. Here powers, indices and fractions stay what they are, or are words by themselves.
"""

import re
import unicodedata

_FORM = "NFKC"
# What NFKC takes for raised, lowered or a fraction, but ª and º: who writes 1º also writes 1o. Beyond the first plane
# are only phonetic letters and marks of trade, and classes with any of them take twenty times as long.
_POWERS = (
    "\u00b2\u00b3\u00b9\u02b0-\u02b8\u02e0-\u02e4\u10fc\u1d2c-\u1d2e\u1d30-\u1d3a\u1d3c-\u1d4d\u1d4f-\u1d61\u1d78\u1d9b-\u1dbf\u2070\u2071"
    "\u2074-\u207f\u2120\u2122\u2c7d\u2d6f\u3192-\u319f\ua69c\ua69d\ua770\ua7f2-\ua7f4\ua7f8\ua7f9\uab5c-\uab5f\uab69"
)
_INDICES = "\u1d62-\u1d6a\u2080-\u208e\u2090-\u209c\u2c7c"
_FRACTIONS = "\u00bc-\u00be\u2150-\u215f\u2189"
_UNITS = {  # units of one character, in which there is a power, such as ㎡
    code: "".join(chr(int(part, 16)) for part in unicodedata.decomposition(chr(code)).split()[1:])
    for code in (0x3378, 0x3379, *range(0x339F, 0x33A7), 0x33A8, 0x33AF)
}
_RAISED = re.compile(f"([{_POWERS}]+|[{_INDICES}]+|[{_FRACTIONS}])")
RAISED = f"{_POWERS}{_INDICES}{_FRACTIONS}{''.join(map(chr, _UNITS))}"
"""All powers, indices and fractions that are characters, as between the brackets of a regular expression."""
_ANY_RAISED = re.compile(f"[{RAISED}]")


def same_characters(text: str) -> str:
    """A text in NFKC, but for powers, indices and fractions, which stay as they are."""
    composed = unicodedata.normalize(_FORM, text)
    if composed == text or not has_raised(text):
        return composed
    parts = _RAISED.split(text.translate(_UNITS))  # each second one is such
    parts[::2] = [unicodedata.normalize(_FORM, part) for part in parts[::2]]
    return "".join(parts)


def characters_of_words(text: str) -> str:
    """A text in NFKC, with blanks around powers, indices and fractions, since they are words by themselves.

    So `x²` has the words of `x^2`, and `3½` those of `3 1/2`.
    """
    composed = unicodedata.normalize(_FORM, text)
    if composed == text or not has_raised(text):
        return composed
    return unicodedata.normalize(_FORM, _RAISED.sub(r" \1 ", text.translate(_UNITS)))


def has_raised(text: str) -> bool:
    """Whether a text has powers, indices or fractions that are characters by themselves."""
    return not text.isascii() and bool(_ANY_RAISED.search(text))
