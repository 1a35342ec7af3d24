"""Finds keys, tokens and passwords by the forms that their issuers give them (Kingfisher's rules, MongoDB).

A random string of no known form is not found, nor is ``password = "hunter2"``: both are ordinary in exercises. The
scan is offline and in linear time (Vectorscan, and Rust's regular expressions); it asks no issuer.

Many rules are written for files of settings: after the key they want a blank, a quote, ``;`` or the end. In prose,
Markdown and tables a comma, a bracket or a letter of Chinese stands there, so a text in which nothing is found is
scanned once more with blanks in the place of these.
"""

import re
from functools import cache

from kingfisher_sdk import DetectionPolicy, Rules, Scanner
from kingfisher_sdk import Finding as Match

from stillroom.curation.filters.finding import Finding
from stillroom.recipe.filters import Confidence, Secrets

# `@`, `:` and `/` are not among these, since addresses with a password in them have them.
_IN_NO_KEY = bytes((*b",()[]{}<>*|&~#%^!?\\", *range(0x80, 0x100)))
_APART = bytes.maketrans(_IN_NO_KEY, b" " * len(_IN_NO_KEY))
_ESCAPED = (rb"\n", rb"\r", rb"\t")  # as JSON writes the end of a line, a letter that would join what follows
_STOP = re.compile(rb"[.:](?=[.:\s\"'`;]|\Z)")
_TOKEN_OF_ADDRESS = re.compile(rb"://([A-Za-z0-9_-]{20,})@")  # https://TOKEN@host, where no password follows
_PRIVATE_KEY, _NO_KEY = b"-----", b"     "  # has ends of its own, and was found as it stands
_CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")


class SecretFilter:
    """Looks for secrets."""

    def __init__(self, section: Secrets) -> None:
        """Prepare the rules: seconds in the first process of a machine, which leaves them in the user's cache."""
        self._counted = _CONFIDENCES[_CONFIDENCES.index(section.least_confidence) :]
        self._scanner = _scanner(section.least_confidence)

    def find(self, text: str) -> Finding | None:
        """The first secret in a text."""
        data = text.encode("utf-8", "replace")
        found = self._scan(data) or self._scan(_parted(data))
        if not found:
            return None
        first = min(found, key=lambda one: (one.location["start_offset"], one.rule_id))
        start, end = first.location["start_offset"], first.location["end_offset"]
        kind = first.rule_id.rpartition(".")[2].rpartition("/")[2]
        line = data.count(b"\n", 0, start) + 1
        rule = f"{first.rule_id}, {first.confidence} confidence"
        return Finding(f"secret:{kind}", f"holds a secret by its form ({rule}): {end - start} bytes in line {line}")

    def _scan(self, data: bytes) -> list[Match]:
        return [one for one in self._scanner.scan(data) if one.visible and one.confidence in self._counted]


def _parted(data: bytes) -> bytes:
    """A text of the same length in which each key ends with a blank, whatever stands after it."""
    for escaped in _ESCAPED:
        data = data.replace(escaped, b"  ")
    parted = data.replace(_PRIVATE_KEY, _NO_KEY).translate(_APART)
    return _STOP.sub(b" ", _TOKEN_OF_ADDRESS.sub(rb"://\1 ", parted))


@cache
def _scanner(confidence: Confidence) -> Scanner:
    """A comment in a text is no reason to pass it over, though scanners of one's own code heed it."""
    return Scanner(Rules(confidence=confidence), policy=DetectionPolicy(inline_ignores=False))
