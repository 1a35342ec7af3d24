"""Slots: how many samples are asked of a teacher at once, first come first served.

The very first requests are few, ask for one sample each and share three prompts, so that the shortest of their answers
comes back within seconds: a CPU teacher shares its speed among all that is in flight, reads a prompt hardly faster than
it writes, and replies to a request when the longest of its samples is done. The rest of what they owe waits beside
them, not behind their answers, which would leave the teacher with a few stragglers at the end. Once one is answered, or
after ``HEAD_START_SECONDS``, the size is the recipe's ``in_flight``, halved whenever the teacher says that it is busy
and grown again by every answered sample.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

FIRST_SLOTS = 6
"""FBGEMM multiplies up to six rows in one pass over the weights: six answers come nearly as fast as one (5.3 and 7.5
tokens a second each), eight do not (3.3). The shortest of six is what is waited for: nothing tells it beforehand."""

FIRST_OF_A_PROMPT = 2
"""So many of them answer one prompt, which is read once. Reading six prompts of 120 tokens took such a teacher 7 s."""

HEAD_START_SECONDS = 25.0
"""After which the rest of a teacher's speed is not waited with any longer: all of the answers can be long ones."""


class Slots:
    """A FIFO semaphore by weight, whose size adapts between 1 and ``most``."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = min(FIRST_SLOTS, most)
        self._ceiling = most  # what the first answer opens up to
        self._is_open = False
        self._to_split = self._size  # samples that are still to be asked for by themselves
        self._head_start: asyncio.TimerHandle | None = None
        self._in_use = 0
        self._waiting: deque[tuple[int, asyncio.Future[int]]] = deque()

    @property
    def in_use(self) -> int:
        """Samples in flight now."""
        return self._in_use

    @property
    def size(self) -> int:
        """Samples that may be in flight now."""
        return self._size

    def portions(self, n: int) -> list[int]:
        """How many samples to ask for in each request where ``n`` are owed: the first few each by itself."""
        singles = 0 if self._is_open else min(n, self._to_split, FIRST_OF_A_PROMPT)
        self._to_split -= singles
        return [1] * singles + ([n - singles] if n > singles else [])

    @asynccontextmanager
    async def take(self, n: int) -> AsyncGenerator[int]:
        """Hold slots for up to ``n`` samples for the length of the block; gives how many, at least 1."""
        if not self._may_go(n):
            turn: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            self._waiting.append((n, turn))
            try:
                granted = await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._give_back(turn.result())
                elif (n, turn) in self._waiting:
                    self._waiting.remove((n, turn))
                    self._admit()
                raise
        else:
            granted = self._grant(n)
        try:
            yield granted
        finally:
            self._give_back(granted)

    def answered(self, n: int) -> None:
        """The teacher answered ``n`` samples: room for more."""
        if self._is_open:
            self._size = min(self._most, self._size + n)
            self._admit()
        else:
            self._open()

    def refused(self) -> None:
        """The teacher is busy: ask for half as much."""
        self._size = self._ceiling = max(1, self._size // 2)

    def _may_go(self, n: int) -> bool:
        """Whether it need not wait. Before the first answer one sample passes by what waits for more."""
        return self._fits(n) and (not self._waiting or (n == 1 and not self._is_open))

    def _fits(self, n: int) -> bool:
        if n > 1 and not self._is_open and self._in_use:
            return False  # it would be cut to one, and its rest come last
        return self._in_use + self._share(n) <= self._size

    def _share(self, n: int) -> int:
        return min(n, self._size) if self._is_open else 1

    def _grant(self, n: int) -> int:
        granted = self._share(n)
        self._in_use += granted
        if not self._is_open and self._head_start is None:
            self._head_start = asyncio.get_running_loop().call_later(HEAD_START_SECONDS, self._open)
        return granted

    def _open(self) -> None:
        """The first few have had their head start: ask for all that may be asked for."""
        if self._head_start is not None:
            self._head_start.cancel()
        if not self._is_open:
            self._is_open = True
            self._size = self._ceiling
            self._admit()

    def _give_back(self, granted: int) -> None:
        self._in_use -= granted
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
            turn.set_result(self._grant(n))
