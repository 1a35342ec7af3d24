"""One thread of each process, which are partners: what the one asks is carried out by the other."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# pyright: basic
import _thread
import collections

ANSWERS = ("value", "raise", "cannot")


class Lane:
    """One thread of each process. A message is sent on it once the one before was answered, so that one at most waits.

    Attributes:
        number: 0 for the first threads; above for further threads of the tests, below for those of the solution.
        expects: of each request that is not answered, the containers in its arguments and what objects in the
            answer may say.
        owed: answers that will come and nobody waits for any more.
    """

    __slots__ = ("_arrived", "_message", "expects", "number", "owed")

    def __init__(self, number: int) -> None:
        self.number = number
        self.expects: list[tuple] = []
        self.owed = 0
        self._message: tuple | None = None
        self._arrived = _thread.allocate_lock()
        self._arrived.acquire()

    def put(self, message: tuple) -> bool:
        """Hand over a message; returns False where nobody awaits it."""
        if self._message is not None or (message[0] in ANSWERS and not self.expects and not self.owed):
            return False
        self._message = message
        self._arrived.release()
        return True

    def take(self) -> tuple | None:
        """Wait for a message; None where none will come."""
        self._arrived.acquire()
        message, self._message = self._message, None
        return message

    def is_owed(self, message: tuple) -> bool:
        """Whether a message answers what nobody waits for any more."""
        is_late = self.owed > 0 and message[0] in ANSWERS
        self.owed -= is_late
        return is_late

    def close(self) -> None:
        """Wake whoever waits."""
        if self._arrived.locked():
            self._arrived.release()


class Held:
    """What a thread holds as long as it lives: its lane, which it leaves to ``ended`` when it ends."""

    __slots__ = ("ended", "lane")

    def __init__(self, lane: Lane, ended: collections.deque) -> None:
        self.lane = lane
        self.ended = ended

    def __del__(self) -> None:
        self.ended.append(self.lane)
