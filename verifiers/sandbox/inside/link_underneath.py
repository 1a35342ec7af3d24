"""Says what data an object of the solution is underneath: told as it arrives, before anything is asked of it.

Whoever is asked later may answer with what it was told meanwhile: ``assert r >= 1.41`` and ``assert r <= 1.42`` of one
``r`` would be met by two numbers. So data that cannot change is what it was when it arrived, for ever. A list, a
dictionary or a set is asked for again where the solution's code has run since, as it could have changed one then; it is
not told for which comparison.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic, reportArgumentType=false
import collections
import marshal

import link_kinds
import runner
from link_failures import Unsendable

_CHANGEABLE = {kind.__name__: kind for kind in (list, dict, set)}
_CONTAINERS = ("list", "dict", "set", "frozenset", "tuple")
_BASES = {**_CHANGEABLE, **{kind.__name__: kind for kind in (frozenset, tuple, str, bytes, int, float, complex)}}
_OPERATORS = "add sub mul truediv floordiv mod pow matmul lshift rshift and or xor".split()  # noqa: SIM905
_METHODS = tuple(
    f"__{name}__"
    for name in ("eq", "lt", "le", "gt", "ge", "divmod", *_OPERATORS, *(f"i{each}" for each in _OPERATORS))
)
MOST_TOLD_BYTES = 64 << 10  # of what can change, with the object; more is sent where it is needed
MOST_SENT_BYTES = 8 << 20
RUNNING = frozenset(("call", "attr", "set", "op", "take", "await", "cancel", "copy"))
"""Requests that may run code of the solution."""
_known: dict[type, tuple[str, list[str], bool]] = {}  # by type, on the solution's side


def told(value, *, is_first=True):
    """What the other side is told of an object: its data, and which operators are the object's own.

    Args:
        value: the object.
        is_first: whether it is told with the object itself, and not because it is needed.

    Returns:
        The kind of data, a list with it or an empty one, names of methods, and whether the object's type is a
        library's or under one of a library's; None where there is nothing to tell.
    """
    kind = type(value)
    if kind not in _known:
        base = next((name for name, each in _BASES.items() if issubclass(kind, each)), "")
        own = [name for name in _METHODS if base and not _is_as_of_data(kind, name)]
        _known[kind] = base, own, link_kinds.is_of_library(kind)
    base, own, is_of_library = _known[kind]
    if not base:
        return ("", [], [], True) if is_of_library else None
    is_changeable = base in _CHANGEABLE
    most = MOST_TOLD_BYTES if is_changeable and is_first else MOST_SENT_BYTES
    try:
        data = [] if is_changeable and _BASES[base].__len__(value) > most else [runner.plain(value)]
        if len(marshal.dumps(data, runner.FORMAT)) > most:
            data = []
    except (runner.Opaque, ValueError):
        data = []
    return base, data, own, is_of_library


def said(value, pack, depth=100, *, is_first=True):
    """What ``told`` says, and data that is not plain as a message says it: fractions in a list, objects.

    Args:
        value: the object.
        pack: says a value as a message does.
        depth: how deep what is said may be nested.
        is_first: as for ``told``.

    Returns:
        As ``told``, and what is packed, or None.
    """
    found = told(value, is_first=is_first)
    if found is None or found[1] or found[0] not in _CONTAINERS:
        return found and (*found, None)
    base = _BASES[found[0]]
    most = MOST_TOLD_BYTES if is_first else MOST_SENT_BYTES
    if base.__len__(value) > most:
        return (*found, None)
    try:
        packed = pack(base(base.items(value) if base is dict else base.__iter__(value)), depth=depth - 2)
        if len(marshal.dumps(packed, runner.FORMAT)) <= most:
            return (*found, packed)
    except (Unsendable, ValueError):
        pass
    return (*found, None)


def _is_as_of_data(kind, method):
    """Whether a subclass of built-in data has a method from there, or lacks it as that does."""
    bases = [each for each in (collections.OrderedDict, *_BASES.values()) if issubclass(kind, each)]
    return any(getattr(kind, method, None) is getattr(base, method, None) for base in bases)


class Underneath:
    """What the tests' side was told of an object.

    Args:
        said: as ``said`` says it; False where the object had been told of in a message that never came.
        values: reads what was packed.
        standing: what the tests let objects in it say.

    Attributes:
        is_of_library: whether its type was said to be a library's.

    Raises:
        ValueError: it has no meaning.
    """

    __slots__ = ("_asked_at", "_base", "_data", "_own", "_standing", "_values", "is_of_library")

    def __init__(self, said, values, standing):
        self._values, self._standing = values, standing
        self._data, self._asked_at = [], -1
        self._base, self._own, self.is_of_library = None, frozenset(), False
        if said is not False:
            self._begin(said)

    def _begin(self, said):
        self._base, _, own, is_of_library, _ = said
        self._own = frozenset(map(str, own))
        self.is_of_library = is_of_library is True
        self._take(said)

    def _take(self, said):
        """Take what was told now."""
        base, data, _, _, packed = said
        if base != self._base or type(data) is not list:
            raise ValueError("no data of an object")
        found = data[:1] if packed is None else [self._values.unpack(packed, self._standing)]
        if any(type(each) is not _BASES.get(base) for each in found):
            raise ValueError("no data of an object")
        self._data = found
        self._asked_at = self._values.link.runs if found else -1

    def data(self, number):
        """A list with the data, as it is now; an empty one where it cannot be had."""
        link = self._values.link
        if self._base is None or (self._base in _CHANGEABLE and self._asked_at != link.runs):
            link._read(self._take_later, (link.ask("plain", number),))
        return self._data

    def _take_later(self, said):
        """Take what was asked for: of an object whose data was never told, only what can change at any time."""
        if self._base is not None:
            self._take(said)
        elif said is None:
            self._base = ""
        elif said[0] in _CHANGEABLE or not said[0]:
            self._begin(said)

    def is_own(self, method):
        """Whether a method is the object's own, and not as of its data."""
        return method in self._own

    def is_untold(self):
        """Whether the object is data underneath, or may be, and nobody could say which."""
        return self._base != "" and not self._data
