"""Plans of tests, kept for whoever asks next: they are asked for before anybody is paid, and for every answer."""

import threading
from collections import OrderedDict

from verifiers.plan import Converted, Unconvertible, convert

MOST_CHARS = 1 << 20
"""Of tests whose plans are kept: a plan takes 35 to 60 bytes for each character, so some 60 MB."""


class KeptPlans:
    """As ``convert``, which it asks once for tests that come again before many others have.

    Args:
        most_chars: of the tests whose plans are kept; the ones that were asked for longest ago are let go of first.
    """

    def __init__(self, most_chars: int) -> None:
        self._most_chars = most_chars
        self._chars = 0
        self._plans: OrderedDict[tuple[str, str, tuple[str, ...], tuple[str, ...]], Converted | Unconvertible] = (
            OrderedDict()
        )
        self._lock = threading.Lock()

    def __call__(
        self, tests: str, entry_point: str, methods: tuple[str, ...] = (), classes: tuple[str, ...] = ()
    ) -> Converted | Unconvertible:
        """The plan of these tests."""
        key = tests, entry_point, methods, classes
        with self._lock:
            if key in self._plans:
                self._plans.move_to_end(key)
                return self._plans[key]
        plan = convert(tests, entry_point, methods, classes)
        with self._lock:
            if key not in self._plans:
                self._plans[key] = plan
                self._chars += len(tests)
            while self._chars > self._most_chars:
                self._chars -= len(self._plans.popitem(last=False)[0][0])
        return plan


plan_of = KeptPlans(MOST_CHARS)
"""The plans of this process."""
