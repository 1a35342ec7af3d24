"""Names by which an object would say whether it is what was expected: what the tests ask of data, and never of it.

Both the driver and the tests' process ask here.
"""

import functools
import re

TEXT_CLAIMS = frozenset(("startswith", "endswith", *(name for name in dir(str) if name.startswith("is"))))
"""Methods by which a text would say whether it is the expected one."""

DATA_NAMES = frozenset(
    name
    for kind in (str, bytes, bytearray, int, float, complex, list, tuple, dict, set, frozenset, range)
    for name in dir(kind)
    if not name.startswith("_")
)
"""What plain data answers to, so that using it says nothing of an object."""

CHANGING = frozenset((
    "add", "append", "clear", "difference_update", "discard", "extend", "insert", "intersection_update", "remove",
    "reverse", "sort", "symmetric_difference_update", "update",
))  # fmt: skip
"""What gives None where it is a method of data, so that no test of data looks at its result."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_EQUAL = ("eq", "ne", "neq", "cmp", "differs", "unequal", "isclose", "allclose")
_EQUAL_BEGINNINGS = ("equal", "isequal", "same", "identical", "equiv", "almost", "approx", "match", "compar", "assert")
_NEAR = frozenset("delta deviation diff difference dist distance err error gap residual".split())  # noqa: SIM905

MEMORY_CLAIMS = frozenset((
    "__array__", "__array_interface__", "__array_struct__", "__arrow_c_array__", "__arrow_c_stream__", "__buffer__",
    "__cuda_array_interface__", "__dlpack__", "__dlpack_device__",
))  # fmt: skip
"""Attributes by which an object would say where in memory its data is: in the tests' memory it is nowhere."""


@functools.cache
def claims_equality(name: str) -> bool:
    """Whether a method would say by its name whether its object is what it is given: ``equals``, ``isclose``."""
    words = _words(name)
    return ("close" in words and len(words) > 1) or any(
        each in _EQUAL or each.startswith(_EQUAL_BEGINNINGS) for each in words
    )


def claims_nearness(name: str) -> bool:
    """Whether a method would say by its name how far its object is from what it is given: ``distance_to``."""
    return not _NEAR.isdisjoint(_words(name))


def _words(name: str) -> list[str]:
    return [each.lower() for each in _WORDS.findall(name)]
