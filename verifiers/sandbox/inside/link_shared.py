"""Keeps equal what both processes hold of one list, dictionary or set: each message says what its sender has changed.

Data crosses by value. A container that the side which gave it still holds, or that the other side keeps of what it was
given, becomes *shared*: both know it under one number, and it is one object on each side, however often it crosses.
What is held by nothing else on one side any more is forgotten on both.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic, reportArgumentType=false
import sys
from _thread import get_ident

from link_containers import changeable, held, is_same, state, walk
from link_copies import replace
from link_standing import DATA

MAX_SHARED = 20_000  # containers at a time


class _Entry:
    """A shared container, its items when both sides last knew the same of it, and what objects in it may say."""

    __slots__ = ("before", "standing", "value")

    def __init__(self, value, standing):
        self.value = value
        self.standing = standing
        self.before = state(value)

    def is_changed(self):
        return not is_same(state(self.value), self.before)

    def references(self):
        return sys.getrefcount(self.value)


_ALONE = _Entry([], DATA).references()  # of a container that only its entry holds


class Shared:
    """The shared containers of one end of a link.

    Args:
        values: says and reads their items.
        sign: 1 or -1, so that no number is given by both ends.
    """

    def __init__(self, values, sign):
        self.keys = {}  # by identity
        self._values = values
        self._entries = {}
        self._sign = self._next = sign
        self._adopted = {}  # by the thread that answers a call
        self._used = set()  # numbers that the next message names
        self._stale = set()  # numbers of what the other side has as it was before a call

    def key_of(self, value):
        """The number of a shared container; None for other values."""
        key = self.keys.get(id(value))
        if key is not None:
            self._used.add(key)
        return key

    def value_of(self, key):
        """The container of this number, or None."""
        return self._entries[key].value if key in self._entries else None

    def add(self, value, standing=DATA, key=None):
        """Share a container from now on; returns its number, or None where too many are shared."""
        with self._values.link.lanes.books:
            if id(value) in self.keys:
                return self.keys[id(value)]
            if len(self._entries) >= MAX_SHARED:
                self._values.link.unsure = f"tests and solution hold more than {MAX_SHARED} containers together"
                return None
            if key is None:
                key = self._next
                self._next += self._sign
            self._forget(key)
            self._entries[key] = _Entry(value, standing)
            self.keys[id(value)] = key
            return key

    def share(self, box):
        """Share what else is held of the values in a list, which alone holds them otherwise, and as ``given``."""
        for each in held(box):
            self.add(each)
        self.given(box)

    def given(self, values, *, are_shared=False):
        """The containers in values that cross, in order; what is there in two places is shared, to stay one.

        All of them are where other threads may send them just now, each of which would make one of its own there.
        """
        found, places = walk(values)
        found = changeable(found)
        for each in found:
            if are_shared or places[id(each)] > 1:
                self.add(each)
        return found

    def taken(self, values):
        """The containers in arguments that were received, in order, with their states."""
        found = changeable(walk(values)[0])
        return found, [state(each) for each in found]

    def adopt(self, taken, result):
        """Share what a call has changed, keeps or returns of its arguments.

        Args:
            taken: as ``taken`` found them before it; nothing else but the call may hold them.
            result: a list with its result, or without one.
        """
        containers, states = taken
        if not containers:
            return
        changed = [not is_same(state(each), before) for each, before in zip(containers, states, strict=True)]
        states.clear()
        wanted = held([containers, result], (containers, result))
        wanted += [each for each, is_changed in zip(containers, changed, strict=True) if is_changed]
        kept = set(map(id, walk([*wanted, *result])[0]))
        pairs = []
        for position, each in enumerate(containers):
            if id(each) not in kept or id(each) in self.keys:
                continue
            key = self.add(each)
            if key is not None:
                pairs.append((position, key))
                self._used.add(key)
                if changed[position]:
                    self._stale.add(key)
        self._adopted[get_ident()] = (len(containers), pairs) if pairs else None

    def told(self):
        """What the next message tells the other side; None where there is nothing."""
        if not self._entries:
            return None
        changed, dropped = [], []
        for key, entry in list(self._entries.items()):
            if key in self._stale or entry.is_changed():
                changed.append(key)
            elif key not in self._used and entry.references() <= _ALONE:
                dropped.append(key)
                self._forget(key)
        changes = [(key, self._contents(self._entries[key])) for key in changed]
        adopted = self._adopted.pop(get_ident(), None)
        self._used.clear()
        self._stale.clear()
        return (adopted, changes, dropped) if adopted or changes or dropped else None

    def _contents(self, entry):
        for each in changeable(walk([entry.value])[0]):
            self.add(each, entry.standing)
        entry.before = state(entry.value)
        return self._values.contents_or_none(entry.value)

    def read(self, told, given, standing):
        """Do here what the other side has done.

        Args:
            told: as its ``told`` said it.
            given: the containers of the arguments that it answers.
            standing: what the tests let objects in them answer.
        """
        adopted, changes, dropped = told
        for key in dropped:
            self._forget(key)
        if adopted is not None:
            count, pairs = adopted
            if count != len(given):
                self._values.link.unsure = "arguments that crossed in another form than they had"
                pairs = []
            for position, key in pairs:
                if self.add(given[position], standing, key) != key:
                    self._note_threads()
        for key, packed in changes:
            entry = self._entries.get(key)
            if packed is None:
                self._values.link.stale = "what the solution and the tests both hold became too large to cross"
            elif entry is not None:
                contents = self._values.unpack(packed, entry.standing)
                with self._values.link.lanes.books:
                    if entry.is_changed():
                        self._note_threads()
                    replace(entry.value, contents)
                    entry.before = state(entry.value)
            else:
                self._note_threads()

    def _note_threads(self):
        """Take note of what has no order where several threads change one container."""
        link = self._values.link
        if link.lanes.are_several:
            link.unsure = link.unsure or "threads of the tests and of the solution change one container at a time"

    def _forget(self, key):
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.keys.pop(id(entry.value), None)
