"""Finds data by which a person or an account is known, and leaves alone what examples are written with."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from stillroom.curation.filters.emails import emails
from stillroom.curation.filters.finding import Finding, line_of
from stillroom.curation.filters.numbers import Span, ibans, ip_addresses, payment_cards, phones, us_ssns
from stillroom.curation.filters.typesetting import without_typesetting
from stillroom.recipe.filters import PersonalData, PersonalKind

_NAMES: Mapping[PersonalKind, str] = {
    "email": "an address of electronic mail",
    "phone": "a telephone number",
    "payment-card": "the number of a payment card",
    "iban": "the number of a bank account",
    "ip-address": "a public IP address",
    "us-ssn": "a social security number",
}


class PersonalDataFilter:
    """Looks for the kinds of data that a recipe names, in their order."""

    def __init__(self, section: PersonalData) -> None:
        searches: Mapping[PersonalKind, Callable[[str], Iterable[Span]]] = {
            "email": emails,
            "phone": partial(phones, regions=section.phone_regions),
            "payment-card": payment_cards,
            "iban": ibans,
            "ip-address": ip_addresses,
            "us-ssn": us_ssns,
        }
        self._searches: Mapping[PersonalKind, Callable[[str], Iterable[Span]]] = {
            kind: searches[kind] for kind in section.kinds
        }

    def find(self, text: str) -> Finding | None:
        """The first datum of the first kind that a text holds any of."""
        plain = without_typesetting(text)
        for kind, search in self._searches.items():
            for start, end in search(plain):
                said = f"holds {_NAMES[kind]}: {end - start} characters in line {line_of(plain, start)}"
                return Finding(f"personal:{kind}", said)
        return None
