"""Finds numbers that are somebody's: of telephones, payment cards, bank accounts, machines and insured persons."""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from string import ascii_uppercase

from phonenumbers import Leniency, PhoneNumberMatcher, ndd_prefix_for_region
from stdnum import iban as iban_numbers
from stdnum import luhn
from stdnum.us import ssn

from stillroom.curation.filters.finding import MOST_CANDIDATES
from stillroom.curation.filters.placeholders import CARDS, IBANS, SSNS

Span = tuple[int, int]  # first character, character after the last

# What must not stand before is looked for after the first character, so that the search for that one is fast. Letters
# beside a number are those of ASCII: in Chinese or Korean one of theirs nearly always is, and belongs to no number.
_PHONE = re.compile(r"\+(?<![\w)\].+*/-]\+)(?=[1-9])[0-9(][0-9 ().\-/]{6,20}[0-9](?!\w|\.[0-9]| ?[*/^%=+])", re.ASCII)
_GROUPED_PHONE = re.compile(
    r"[0-9(](?<![\w.:,+*/=<(-].)"
    r"(?:(?:(?<=\()[0-9]{2,5}\) ?|[0-9]{1,4}[- /])[0-9][0-9 -]{4,14}[0-9]"
    r"|(?<=[0-9])[0-9]{2}\.[0-9]{3}\.[0-9]{4}|(?<=0)[0-9](?:\.[0-9]{2}){4})"  # with dots as in America, and in France
    r"(?![\w/*+=-]|[.,:][0-9])",
    re.ASCII,
)
_GROUP_END = re.compile(r"(?<=[0-9])(?= ?\(| )(?! ?[*/^%=+])")
_LEAST_GROUPED = 8  # characters of a number in groups
_MARKED = re.compile(r"[+()-]")
_LEAST_JOINED_DIGITS = 11  # of a number after + without groups: sums and hashes are shorter
_NEAR_PHONE = re.compile(  # before a shorter one
    r"phone|telefon|(?<![a-z])(?:tel|mob|mobile|cell|fax|whatsapp)(?![a-z])|telef\u00f3n|m\u00f3vil|celular"
    r"|\u0442\u0435\u043b|\u7535\u8bdd|\u96fb\u8a71|\u624b\u673a|\u624b\u6a5f|\u643a\u5e2f|\uc804\ud654|\ud734\ub300\ud3f0",
    re.IGNORECASE,
)
_NEAR_PHONE_CHARS = 24
_FICTIONAL = re.compile(  # kept for films and books (NANPA, Ofcom)
    r"\+?1?\d{3}55501\d\d\Z|\+44(?:7700900|1632960|2079460|1134960|1144960|1154960|1164960|1174960|1184960|1214960)\d*\Z"
)
_CARD = re.compile(
    r"[0-9](?<![\w.,+/-].)(?<![0-9][ ,].)"
    r"(?:[0-9]{3}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|[0-9]{3}([ -])[0-9]{6}\2[0-9]{5}|[0-9]{12,15})"
    r"(?![\w/-]|[.,]? ?[0-9])",  # a list of numbers goes on
    re.ASCII,
)
_CARD_ISSUERS = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6(?:011|4[4-9]|5)|35|30[0-5]|3[689]")
_NEAR_CARD = re.compile(
    r"(?<![a-z0-9_])(?:cards?|visa|mastercard|amex|american express|credit|debit|pan|kreditkarte|tarjeta)(?![a-z0-9_])"
    r"|carte bancaire"
    r"|\u5361\u53f7|\u5361\u865f|\u4fe1\u7528\u5361|\u94f6\u884c\u5361|\u501f\u8bb0\u5361|\u50a8\u84c4\u5361"
    r"|\u30ab\u30fc\u30c9|\uce74\ub4dc|\u043a\u0430\u0440\u0442",
    re.IGNORECASE,
)
_NEAR_CARD_CHARS = 60  # before a number without groups in which a card must be spoken of
_IBANS = tuple(  # behind the two letters of the country, since digits are rarer
    re.compile(
        f"[0-9](?<=[{az}]{{2}}.)(?<!\\w[{az}]{{2}}.)[0-9](?: ?[{az}0-9]{{4}}){{2,7}}(?: ?[{az}0-9]{{1,3}})?(?!\\w)",
        re.ASCII,
    )
    for az in ("A-Z", "a-z")
)
_LEAST_IBAN = 15  # characters: Norway's
_NUMBERS_OF_LETTERS = str.maketrans({letter: str(10 + place) for place, letter in enumerate(ascii_uppercase)})
_ADDRESS = re.compile(r"[0-9](?<![\w.].)[0-9]{0,2}\.(?:[0-9]{1,3}\.){2}[0-9]{1,3}(?![\w.]*\w)", re.ASCII)
_RESOLVERS = ("1.", "8.8.", "9.9.9.", "4.2.2.", "208.67.2")  # name servers, and versions that look like addresses
_NEAR_VERSION = re.compile(
    r"(?:version|release|build|\bver\.?|\u7248\u672c|\u7248|\u30d0\u30fc\u30b8\u30e7\u30f3|\ubc84\uc804)[\s:=]{0,2}\Z",
    re.IGNORECASE,
)
_NEAR_VERSION_CHARS = 12  # right before what has the look of an address
_SSN = re.compile(r"[0-9](?<![\w-].)[0-9]{2}-[0-9]{2}-[0-9]{4}(?![\w-])", re.ASCII)


def phones(text: str, regions: Sequence[str]) -> Iterator[Span]:
    """Telephone numbers that exist by their country's plan: after +, and of these regions also in groups without it."""
    found = -1
    for start, candidate in islice(_beginnings(_PHONE, text), MOST_CANDIDATES):
        is_joined = candidate[1:].isdigit()
        is_long = len(candidate) > _LEAST_JOINED_DIGITS
        is_named = is_long or not is_joined or _is_after(_NEAR_PHONE, text, start, _NEAR_PHONE_CHARS)
        if start > found and is_named and _is_phone(candidate, None):
            found = start
            yield start, start + len(candidate)
    for start, candidate in islice(_beginnings(_GROUPED_PHONE, text), MOST_CANDIDATES if regions else 0):
        is_number = any(_is_dialled(candidate, region) and _is_phone(candidate, region) for region in regions)
        if start != found and is_number:
            found = start
            yield start, start + len(candidate)


def payment_cards(text: str) -> Iterator[Span]:
    """Numbers of cards with an issuer's prefix and a right check digit: in groups, or where a card is spoken of."""
    for match in islice(_CARD.finditer(text), MOST_CANDIDATES):
        digits = _digits(match.group())
        if (
            _CARD_ISSUERS.match(digits)
            and digits not in CARDS
            and len(set(digits)) > 3  # 4444 4444 4444 4444 is made up
            and luhn.is_valid(digits)
            and (not match.group().isdigit() or _is_after(_NEAR_CARD, text, match.start(), _NEAR_CARD_CHARS))
        ):
            yield match.span()


def ibans(text: str) -> Iterator[Span]:
    """International bank account numbers (ISO 13616) with right check digits, of the right form for their country."""
    for match in islice(chain.from_iterable(one.finditer(text) for one in _IBANS), MOST_CANDIDATES):
        start = match.start() - 2
        candidate = text[start : match.end()]
        while len(number := candidate.replace(" ", "").upper()) >= _LEAST_IBAN:  # words may follow the groups
            if _has_check_digits(number) and number not in IBANS and iban_numbers.is_valid(number):
                yield start, start + len(candidate)
                break
            candidate = candidate.rpartition(" ")[0]


def ip_addresses(text: str) -> Iterator[Span]:
    """IPv4 addresses that lead to a machine in the public network; name servers that all use are nobody's.

    What a word for versions stands right before is none.
    """
    for match in islice(_ADDRESS.finditer(text), MOST_CANDIDATES):
        is_version = _is_after(_NEAR_VERSION, text, match.start(), _NEAR_VERSION_CHARS)
        if not is_version and not match.group().startswith(_RESOLVERS) and _is_public(match.group()):
            yield match.span()


def us_ssns(text: str) -> Iterator[Span]:
    """Social security numbers of the United States, but for those that were never given out."""
    for match in islice(_SSN.finditer(text), MOST_CANDIDATES):
        if match.group() not in SSNS and ssn.is_valid(match.group()):
            yield match.span()


def _is_after(pattern: re.Pattern[str], text: str, start: int, chars: int) -> bool:
    """Whether something stands within as many characters before."""
    return bool(pattern.search(text, max(start - chars, 0), start))


def _beginnings(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    """What matches, where it starts, and then the same without its last groups: hours or a note may follow a number.

    Groups of digits and blanks alone are lists of any numbers, and count as a whole.
    """
    for match in pattern.finditer(text):
        candidate = match.group()
        yield match.start(), candidate
        ends = [one.start() for one in _GROUP_END.finditer(candidate) if one.start() >= _LEAST_GROUPED]
        for end in reversed(ends if _MARKED.search(candidate) else ()):
            yield match.start(), candidate[:end]


def _is_dialled(candidate: str, region: str) -> bool:
    """Where numbers are dialled with a leading 0, as in Germany, those without it are any numbers in groups."""
    return ndd_prefix_for_region(region, True) != "0" or candidate.lstrip("(").startswith("0")


def _is_phone(candidate: str, region: str | None) -> bool:
    if _FICTIONAL.match(re.sub(r"[^\d+]", "", candidate)):
        return False
    found = PhoneNumberMatcher(candidate, region, leniency=Leniency.STRICT_GROUPING)
    return any(one.raw_string == candidate for one in found)


def _has_check_digits(number: str) -> bool:
    """Whether an IBAN leaves 1 over 97 (ISO 7064), which is told faster than all else that a valid one must have."""
    return int((number[4:] + number[:4]).translate(_NUMBERS_OF_LETTERS)) % 97 == 1


def _digits(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def _is_public(address: str) -> bool:
    try:
        found = ipaddress.IPv4Address(address)
    except ipaddress.AddressValueError:  # 999.1.1.1
        return False
    return found.is_global and not found.is_multicast
