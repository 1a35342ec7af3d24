"""Finds the containers in values, whether something else holds them, and whether they were changed."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202
# pyright: basic, reportArgumentType=false
import collections
import operator
import sys

import link_arrays

DICTS = frozenset((dict, collections.Counter, collections.OrderedDict, collections.defaultdict))
_CHANGEABLE = frozenset((list, set, bytearray, collections.deque)) | DICTS
_HOLDING = frozenset((list, tuple, collections.deque))  # of which every item is looked at


def _kinds():
    numpy = sys.modules.get("numpy")
    return _CHANGEABLE | {tuple} if numpy is None else _CHANGEABLE | {tuple, numpy.ndarray}


def walk(values):
    """Containers in a list, breadth first, and how often each is an item: each once, but for tuples.

    The order is the same in both processes, since a container is made anew there of the same items.
    """
    kinds = _kinds()
    found, places = [values], {}
    for each in found:
        kind = type(each)
        items = each if kind in _HOLDING else dict.values(each) if kind in DICTS else ()
        if not kinds.isdisjoint(map(type, items)):
            for item in items:
                if type(item) in kinds and (type(item) in _CHANGEABLE or _is_whole(item)):
                    if id(item) not in places or type(item) is tuple:
                        found.append(item)
                    places[id(item)] = places.get(id(item), 0) + 1
    del found[0]
    return found, places


def is_changeable(value):
    """Whether a value is data that can be changed."""
    return type(value) in _CHANGEABLE or link_arrays.is_data(value)


def _is_whole(value):
    return type(value) is tuple or link_arrays.is_data(value)


def changeable(found):
    """Those of what ``walk`` found that can be changed."""
    return [each for each in found if type(each) is not tuple]


def _excess(found, places):
    """By how much more each container is referred to than these places say."""
    return [sys.getrefcount(each) - places[id(each)] for each in found]


_BOX = [[]]  # in whose list nothing else has a part
_USUAL_EXCESS = _excess(*walk(_BOX))[0]


def held(box, apart=()):
    """Containers in a list that something else holds, too, and all that is in them; ``apart`` from these themselves."""
    found, places = walk(box)
    excess = _excess(found, places)
    others = [each for each, more in zip(found, excess, strict=True) if more > _USUAL_EXCESS]
    if apart:
        others = [each for each in others if not any(each is other for other in apart)]
    return changeable(walk(others)[0]) if others else others


def state(value):
    """What tells whether a container was changed: its very items."""
    kind = type(value)
    if kind is bytearray:
        return bytes(value)
    if kind in DICTS:
        return [*dict.keys(value), *dict.values(value)]
    return list(value) if kind in _CHANGEABLE else link_arrays.state(value)


def is_same(one, other):
    """Whether two states are of a container that was not changed between them."""
    if type(one) is not list:
        return one == other
    return len(one) == len(other) and all(map(operator.is_, one, other))
