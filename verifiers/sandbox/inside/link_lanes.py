"""Lets several threads of either process talk over one link at a time: each has a lane, and its partner there a thread.

As long as both processes have one thread each, messages name no lane and are read where they are awaited. A process
that has more names the lane of each message from then on, and both read in a thread of its own that hands messages on.
What a thread asks is carried out by the other side's thread of that lane, so that it may wait for what another thread
will do, and locks know who holds them.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002
# pyright: basic, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
import _thread
import sys
import threading
from contextlib import suppress

from link_standing import DATA, Undecided
from link_values import PartnerGone

MAX_LANES = 64  # as many as a process may have threads
ANSWERS = ("value", "raise", "cannot")


class Lane:
    """One thread of each process. A message is sent on it once the one before was answered, so that one at most waits.

    Attributes:
        number: 0 for the first threads; above for further threads of the tests, below for those of the solution.
        expects: of each request that is not answered, the containers in its arguments and what objects in the
            answer may say.
    """

    __slots__ = ("_arrived", "_message", "expects", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.expects: list[tuple] = []
        self._message: tuple | None = None
        self._arrived = _thread.allocate_lock()
        self._arrived.acquire()

    def put(self, message: tuple) -> bool:
        """Hand over a message; returns False where nobody awaits it."""
        if self._message is not None or (message[0] in ANSWERS and not self.expects):
            return False
        self._message = message
        self._arrived.release()
        return True

    def take(self) -> tuple | None:
        """Wait for a message; None where none will come."""
        self._arrived.acquire()
        message, self._message = self._message, None
        return message

    def close(self) -> None:
        """Wake whoever waits."""
        if self._arrived.locked():
            self._arrived.release()


class Lanes:
    """The lanes of one end of a link.

    Args:
        link: the end; made in the process's first thread.
    """

    def __init__(self, link) -> None:
        self.are_several = False
        self.sending = threading.RLock()  # one message at a time
        self.books = threading.RLock()  # held for short, never while something is sent or awaited
        self.waiting = 0  # threads of this process that wait for an answer
        self._link = link
        self._sign = 1 if link.is_tests else -1
        self._reading = threading.RLock()
        self._first = threading.get_ident()
        self._reader = 0
        self._by_number = {0: Lane(0)}
        self._by_thread = {self._first: self._by_number[0]}

    def here(self) -> Lane:
        """The lane of the running thread."""
        return self._by_thread.get(threading.get_ident()) or self._opened()

    def is_named(self) -> bool:
        """Whether messages name their lane: from when this process, or the other, has more than one thread."""
        if not self.are_several and (len(threading._active) > 1 or threading.get_ident() != self._first):
            self._begin()
        return self.are_several

    def awaited(self) -> tuple:
        """The next message for the running thread, which waits for an answer.

        Raises:
            PartnerGone: where none will come.
        """
        if self.are_several:
            self._waits(1)
        else:
            self.waiting = 1
            self._link.on_wait(True)
        message = self.take()
        self._waits(-1)
        return message

    def _waits(self, change: int) -> None:
        with self.books:
            self.waiting += change
            self._link.on_wait(self.waiting > 0)

    def take(self) -> tuple:
        """The next message for the running thread.

        Raises:
            PartnerGone: where none will come.
        """
        lane = self.here()
        while not self.are_several:
            with self._reading:
                if self.are_several:
                    break
                number, message, told = self._link.read()
                if number is None and not self.are_several:
                    if told is not None:
                        self._learn(lane, message, told)
                    return message
                self._begin()
                self._deliver(number or 0, message, told)
        if threading.get_ident() == self._reader:
            self._link.give_up("what came of one thread asks something before it is handed on")
        message = lane.take()
        if message is None:
            raise self._link.gone or PartnerGone("the other process has ended")
        return message

    def _begin(self) -> None:
        with self.books:
            if not self.are_several and not self._start(self._read):
                self._link.give_up(self._link.undecided)
            self.are_several = True

    def _start(self, work, *arguments) -> bool:
        """Start a thread that is none of the tests' or the solution's own; returns whether there was one left."""
        try:
            _thread.start_new_thread(work, arguments)
        except RuntimeError:
            self._link.undecided = self._link.undecided or "tests and solution have more threads than can run here"
            return False
        return True

    def _read(self) -> None:
        """Hand on what is read until nothing comes any more."""
        self._reader = threading.get_ident()
        try:
            while self._link.gone is None:
                with self._reading:
                    number, message, told = self._link.read()
                    self._deliver(number or 0, message, told)
        except PartnerGone:
            pass
        finally:
            self._link.gone = self._link.gone or PartnerGone("the other process has ended")
            with self.books:
                for lane in self._by_number.values():
                    lane.close()

    def _deliver(self, number: int, message: tuple, told: object) -> None:
        lane = self._by_number.get(number) or self._hired(number)
        if lane is None:
            return
        try:
            with self.books:
                if told is not None:
                    self._learn(lane, message, told)
        except Undecided:  # the link has noted it
            pass
        if not lane.put(message):
            self._link.lose("the other process sent what nobody awaits")

    def _learn(self, lane: Lane, message: tuple, told: object) -> None:
        given, standing = lane.expects[-1] if lane.expects else ((), DATA)
        self._link.learn(told, given if message[0] in ("value", "raise") else (), standing)

    def _hired(self, number: int) -> Lane | None:
        """A lane of the other side's, with a thread that serves it."""
        if type(number) is not int or number * self._sign >= 0 or abs(number) > MAX_LANES:
            self._link.lose("the other process has too many threads")
        lane = Lane(number)
        if not self._start(self._serve, lane):
            self._link.send(("cannot", self._link.undecided), number)
            return None
        with self.books:
            self._by_number[number] = lane
        return lane

    def _serve(self, lane: Lane) -> None:
        self._by_thread[threading.get_ident()] = lane
        with suppress(PartnerGone):
            self._link.serve()

    def _opened(self) -> Lane:
        """A lane for a thread that has none; that of one that has ended, where there is one."""
        with self.books:
            alive = sys._current_frames()
            for thread, lane in list(self._by_thread.items()):
                if thread not in alive and lane.number * self._sign > 0 and not lane.expects:
                    del self._by_thread[thread]
                    break
            else:
                lane = Lane(self._sign * (1 + sum(each * self._sign > 0 for each in self._by_number)))
                self._by_number[lane.number] = lane
            self._by_thread[threading.get_ident()] = lane
            return lane
