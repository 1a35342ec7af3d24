"""One thread of each process, which are partners: what the one asks is carried out by the other.

A handler of signals may end the wait for an answer. The request then stays open for the other side, whose answer comes
after the one to a later request, or among its requests. So each request has a number within its lane, which its
answer names.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# pyright: basic
import _thread
import collections

ANSWERS = ("value", "raise", "cannot")
ASIDE = "aside"  # what precedes a request of a thread that learns (``link_learning.py``)
END = "end"  # of the thread that has this lane
MOST_WAITING = 16  # messages; more than one only where handlers of signals end waits


class Lane:
    """One thread of each process.

    Attributes:
        number: 0 for the first threads; above for further threads of the tests, below for those of the solution.
        asked: by number, requests that wait for their answer: the containers in the arguments, and what objects in
            the answer may say.
        left: the same of those that nobody waits for any more.
        is_aside: whether this thread learns what was told of shared containers, or serves one that does.
    """

    __slots__ = ("_arrived", "_early", "_is_closed", "_last", "_messages", "asked", "is_aside", "left", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.asked: dict[int, tuple] = {}
        self.left: dict[int, tuple] = {}
        self.is_aside = False
        self._last = 0
        self._early: dict[int, tuple] = {}  # answers to requests that wait while a later one does
        self._messages: collections.deque[tuple] = collections.deque()
        self._is_closed = False
        self._arrived = _thread.allocate_lock()
        self._arrived.acquire()

    def ask(self, given: list | tuple, standing: int) -> int:
        """The number of a new request."""
        self._last += 1
        self.asked[self._last] = (given, standing)
        return self._last

    def leave(self, number: int) -> None:
        """Wait for the answer to a request no more."""
        if number in self.asked:
            self.left[number] = self.asked[number]  # before it is no other, since another thread may look
            del self.asked[number]
            if self._early.pop(number, None) is not None:
                del self.left[number]

    def of_request(self, number: int) -> tuple | None:
        """What was noted of a request that has no answer yet; None where there is no such request."""
        return self.asked.get(number) or self.left.get(number)

    def early(self, number: int) -> tuple | None:
        """The answer to a request, where it came while a later one waited."""
        if number not in self._early:
            return None
        del self.asked[number]
        return self._early.pop(number)

    def is_unasked(self, message: tuple) -> bool:
        """Whether a message answers what was not asked."""
        return message[1] in ANSWERS and self.of_request(message[0]) is None

    def sort(self, message: tuple, number: int) -> tuple | None:
        """The message, if it is a request or the answer to the request of this number; others are kept or dropped."""
        answered = message[0]
        if message[1] not in ANSWERS:
            return message
        if answered not in self.asked:
            self.left.pop(answered, None)
            return None
        if answered != number:
            self._early[answered] = message
            return None
        del self.asked[answered]
        return message

    def put(self, message: tuple) -> bool:
        """Hand over a message; returns False where nobody awaits it."""
        if self.is_unasked(message) or len(self._messages) >= MOST_WAITING:
            return False
        self._messages.append(message)
        self._wake()
        return True

    def take(self) -> tuple | None:
        """Wait for a message; None where none will come."""
        while not (self._messages or self._is_closed):
            self._arrived.acquire()
        return self._messages.popleft() if self._messages else None

    def put_back(self, message: tuple) -> None:
        """Leave a message that was taken for when the thread takes one again."""
        self._messages.appendleft(message)

    def close(self) -> None:
        """Wake whoever waits."""
        self._is_closed = True
        self._wake()

    def _wake(self) -> None:
        if self._arrived.locked():  # by the one who waits; only the reader releases it
            self._arrived.release()


class Held:
    """What a thread holds as long as it lives: its lane, which it leaves to ``ended`` when it ends."""

    __slots__ = ("ended", "lane")

    def __init__(self, lane: Lane, ended: collections.deque) -> None:
        self.lane = lane
        self.ended = ended

    def __del__(self) -> None:
        self.ended.append(self.lane)
