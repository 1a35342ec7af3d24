"""Exchanges requests and answers over one socket: both ends ask, and serve the other's requests while they wait."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN002, ANN201, BLE001
# pyright: basic, reportArgumentType=false, reportGeneralTypeIssues=false
from collections.abc import Callable

import link_frames
import link_kinds
import link_serving
import seal
import stops
from link_errors import origin
from link_failures import PartnerGone, Unsendable
from link_lane import ANSWERS, ASIDE, END
from link_lanes import Lanes
from link_standing import DATA, Refused, Undecided
from link_underneath import RUNNING
from link_values import Values
from seal import Seal, Watch


class Exchange:
    """One end of the socket, as far as requests of any kind go.

    Args:
        fd: the socket.
        loads: reads a message's bytes.
        is_tests: whether this is the trusted end.
        lookup: on the solution's side, fetches a name that the tests ask for.

    Attributes:
        is_tests: whether this is the trusted end.
        gone: why nothing more comes from the other side; None as long as it lives.
        calls: requests made.
        uses: those of them that use what the solution defines; to ask for a name is no use of it.
        runs: those of them that may have run code of the solution.
        undecided: what the tests asked that cannot be answered here, or "".
        is_refused: whether the tests got an object where data was expected.
        unsure: why a failure from now on may be the doing of this link, or "".
        stale: why what both processes hold is not equal any more, so that nothing more can be asked, or "".
        stops_meant: whether the tests say that something raises StopIteration.
        marks: of what crosses, where objects of the solution's own say what they equal; else None.
        on_wait: told when this process begins to wait for the other, and when it ends to.
    """

    def __init__(
        self,
        fd: int,
        loads: Callable[[bytes], object],
        *,
        is_tests: bool,
        lookup: Callable[[str], object] | None = None,
    ) -> None:
        self.fd = fd
        self.loads = loads
        self.is_tests = is_tests
        self.values = Values(self)
        self.serving = link_serving.Serving(self.values, is_tests=is_tests, lookup=lookup)
        self.gone: PartnerGone | None = None
        self.calls = self.uses = self.runs = 0
        self.undecided = self.unsure = self.stale = ""
        self.is_refused = False
        self.stops_meant = True
        self.marks: Seal | Watch | None = None
        self.on_wait: Callable[[bool], None] = lambda waiting: None
        self.lanes = Lanes(self)

    def give_up(self, why: str):
        """Say that the tests cannot be judged here.

        Raises:
            Undecided: always.
        """
        self.undecided = self.undecided or why
        raise Undecided(why)

    def refuse(self, why: str):
        """Say that the tests got an object where data was expected.

        Raises:
            Refused: always.
        """
        self.is_refused = True
        raise Refused(why)

    def lose(self, why: str):
        """Take the other side for gone, since what it sends has no meaning.

        Raises:
            PartnerGone: always.
        """
        self.gone = PartnerGone(why)
        raise self.gone from None

    def send(self, number: int, *message: object, lane: int | None = None) -> None:
        """Write one message.

        Args:
            number: of the request that it is, or that it answers, within its lane.
            message: its kind, and what belongs to it.
            lane: by default that of the running thread.

        Raises:
            Unsendable: where it is too large or nested too deeply; nothing was written.
        """
        is_aside = False
        if self.lanes.is_named() and lane is None:
            here = self.lanes.here()
            self.lanes.learning.catch_up(here)
            lane, is_aside = here.number, here.is_aside
        with self.lanes.sending:
            with self.lanes.books:
                told = self.values.shared.told() if not is_aside else None
            named = (number,) if lane is None else (lane, number)
            framed = link_frames.framed((*named, *message, told), is_bounded=self.is_tests)
            if self.marks is not None:
                framed = link_frames.marked(framed, self.marks)
            try:
                link_frames.write(self.fd, framed)
            except PartnerGone as error:
                self.gone = error
                raise

    def read(self) -> tuple[int | None, tuple, object]:
        """Read one message: its lane, or None where it names none, what it says, and what of shared containers."""
        try:
            return link_frames.read(self.fd, self.loads, self.marks)
        except PartnerGone as error:
            self.gone = error
            raise

    def learn(self, told: object, given: list | tuple, standing: int) -> None:
        """Do what a message tells of shared containers; ``given``: those given to the call that it answers."""
        try:
            self._read(self.values.shared.read, (told, given, standing))
        except Undecided as error:
            self.stale = self.stale or str(error)

    def ask(self, *request: object, standing: int = DATA, given: list | tuple = ()) -> object:
        """Send a request and serve the other side's until its answer comes.

        Args:
            request: its kind, and what belongs to it.
            standing: what the tests let objects in the answer say.
            given: the containers in a call's arguments.
        """
        if self.gone is not None:
            raise self.gone
        if self.lanes.is_reader():
            self.give_up("what came of one thread asks something before it is handed on")
        if self.stale:
            self.give_up(self.stale)
        self.calls += request[0] != "folder"
        self.uses += request[0] not in ("name", "seed", "folder")
        self.runs += request[0] in RUNNING
        lane = self.lanes.here()
        number = lane.ask(given, standing)
        try:
            try:
                self.send(number, *((ASIDE, *request) if lane.is_aside else request))
            except Unsendable as error:
                del lane.asked[number]
                self.give_up(str(error))
            while True:
                message = self.lanes.awaited(number)
                self.runs += request[0] in RUNNING  # also after what it may have called here
                if message[1] in ANSWERS:
                    break
                self.answer(message)
        except BaseException:  # of a handler of signals, too
            lane.leave(number)
            raise
        _, kind, *answer = message
        if kind == "value":
            return self._read(self.values.unpack, answer[:1], standing)
        if kind == "raise":
            is_meant = self.stops_meant or request[0] == "await" or request[:2] == ("op", "next")
            raise stops.as_error(self._read(self.values.errors.made, (answer,), self), is_meant)
        return self.give_up(str(answer)[:500])

    def _read(self, read: Callable[..., object], parts: tuple, *rest) -> object:
        """What parts of an answer mean; an answer without meaning is no answer."""
        try:
            return read(*parts, *rest)
        except Exception as error:
            if origin(error) is not None:
                raise
            self.lose(f"an answer has no meaning: {error}")

    def serve(self) -> None:
        """Answer requests until the other side is gone."""
        while (message := self.lanes.take())[1] != END:
            self.answer(message)

    def answer(self, message: tuple) -> None:
        """Carry out one request."""
        number, *request = message
        if request[0] == ASIDE:
            if len(request) == 1 or request[1] == ASIDE:
                self.lose("a request has no meaning")
            return self.lanes.aside(self.answer, (number, *request[1:]))
        try:
            reply = ("value", self._carried_out(request))
        except PartnerGone:
            raise
        except Unsendable as error:
            reply = ("cannot", str(error))
        except link_serving.Unserved as error:
            self.unsure = self.unsure or str(error)
            reply = ("raise", *self.values.errors.described(error))
        except BaseException as error:
            reply = self._raised(error)
        if self.stale and not self.is_tests:
            reply = ("cannot", self.stale)
        try:
            self.send(number, *reply)
        except (Undecided, Unsendable) as error:
            self.send(number, "cannot", str(error))

    def _carried_out(self, request: list) -> tuple:
        """What a request asks for, on a stack of its own where that is the solution's code."""
        if self.is_tests:
            return self.serving.carry_out(*request)
        return seal.apart(lambda: self.serving.carry_out(*request))

    def _raised(self, error: BaseException) -> tuple:
        if origin(error) is None and not self.is_tests and (why := link_kinds.is_of_link(error)):
            return ("cannot", why)
        try:
            return ("raise", *self.values.errors.described(error))
        except Unsendable as unsendable:
            return ("cannot", str(unsendable))
