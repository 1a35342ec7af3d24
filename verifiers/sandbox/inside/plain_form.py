"""Rebuilds values from exact built-in types, and notes where that leaves something of them out."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201
# pyright: basic
MAX_DEPTH = 100  # nesting of a value that leaves
_SCALARS = frozenset((type(None), bool, int, float, complex, str, bytes, type(...)))
_CONTAINERS = frozenset((list, tuple, dict, set, frozenset))
_BASES = (  # subclass instances leave as what they are underneath, read past any override
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
    (bytes, lambda value: bytes.__getitem__(value, slice(None))),
    (complex, lambda value: complex(complex.real.__get__(value), complex.imag.__get__(value))),
)


class Opaque(Exception):
    """A value has no plain form."""


def plain(value, depth=MAX_DEPTH, others=None):
    """``value`` rebuilt from exact built-in types.

    Args:
        value: what is to leave.
        depth: how deep it may be nested.
        others: takes the types in it that are no built-in ones: a ``Counter`` knows more than the dictionary that it is
            underneath.

    Raises:
        Opaque: where it has no such form.
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    if depth == 0:
        raise Opaque("nested too deeply")
    if others is not None and kind not in _CONTAINERS:
        others.append(kind)
    if issubclass(kind, (list, tuple)):
        base = list if issubclass(kind, list) else tuple
        items = value if kind is base else base.__getitem__(value, slice(None))
        if _SCALARS.issuperset(map(type, items)):
            return base(items)
        return base([plain(item, depth - 1, others) for item in items])
    if issubclass(kind, dict):
        items = list(dict.items(value))
        return {plain(key, depth - 1, others): plain(item, depth - 1, others) for key, item in items}
    if issubclass(kind, (set, frozenset)):
        base = set if issubclass(kind, set) else frozenset
        return base([plain(item, depth - 1, others) for item in list(base.__iter__(value))])
    for base, read in _BASES:
        if issubclass(kind, base):
            return read(value)
    raise Opaque(kind.__name__)
