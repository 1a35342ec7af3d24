"""Finds addresses of electronic mail that may be somebody's."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from stillroom.curation.filters.countries import COUNTRY_TLDS
from stillroom.curation.filters.finding import MOST_CANDIDATES
from stillroom.curation.filters.placeholders import DOMAINS, GENERIC_DOMAINS, PERSONS, RESERVED_TLDS, ROLES

_MOST_LOCAL, _MOST_DOMAIN, _MOST_BEFORE = 64, 255, 256  # RFC 5321, and how far back an address of the web is looked for
_LOCAL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._%+-]*[A-Za-z0-9])?\Z")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+([A-Za-z]{2,})(?![A-Za-z0-9-])")
_GENERIC_TLDS = frozenset(
    ("app", "biz", "cloud", "com", "dev", "edu", "gov", "info", "int", "mil", "name", "net", "org", "pro")
)
_FILE_SUFFIXES = frozenset(("md", "py", "sh", "so"))  # that are countries as well
_SOURCE_SUFFIXES = frozenset(("cc", "hs", "ml", "mm", "pl", "ps", "rs"))  # likewise, but with many who write from there
_SOURCE_STEMS = frozenset(("app", "build", "index", "lib", "main", "mod", "run", "script", "setup", "test", "tests"))
# Before a bracket only these end an address: the others may be called, as ``a@b.to(device)`` is.
_NEVER_CALLED = frozenset(
    (
        "au",
        "br",
        "ch",
        "cn",
        "com",
        "cz",
        "de",
        "edu",
        "es",
        "eu",
        "fr",
        "gov",
        "jp",
        "kr",
        "nl",
        "org",
        "pl",
        "ru",
        "uk",
    )
)
_OF_WEB = re.compile(r"://[^\s\"'<>,|\x80-\U0010ffff]*\Z")
_LEAST_LOCAL = 2
_SECOND_LEVELS = frozenset(("ac", "co", "com", "edu", "gob", "gov", "go", "mil", "ne", "net", "or", "org"))


def emails(text: str) -> Iterator[tuple[int, int]]:
    """Where addresses stand (first character, character after the last) that are neither made up nor a function's.

    Only countries and the usual generic domains end an address: in code, ``a@b.shape`` multiplies matrices, and so does
    ``a@b.mT``. Whether the line is code cannot be asked: ``mail = ana@posteo.de`` is Python as well.
    """
    for at in islice(_ats(text), MOST_CANDIDATES):
        local = _LOCAL.search(text[max(at - _MOST_LOCAL, 0) : at])
        domain = _DOMAIN.match(text, at + 1, at + 1 + _MOST_DOMAIN)
        if local and domain and _is_of_somebody(local.group(), domain.group(), domain.group(1)):
            start, end = at - len(local.group()), domain.end()
            if _is_apart(text, start, end, domain.group(1).lower()) and not _is_in_web_address(text, start):
                yield start, end


def _ats(text: str) -> Iterator[int]:
    at = text.find("@")
    while at >= 0:
        yield at
        at = text.find("@", at + 1)


def _is_apart(text: str, start: int, end: int, tld: str) -> bool:
    """Whether nothing follows that makes a name or a call of it; emphasis in Markdown is ``_`` on either side."""
    after = text[end : end + 1]
    return (after != "(" or tld in _NEVER_CALLED) and (after != "_" or text[max(start - 1, 0) : start] == "_")


def _is_of_somebody(local: str, domain: str, tld: str) -> bool:
    labels = domain.lower().split(".")
    is_odd, tld = not (tld.islower() or tld.isupper() or domain.istitle()), tld.lower()
    is_file = tld in _FILE_SUFFIXES or (tld in _SOURCE_SUFFIXES and labels[-2] in _SOURCE_STEMS)
    person = local.lower().partition("+")[0]
    name, _, ending = _registered(labels).partition(".")
    return (
        (tld in COUNTRY_TLDS or tld in _GENERIC_TLDS)
        and not is_odd
        and not is_file
        and tld not in RESERVED_TLDS
        and name not in DOMAINS
        and f"{name}.{ending}" not in GENERIC_DOMAINS
        and len(name) > 1
        and len(person) >= _LEAST_LOCAL
        and person not in PERSONS | ROLES
    )


def _registered(labels: Sequence[str]) -> str:
    """The part of a domain that somebody has registered: ``name.de`` or ``name.co.uk``, with no host of theirs."""
    is_nested = len(labels) > 2 and labels[-1] in COUNTRY_TLDS and labels[-2] in _SECOND_LEVELS
    return ".".join(labels[-3 if is_nested else -2 :])


def _is_in_web_address(text: str, start: int) -> bool:
    """``https://user:password@host``: what stands before the host of an address is a secret, if anything."""
    return bool(_OF_WEB.search(text, max(start - _MOST_BEFORE, 0), start))
