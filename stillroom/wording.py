"""What a word is, wherever wording is compared, counted or measured.

Words are runs of letters and digits; marks (vowel signs, accents) belong to the letter before, and are no word without
one. What stands raised or lowered is a word by itself: `x²` is two, as `x^2` is. In scripts that put no space between
words (Chinese, Japanese, Thai, ...) such a run is a clause, so there every letter is a word; where an amount of text is
meant, two of Chinese and kana, or four of the others, count as one.
"""

import re
import unicodedata
from functools import cache

from stillroom.characters import characters_of_words

DEFINITION = "words@4"
"""Its version, for methods that count words by it."""
BETWEEN, WITHIN, HALVES, QUARTERS, MARK = range(5)
"""Kinds of characters: between words, of a word, a word by itself that counts as half or a quarter, a mark."""
CODE_POINTS = 0x110000
_AMOUNT = {WITHIN: 4, HALVES: 2, QUARTERS: 1}  # in quarters of a word, by its first character
_LAST_LETTER, _VARIANTS = 0x40000, range(0xE0100, 0xE01F0)  # between them no plane has letters
_UNSPACED = (
    (0x0E00, 0x0EFF, QUARTERS),  # Thai, Lao
    (0x1000, 0x109F, QUARTERS),  # Myanmar
    (0x1780, 0x17FF, QUARTERS),  # Khmer
    (0x3005, 0x3007, HALVES),  # marks and zero among Chinese characters
    (0x3040, 0x30FF, HALVES),  # kana
    (0x3400, 0x9FFF, HALVES),  # Chinese characters
    (0x20000, 0x33479, HALVES),
)
_INVISIBLE = (  # what formats text (category Cf), joins graphemes, draws letters out or picks a variant of a character
    "\u00ad\u034f\u0600-\u0605\u061c\u0640\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef"
)
_UNSEEN_BEYOND = _INVISIBLE.index("\U000110bd")  # the first of them that lies beyond the first plane
UNSEEN = re.compile(f"[{_INVISIBLE}]")
"""Each character that cannot be seen."""
_MAY_BE_UNSEEN = re.compile(f"[{_INVISIBLE[:_UNSEEN_BEYOND]}\U00010000-\U0010ffff]")  # found three times as fast
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_ASCII = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")


def plain(text: str) -> str:
    """A text as its words are compared: without what cannot be seen, in NFKC, powers by themselves, in one case."""
    if text.isascii():
        return text.lower()
    seen = UNSEEN.sub("", text) if _MAY_BE_UNSEEN.search(text) else text
    return in_one_case(characters_of_words(seen))


def in_one_case(text: str) -> str:
    """A text as it is after any change of case: in lower case, with `ss`, one `i` and one sigma.

    `Straße` is `STRASSE`, and the dotless i of Turkish is any other. Of what else ``str.casefold`` does, NFKC has done
    most before.
    """
    return pairs_in_one_case(text.lower()).replace("\u0131", "i").replace("\u03c2", "\u03c3")


def pairs_in_one_case(text: str) -> str:
    """What of it changes the number of characters: of capitals, too."""
    return text.replace("\u00df", "ss").replace("\u1e9e", "ss").replace("i\u0307", "i")


def words_and_signs(text: str) -> list[str]:
    """The words of a text and every other sign that can be seen, in their order, of the text in plain form."""
    text = plain(text)
    return (_ASCII if text.isascii() else _plain_pattern(_last_plane(text))).findall(text)


def words_in(text: str) -> list[str]:
    """The words alone."""
    return [one for one in words_and_signs(text) if kinds()[ord(one[0])] in _AMOUNT]


def beginning(text: str, words: int) -> str:
    """A text up to the end of the word with which it has this amount of words; powers belong to what is before them."""
    if text.isascii():
        found = _ascii_words(words).match(text)
        return found.group() if found else text
    quarters = 0
    for match in _word_pattern(_last_plane(text)).finditer(text):
        quarters += _AMOUNT[kinds()[ord(match.group()[0])]]
        if quarters >= 4 * words:
            return text[: match.end()]
    return text


@cache
def kinds() -> bytes:
    """The kind of each code point."""
    found = bytearray(CODE_POINTS)
    for code in (*range(_LAST_LETTER), *_VARIANTS):
        if chr(code).isalnum():
            found[code] = WITHIN
        elif unicodedata.category(chr(code))[0] == "M":
            found[code] = MARK
    for first, last, kind in _UNSPACED:
        of_script = bytes.maketrans(bytes([WITHIN]), bytes([kind]))
        found[first : last + 1] = found[first : last + 1].translate(of_script)
    return bytes(found)


def _last_plane(text: str) -> int:
    """The last character up to which characters must be told apart: classes beyond the first plane are slow."""
    return CODE_POINTS - 1 if _BEYOND.search(text) else 0xFFFF


@cache
def _plain_pattern(last: int) -> re.Pattern[str]:
    """Words and signs of plain texts without characters beyond the last."""
    within, alone, marks = _class(last, WITHIN), _class(last, HALVES, QUARTERS), _class(last, MARK)
    return re.compile(rf"[{within}][{within}{marks}]*|[{alone}][{marks}]*|\S")


@cache
def _word_pattern(last: int) -> re.Pattern[str]:
    """Words of texts as they are, likewise."""
    within, alone, marks = _class(last, WITHIN), _class(last, HALVES, QUARTERS), _class(last, MARK)
    unseen = _INVISIBLE[:_UNSEEN_BEYOND] if last == 0xFFFF else _INVISIBLE
    return re.compile(f"[{within}][{within}{marks}{unseen}]*|[{alone}][{marks}{unseen}]*")


@cache
def _ascii_words(count: int) -> re.Pattern[str]:
    return re.compile(f"(?>[^A-Za-z0-9]*[A-Za-z0-9]++){{{count}}}")


def _class(last: int, *of: int) -> str:
    """All characters of these kinds, as between the brackets of a regular expression; letters mean themselves there."""
    runs = re.finditer(b"[%s]+" % bytes(of), kinds()[: last + 1])
    return "".join(f"{chr(run.start())}-{chr(run.end() - 1)}" for run in runs)
