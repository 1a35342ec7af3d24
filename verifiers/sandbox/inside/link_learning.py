"""Keeps what messages tell of containers that both processes hold until a thread that awaits something does it.

The thread that reads for all others makes no values: to put an object of the other side into a set asks for its hash.
Who asks that serves *aside* meanwhile, and so does the partner whose object it is: neither waits for what others learn,
nor tells anything. Else two sides that learn at one time would wait for each other.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001
# pyright: basic
import collections
import threading

from link_lane import Lane


class Learning:
    """What was told and is not done yet, in order.

    Args:
        learn: does what was told.
    """

    def __init__(self, learn) -> None:
        self._learn = learn
        self._told = collections.deque()
        self._turn = threading.RLock()
        self._is_under_way = False

    def hear(self, *told: object) -> None:
        """Take note of what was told."""
        self._told.append(told)

    def catch_up(self, lane: Lane) -> None:
        """Do what was told so far, or wait for the thread that does; nothing for a lane that is aside.

        Raises:
            PartnerGone: where it has no meaning.
        """
        if lane.is_aside or not (self._told or self._is_under_way):
            return
        with self._turn:
            lane.is_aside = self._is_under_way = True
            try:
                while self._told:
                    self._learn(*self._told.popleft())
            finally:
                lane.is_aside = self._is_under_way = False
