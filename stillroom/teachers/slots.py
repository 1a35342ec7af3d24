"""Slots: how many samples are asked of a teacher at once, first come first served.

The first few go alone, so that the first answers come back within seconds (a CPU teacher shares its speed
among all requests in flight). From the first answer on it is the recipe's ``in_flight``, halved whenever
the teacher says that it is busy and grown again by every answered sample.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

FIRST_SLOTS = 4


class Slots:
    """A FIFO semaphore by weight, whose size adapts between 1 and ``most``."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = min(FIRST_SLOTS, most)
        self._ceiling = most  # what the first answer opens up to
        self._has_answered = False
        self._in_use = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def in_use(self) -> int:
        """Samples in flight now."""
        return self._in_use

    @property
    def size(self) -> int:
        """Samples that may be in flight now."""
        return self._size

    @asynccontextmanager
    async def take(self, n: int) -> AsyncGenerator[None]:
        """Hold ``n`` slots for the length of the block; a request larger than all slots goes alone."""
        if self._waiting or not self._fits(n):
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append((n, turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._give_back(n)
                elif (n, turn) in self._waiting:
                    self._waiting.remove((n, turn))
                    self._admit()
                raise
        else:
            self._in_use += n
        try:
            yield
        finally:
            self._give_back(n)

    def answered(self, n: int) -> None:
        """The teacher answered ``n`` samples: room for more."""
        self._size = min(self._most, self._size + n) if self._has_answered else self._ceiling
        self._has_answered = True
        self._admit()

    def refused(self) -> None:
        """The teacher is busy: ask for half as much."""
        self._size = self._ceiling = max(1, self._size // 2)

    def _fits(self, n: int) -> bool:
        return self._in_use == 0 or self._in_use + n <= self._size

    def _give_back(self, n: int) -> None:
        self._in_use -= n
        self._admit()

    def _admit(self) -> None:
        while self._waiting:
            n, turn = self._waiting[0]
            if turn.cancelled():
                self._waiting.popleft()
                continue
            if not self._fits(n):
                return
            self._waiting.popleft()
            self._in_use += n
            turn.set_result(None)
