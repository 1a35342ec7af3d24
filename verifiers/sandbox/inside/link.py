"""Joins a solution's process and its tests' process: calls and values cross, objects stay where they are.

Data crosses by value. An object of either side crosses as a number, and the other side holds a ``Proxy`` that
asks over the socket. Neither side unpickles. The tests' side reads with a reader of its own, gives the
solution no attribute that leads to frames, code or state, and never lets an object of the solution decide whether
it equals data (``link_standing.py``).
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# pyright: basic, reportArgumentType=false, reportOptionalMemberAccess=false
import time
from collections.abc import Callable

import link_awaited
import link_kinds
import link_methods
import tests_files
from link_copies import Reply
from link_exchange import Exchange
from link_failures import Unsendable
from link_proxies import Proxy, State, of
from link_standing import DATA, OBJECT, Standings
from link_streams import is_carried

MOST_HELD_SECONDS = 0.5  # what a name stands for, so that tests may wait for another value of it


class Link(Exchange):
    """One end of the socket, and what it asks of the other's objects.

    Args:
        fd: the socket.
        loads: reads a message's bytes.
        lookup: on the solution's side, fetches a name that the tests ask for.
        standings: on the tests' side, the trusted one, what they say of the names they ask for.

    Attributes:
        missed: the last name that the other side did not define, or "".
        misses: all of these.
        peeks: names whose answer tells the tests something: that there is none, or data.
        streams: on the tests' side, what they have put in the place of streams.
        asked: on the tests' side, what they reported of their assertions.
        are_files_the_solutions: whether they look at none themselves, so that a folder is made where the solution is.
    """

    def __init__(
        self,
        fd: int,
        loads: Callable[[bytes], object],
        *,
        lookup: Callable[[str], object] | None = None,
        standings: Standings | None = None,
    ) -> None:
        super().__init__(fd, loads, is_tests=standings is not None, lookup=lookup)
        self.standings = standings
        self.streams = None
        self.asked = None
        self.are_files_the_solutions = False
        self.missed = ""
        self.misses: set[str] = set()
        self.peeks = 0
        self._named: dict[str, tuple[int, float, object]] = {}  # what was fetched last, and for how long it is so

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
            answer = self.ask("name", name, self.standings.of(name) >= OBJECT)
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

    def awaitable(self, number: int, standing: int = DATA, answered: Callable | None = None) -> object:
        """What the running process may await of the other side; ``answered`` is given what it gives."""
        return (link_awaited.awaited if self.is_tests else link_awaited.Awaiting)(self, number, standing, answered)

    def take(self, state: State, count: int) -> list:
        """Up to so many items of an iterator; fewer where it has no more."""
        found = self.ask("take", state.number, count, standing=state.standing)
        return [*map(state.answered, found)] if type(found) is list and len(found) <= count else []

    def kind(self, number: int, read: Callable = link_kinds.made, *, of_itself: bool = False) -> object:
        """What is read of the type of the other side's object, or of a type of it: by default one that is like it."""
        return self._read(read, (self.ask("kind", number, of_itself),))

    def folder(self) -> str:
        """The path of a new folder: the solution's where the tests look at no file, else there is only theirs."""
        if not self.are_files_the_solutions:
            return tests_files.made()
        path = tests_files.new_path()
        self.ask("folder", path)
        return path

    def note_patch(self, target: object, name: object) -> None:
        """Take note that the tests put something in the place of an attribute."""
        if not is_carried(target, str(name)):
            self.unsure = f"the tests put something in the place of {name}, which the solution does not see"
