"""Finds keys, tokens and passwords by the forms that their issuers give them (Kingfisher's rules, MongoDB).

A random string of no known form is not found, nor is ``password = "hunter2"``: both are ordinary in exercises. The
scan is offline and in linear time (Vectorscan, and Rust's regular expressions); it asks no issuer.
"""

from functools import cache

from kingfisher_sdk import DetectionPolicy, Rules, Scanner

from stillroom.curation.filters.finding import Finding
from stillroom.recipe.filters import Confidence, Secrets

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
        found = [one for one in self._scanner.scan(data) if one.visible and one.confidence in self._counted]
        if not found:
            return None
        first = min(found, key=lambda one: (one.location["start_offset"], one.rule_id))
        start, end = first.location["start_offset"], first.location["end_offset"]
        kind = first.rule_id.rpartition(".")[2].rpartition("/")[2]
        line = data.count(b"\n", 0, start) + 1
        rule = f"{first.rule_id}, {first.confidence} confidence"
        return Finding(f"secret:{kind}", f"holds a secret by its form ({rule}): {end - start} bytes in line {line}")


@cache
def _scanner(confidence: Confidence) -> Scanner:
    """A comment in a text is no reason to pass it over, though scanners of one's own code heed it."""
    return Scanner(Rules(confidence=confidence), policy=DetectionPolicy(inline_ignores=False))
