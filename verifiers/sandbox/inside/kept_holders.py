"""Asks a container of an answer's own whether it holds a prompt's object, and believes it where it does hold one.

Nothing but what is in a container makes such a claim true: its items, and those of the containers in it, as if it had
been a list of all of them. A container that says so of others, or says no of one that it has, is not believed.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN202, ANN204
# pyright: basic
import collections
import gc

from kept_data import ITEMS, PLAIN

ROOM = 10_000
"""Values that are looked through for one claim."""


class Holder:
    """Stands for a container of the answer's own where the tests ask whether something is in it.

    Args:
        kept: the ``kept_code.Kept`` of the solution.
        container: whose class is the answer's through and through.
    """

    def __init__(self, kept, container):
        self._kept, self._container = kept, container

    def __contains__(self, value):
        why = self._kept.compared.doubt([self._container, value])
        is_held = bool(why) and self._is_held(value)
        is_said = value in self._container
        if why and is_held is not is_said:
            self._kept.tell(why)
        return is_said

    def _is_held(self, value):
        """Whether something in the container equals a value; None where that is not known."""
        compared = self._kept.compared
        left, seen = collections.deque([self._container]), set()
        while left:
            each = left.popleft()
            kind = type(each)
            if id(kind) in PLAIN or id(each) in seen:
                continue
            if len(seen) >= ROOM:
                return None
            seen.add(id(each))
            if kind is type(value):
                if compared.doubt([each, value]):
                    return None
                if each == value:
                    return True
            elif id(kind) in ITEMS or kind is collections.deque or compared.is_own(kind):
                left.extend([*each, *each.values()] if kind is dict else gc.get_referents(each))
        return False
