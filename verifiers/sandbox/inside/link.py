"""Joins a solution's process and its tests' process: calls and values cross, objects stay where they are.

Data crosses by value. An object of either side crosses as a number, and the other side holds a ``Proxy`` that
asks over the socket. Neither side unpickles. The tests' side reads with a reader of its own, gives the
solution no attribute that leads to frames, code or state, and never lets an object of the solution decide whether
it equals data (``link_standing.py``).
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN002, ANN201, BLE001
# pyright: basic, reportArgumentType=false, reportOptionalMemberAccess=false, reportReturnType=false, reportGeneralTypeIssues=false
import time
from collections.abc import Callable

import link_frames
import link_kinds
import link_methods
import link_serving
import stops
from link_copies import Reply
from link_errors import origin
from link_failures import PartnerGone, Unsendable
from link_lanes import END, Lanes
from link_proxies import Proxy, State, of
from link_standing import DATA, Refused, Standings, Undecided
from link_streams import is_carried
from link_underneath import RUNNING
from link_values import Values

MOST_HELD_SECONDS = 0.5  # what a name stands for, so that tests may wait for another value of it
MOST_WAITED_SECONDS = 0.01  # by the solution's loop, before the tests' own has a turn


class Link:
    """One end of the socket.

    Args:
        fd: the socket.
        loads: reads a message's bytes.
        lookup: on the solution's side, fetches a name that the tests ask for.
        standings: on the tests' side, the trusted one, what they say of the names they ask for.

    Attributes:
        is_tests: whether this is the trusted end.
        gone: why nothing more comes from the other side; None as long as it lives.
        calls: requests made.
        uses: those of them that use what the solution defines; to ask for a name is no use of it.
        runs: those of them that may have run code of the solution.
        undecided: what the tests asked that cannot be answered here, or "".
        is_refused: whether the tests got an object where data was expected.
        missed: the last name that the other side did not define, or "".
        misses: all of these.
        peeks: names whose answer tells the tests something: that there is none, or data.
        asked: on the tests' side, what they reported of their assertions.
        unsure: why a failure from now on may be the doing of this link, or "".
    """

    def __init__(
        self,
        fd: int,
        loads: Callable[[bytes], object],
        *,
        lookup: Callable[[str], object] | None = None,
        standings: Standings | None = None,
    ) -> None:
        self.fd = fd
        self.loads = loads
        self.is_tests = standings is not None
        self.standings = standings
        self.values = Values(self)
        self.serving = link_serving.Serving(self.values, is_tests=self.is_tests, lookup=lookup)
        self.streams = None
        self.asked = None
        self.gone: PartnerGone | None = None
        self.calls = self.uses = self.runs = 0
        self.undecided = self.unsure = ""
        self.is_refused = False
        self.stops_meant = True
        self.missed = ""
        self.misses: set[str] = set()
        self.peeks = 0
        self._named: dict[str, tuple[int, float, object]] = {}  # what was fetched last, and for how long it is so
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

    def send(self, message: tuple, lane: int | None = None) -> None:
        """Write one message, on the lane of the running thread or another.

        Raises:
            Unsendable: where it is too large or nested too deeply; nothing was written.
        """
        if self.lanes.is_named():
            if lane is None:
                self.lanes.learning.catch_up()
            message = (self.lanes.here().number if lane is None else lane, *message)
        with self.lanes.sending:
            with self.lanes.books:
                message = (*message, self.values.shared.told())
            framed = link_frames.framed(message, is_bounded=self.is_tests)
            try:
                link_frames.write(self.fd, framed)
            except PartnerGone as error:
                self.gone = error
                raise

    def read(self) -> tuple[int | None, tuple, object]:
        """Read one message: its lane, or None where it names none, what it says, and what of shared containers."""
        try:
            return link_frames.read(self.fd, self.loads)
        except PartnerGone as error:
            self.gone = error
            raise

    def learn(self, told: object, given: list | tuple, standing: int) -> None:
        """Do what a message tells of shared containers; ``given``: those given to the call that it answers."""
        self._read(self.values.shared.read, (told, given, standing))

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
        self.calls += 1
        self.uses += request[0] not in ("name", "seed")
        self.runs += request[0] in RUNNING
        lane = self.lanes.here()
        lane.expects.append((given, standing))
        try:
            try:
                self.send(request)
            except Unsendable as error:
                self.give_up(str(error))
            while True:
                message = self.lanes.awaited()
                if lane.is_owed(message):
                    continue
                self.runs += request[0] in RUNNING  # also after what it may have called here
                if message[0] == "value":
                    return self._read(self.values.unpack, message[1:2], standing)
                if message[0] == "raise":
                    is_meant = self.stops_meant or request[0] == "await" or request[:2] == ("op", "next")
                    raise stops.as_error(self._read(self.values.errors.made, (message[1:],), self), is_meant)
                if message[0] == "cannot":
                    self.give_up(str(message[1:])[:500])
                self.answer(message)
        finally:
            lane.expects.pop()

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
        while (message := self.lanes.take()) != (END,):
            self.answer(message)

    def answer(self, message: tuple) -> None:
        """Carry out one request."""
        try:
            reply = ("value", self.serving.carry_out(*message))
        except PartnerGone:
            raise
        except Unsendable as error:
            reply = ("cannot", str(error))
        except link_serving.Unserved as error:
            self.unsure = self.unsure or str(error)
            reply = ("raise", *self.values.errors.described(error))
        except BaseException as error:
            reply = self._raised(error)
        if self.lanes.learning.failed and not self.is_tests:
            reply = ("cannot", self.lanes.learning.failed)
        try:
            self.send(reply)
        except (Undecided, Unsendable) as error:
            self.send(("cannot", str(error)))

    def _raised(self, error: BaseException) -> tuple:
        if origin(error) is None and not self.is_tests and (why := link_kinds.is_of_link(error)):
            return ("cannot", why)
        try:
            return ("raise", *self.values.errors.described(error))
        except Unsendable as unsendable:
            return ("cannot", str(unsendable))

    def fetch(self, name: str) -> object:
        """What the other side defines under a name: the same until its code has run, or its threads had the time to.

        Raises:
            NameError: it does not define it; the name is noted.
        """
        now = time.monotonic()
        runs, until, found = self._named.get(name, (-1, now, None))
        if runs == self.runs and now < until:
            self.peeks += type(found) is not Proxy
            return found
        try:
            answer = self.ask("name", name)
        except NameError:
            self.missed = name
            self.misses.add(name)
            self.peeks += 1
            raise
        if type(answer) is not tuple or len(answer) != 2:
            self.lose("a reply has no meaning")
        found, is_callable = answer
        self.peeks += type(found) is not Proxy
        if type(found) is Proxy:
            of(found).is_callable = is_callable is True
            of(found).name = name
            of(found).standing = self.standings.of(name)
        self._named[name] = (self.runs, now + MOST_HELD_SECONDS, found)
        return found

    def call(self, state: State, arguments: tuple, keywords: dict) -> object:
        """Call an object of the other side; arguments that it changed in place are changed here too."""
        told = [*arguments, *keywords.values()]
        if link_methods.is_judge(state, told):
            link_methods.decline(state)
        containers = self.values.shared.given(told, are_shared=self.lanes.is_named())
        try:
            given = [self.values.pack(each) for each in arguments]
            named = [(name, self.values.pack(each)) for name, each in keywords.items()]
            surroundings = self.streams.told() if self.streams is not None else None
        except Unsendable as error:
            self.give_up(str(error))
        reply = self.ask("call", state.number, given, named, surroundings, standing=state.standing, given=containers)
        if type(reply) is not Reply or len(reply) != 2:
            self.lose("a reply has no meaning")
        result, heard = reply
        if self.streams is not None:
            self.streams.take(heard)
        return link_methods.believed(state, result, told)

    async def awaited(self, number: int, standing: int = DATA) -> object:
        """What an awaitable of the other side gives; other tasks of this side run meanwhile."""
        import asyncio

        seconds = 0.0
        while True:
            found = self.ask("await", number, seconds, standing=standing)
            if type(found) is not tuple or len(found) != 3:
                self.lose("a reply has no meaning")
            is_done, are_others_left, value = found
            if are_others_left:
                self.unsure = self.unsure or "tasks of the solution run on only while the tests await something of it"
            if is_done:
                return value
            try:
                await asyncio.sleep(0)
            except BaseException:
                self.ask("cancel", number)
                raise
            seconds = min(MOST_WAITED_SECONDS, seconds + 0.001)

    def take(self, state: State, count: int) -> list:
        """Up to so many items of an iterator; fewer where it has no more."""
        found = self.ask("take", state.number, count, standing=state.standing)
        return [*map(state.answered, found)] if type(found) is list and len(found) <= count else []

    def kind(self, number: int, read: Callable = link_kinds.made, *, of_itself: bool = False) -> object:
        """What is read of the type of the other side's object, or of a type of it: by default one that is like it."""
        return self._read(read, (self.ask("kind", number, of_itself),))

    def note_patch(self, target: object, name: object) -> None:
        """Take note that the tests put something in the place of an attribute."""
        if not is_carried(target, str(name)):
            self.unsure = f"the tests put something in the place of {name}, which the solution does not see"
