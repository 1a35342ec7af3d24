"""Keeps what messages tell of containers that both processes hold until a thread that awaits something does it.

The thread that reads for all others makes no values: to put an object of the other side into a set asks for its hash.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001
# pyright: basic
import collections
import threading
from _thread import get_ident

from link_standing import Undecided


class Learning:
    """What was told and is not done yet, in order.

    Args:
        learn: does what was told.

    Attributes:
        failed: why some of it could not be done, or "".
    """

    def __init__(self, learn) -> None:
        self.failed = ""
        self._learn = learn
        self._told = collections.deque()
        self._turn = threading.RLock()
        self._learner = 0

    def hear(self, *told: object) -> None:
        """Take note of what was told."""
        self._told.append(told)

    def catch_up(self) -> None:
        """Do what was told so far, or wait for the thread that does.

        Raises:
            PartnerGone: where it has no meaning.
        """
        if (not self._told and not self._learner) or self._learner == get_ident():
            return
        with self._turn:
            self._learner = get_ident()
            try:
                while self._told:
                    self._learn_next()
            finally:
                self._learner = 0

    def _learn_next(self) -> None:
        try:
            self._learn(*self._told.popleft())
        except Undecided as error:  # the link has noted it; the other side is told with the next answer
            self.failed = str(error)
