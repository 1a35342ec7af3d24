"""Finds numbers that are somebody's: of telephones, payment cards, bank accounts, machines and insured persons."""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from phonenumbers import Leniency, PhoneNumberMatcher, ndd_prefix_for_region
from stdnum import iban as iban_numbers
from stdnum import luhn
from stdnum.us import ssn

from stillroom.curation.filters.finding import MOST_CANDIDATES
from stillroom.curation.filters.placeholders import CARDS, IBANS, SSNS

Span = tuple[int, int]  # first character, character after the last

# What must not stand before is looked for after the first character, so that the search for that one is fast.
_PHONE = re.compile(r"\+(?<![\w)\].+*/-]\+)(?=[1-9])[0-9(][0-9 ().\-/]{6,20}[0-9](?!\w|\.[0-9]| ?[*/^%=+])")
_GROUPED_PHONE = re.compile(
    r"[0-9(](?<![\w.:,+*/=<(-].)(?:(?<=\()[0-9]{2,5}\) ?|[0-9]{1,4}[- /])[0-9][0-9 -]{4,14}[0-9]"
    r"(?![\w/*+=-]|[.,:][0-9])"
)
_GROUP_END = re.compile(r"(?<=[0-9])(?= ?\(| )(?! ?[*/^%=+])")
_LEAST_GROUPED = 8  # characters of a number in groups
_MARKED = re.compile(r"[+()-]")
_LEAST_JOINED_DIGITS = 11  # of a number after + without groups: sums and hashes are shorter
_FICTIONAL = re.compile(  # kept for films and books (NANPA, Ofcom)
    r"\+?1?\d{3}55501\d\d\Z|\+44(?:7700900|1632960|2079460|1134960|1144960|1154960|1164960|1174960|1184960|1214960)\d*\Z"
)
_CARD = re.compile(
    r"[0-9](?<![\w.,+/-].)(?<![0-9][ ,].)"
    r"(?:[0-9]{3}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|[0-9]{3}([ -])[0-9]{6}\2[0-9]{5}|[0-9]{12,15})"
    r"(?![\w/-]|[.,]? ?[0-9])"  # a list of numbers goes on
)
_CARD_ISSUERS = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6(?:011|4[4-9]|5)|35|30[0-5]|3[689]")
_NEAR_CARD = re.compile(r"\b(?:cards?|visa|mastercard|amex|american express|credit|debit|pan)\b", re.IGNORECASE)
_NEAR_CHARS = 60  # before a number without groups in which a card must be spoken of
_IBAN = re.compile(r"[A-Z](?<!\w.)[A-Z][0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_ADDRESS = re.compile(r"[0-9](?<![\w.].)[0-9]{0,2}\.(?:[0-9]{1,3}\.){2}[0-9]{1,3}(?![\w.]*\w)")
_RESOLVERS = ("1.", "8.8.", "9.9.9.", "4.2.2.", "208.67.2")  # name servers, and versions that look like addresses
_SSN = re.compile(r"[0-9](?<![\w-].)[0-9]{2}-[0-9]{2}-[0-9]{4}(?![\w-])")


def phones(text: str, regions: Sequence[str]) -> Iterator[Span]:
    """Telephone numbers that exist by their country's plan: after +, and of these regions also in groups without it."""
    found = -1
    for start, candidate in islice(_beginnings(_PHONE, text), MOST_CANDIDATES):
        is_joined = candidate[1:].isdigit()
        is_long = len(candidate) > _LEAST_JOINED_DIGITS
        if start > found and (is_long or not is_joined) and _is_phone(candidate, None):
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
        before = text[max(match.start() - _NEAR_CHARS, 0) : match.start()]
        if (
            _CARD_ISSUERS.match(digits)
            and digits not in CARDS
            and len(set(digits)) > 3  # 4444 4444 4444 4444 is made up
            and luhn.is_valid(digits)
            and (not match.group().isdigit() or _NEAR_CARD.search(before))
        ):
            yield match.span()


def ibans(text: str) -> Iterator[Span]:
    """International bank account numbers (ISO 13616) with right check digits, of the right form for their country."""
    for match in islice(_IBAN.finditer(text), MOST_CANDIDATES):
        number = match.group().replace(" ", "")
        if number not in IBANS and iban_numbers.is_valid(number):
            yield match.span()


def ip_addresses(text: str) -> Iterator[Span]:
    """IPv4 addresses that lead to a machine in the public network; name servers that all use are nobody's."""
    for match in islice(_ADDRESS.finditer(text), MOST_CANDIDATES):
        if not match.group().startswith(_RESOLVERS) and _is_public(match.group()):
            yield match.span()


def us_ssns(text: str) -> Iterator[Span]:
    """Social security numbers of the United States, but for those that were never given out."""
    for match in islice(_SSN.finditer(text), MOST_CANDIDATES):
        if match.group() not in SSNS and ssn.is_valid(match.group()):
            yield match.span()


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


def _digits(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def _is_public(address: str) -> bool:
    try:
        found = ipaddress.IPv4Address(address)
    except ipaddress.AddressValueError:  # 999.1.1.1
        return False
    return found.is_global and not found.is_multicast
