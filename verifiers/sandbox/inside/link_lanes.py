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
import collections
import threading
from contextlib import suppress

from link_failures import PartnerGone
from link_lane import ASIDE, END, Held, Lane
from link_learning import Learning
from link_standing import DATA

MAX_LANES = 64  # as many as a process may have threads


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
        self._is_full = False
        self.learning = Learning(link.learn)
        self._by_number = {0: Lane(0)}
        self._own = threading.local()  # the system gives the number of a thread that has ended to another
        self._ended: collections.deque[Lane] = collections.deque()
        self._hold(self._by_number[0])

    def _hold(self, lane: Lane) -> None:
        self._own.held = Held(lane, self._ended)

    def here(self) -> Lane:
        """The lane of the running thread."""
        held = getattr(self._own, "held", None)
        return held.lane if held is not None else self._opened()

    def is_reader(self) -> bool:
        """Whether the running thread reads for the others, so that nothing that it asks could be answered."""
        return threading.get_ident() == self._reader

    def aside(self, serve, request) -> None:
        """Serve a thread that learns: what is told waits, and so does what there is to tell."""
        lane = self.here()
        before, lane.is_aside = lane.is_aside, True
        try:
            serve(request)
        finally:
            lane.is_aside = before

    def begin(self) -> None:
        """Name lanes from now on, since there will be threads."""
        if not self.are_several:
            self._begin()

    def is_named(self) -> bool:
        """Whether messages name their lane: from when this process, or the other, has more than one thread.

        One that has only just been started is in ``_limbo``.
        """
        if not (self.are_several or self._is_full) and (
            threading._limbo or len(threading._active) > 1 or threading.get_ident() != self._first
        ):
            self._begin()
        return self.are_several

    def awaited(self, number: int) -> tuple:
        """As ``take``, while this process waits for the other.

        Raises:
            PartnerGone: where none will come.
        """
        if self.are_several:
            self._waits(1)
        else:
            self.waiting = 1
            self._link.on_wait(True)
        try:
            return self.take(number)
        finally:
            self._waits(-1)

    def _waits(self, change: int) -> None:
        with self.books:
            self.waiting += change
            self._link.on_wait(self.waiting > 0)

    def take(self, number: int = 0) -> tuple:
        """The next request for the running thread, or the answer to its request of this number.

        Raises:
            PartnerGone: where none will come.
        """
        lane = self.here()
        message = lane.early(number)
        while message is None:
            arrived = self._next(lane)
            if lane.is_unasked(arrived):
                self._link.lose("the other process answers what was not asked")
            message = lane.sort(arrived, number)
        return message

    def _next(self, lane: Lane) -> tuple:
        """The next message on the lane of the running thread, which knows then what was told before it."""
        while not self.are_several:
            with self._reading:
                if self.are_several:
                    break
                number, message, told = self._link.read()
                if number is None and not self.are_several:
                    if told is not None:
                        self._link.learn(*self._news(lane, message, told))
                    return message
                self._begin()
                self._deliver(number or 0, message, told)
        message = lane.take()
        if message is None:
            raise self._link.gone or PartnerGone("the other process has ended")
        if message[1] != ASIDE:
            try:
                self.learning.catch_up(lane)
            except BaseException:  # of a handler of signals
                lane.put_back(message)
                raise
        return message

    def _begin(self) -> None:
        with self.books:
            if not self.are_several and not self._start(self._read):
                self._is_full = True  # what is said of that names no lane
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
            self._link.send(message[0], "cannot", self._link.undecided, lane=number)
            return
        if told is not None:
            self.learning.hear(*self._news(lane, message, told))
        if message[1] == END and number * self._sign < 0:
            with self.books:
                self._by_number.pop(lane.number, None)
        if not lane.put(message):
            self._link.lose("the other process sent what nobody awaits")

    def _news(self, lane: Lane, message: tuple, told: object) -> tuple:
        """What a message tells of shared containers, with those that were given to the call that it answers."""
        given, standing = lane.of_request(message[0]) or ((), DATA)
        return told, given if message[1] in ("value", "raise") else (), standing

    def _hired(self, number: int) -> Lane | None:
        """A lane of the other side's, with a thread that serves it; None where there are no threads left."""
        if type(number) is not int or number * self._sign >= 0 or abs(number) > MAX_LANES:
            self._link.lose("the other process has too many threads")
        lane = Lane(number)
        if not self._start(self._serve, lane):
            return None
        with self.books:
            self._by_number[number] = lane
        return lane

    def _serve(self, lane: Lane) -> None:
        self._own.held = Held(lane, collections.deque())
        with suppress(PartnerGone):
            self._link.serve()

    def _opened(self) -> Lane:
        """A lane for a thread that has none. The partners of threads that have ended are ended before."""
        with self.sending:  # nothing is sent on a number before the end of what had it
            while self._ended:
                self._leave(self._ended.popleft())
            with self.books:
                number = self._sign
                while number in self._by_number:
                    number += self._sign
                lane = self._by_number[number] = Lane(number)
        self._hold(lane)
        return lane

    def _leave(self, lane: Lane) -> None:
        if lane.number and not lane.left and self._link.gone is None:
            with self.books:
                self._by_number.pop(lane.number, None)
            self._link.send(0, END, lane=lane.number)
