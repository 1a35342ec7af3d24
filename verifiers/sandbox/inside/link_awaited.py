"""Awaits what is the other process's: each time this side's loop has a turn, it is asked whether there is a result.

On the tests' side this is a coroutine. On the solution's side it is none, since the frames of coroutines are shown to
whatever runs beneath them (``unseen.py``).
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import collections.abc

from link_failures import noting_all
from unseen import Closed, opened

MOST_WAITED_SECONDS = 0.01  # by the other side's loop, before the own has a turn


class _Waiting:
    """What was asked of one awaitable of the other side."""

    def __init__(self, link, number, standing, answered):
        self._link, self._number, self._standing, self._answered = link, number, standing, answered
        self._seconds = 0.0

    def ask(self):
        """A list with the result, once there is one."""
        link = self._link
        found = link.ask("await", self._number, self._seconds, standing=self._standing)
        if type(found) is not tuple or len(found) != 3:
            link.lose("a reply has no meaning")
        is_done, are_others_left, value = found
        if are_others_left and link.is_tests:
            link.unsure = link.unsure or "tasks of the solution run on only while the tests await something of it"
        self._seconds = min(MOST_WAITED_SECONDS, self._seconds + 0.001)
        if is_done:
            return [value if self._answered is None else self._answered(value)]
        return []

    def cancel(self):
        """Await it no more."""
        self._link.ask("cancel", self._number)


async def awaited(link, number, standing, answered):
    """What an awaitable of the solution gives; other tasks of the tests run meanwhile."""
    import asyncio

    waiting = _Waiting(link, number, standing, answered)
    while not (found := waiting.ask()):
        try:
            await asyncio.sleep(0)
        except BaseException:
            waiting.cancel()
            raise
    return found[0]


@noting_all
class Awaiting(collections.abc.Coroutine):
    """What an awaitable of the tests gives; other tasks of the solution run meanwhile."""

    __slots__ = ("_stillroom_waiting_",)

    def __init__(self, link, number, standing, answered):
        self._stillroom_waiting_ = Closed(_Waiting(link, number, standing, answered))

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return self.send(None)

    def send(self, _):
        """Have the loop go on, or end with what there is."""
        found = opened(self._stillroom_waiting_).ask()
        if found:
            raise StopIteration(found[0])

    def throw(self, kind, value=None, trace=None):
        """End by an exception: the loop's, where what awaits this is cancelled."""
        opened(self._stillroom_waiting_).cancel()
        raise kind if value is None else value

    def close(self):
        """Nothing waits here."""
