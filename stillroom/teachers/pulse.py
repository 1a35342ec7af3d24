"""Whether a server lives, asked of it while its answers are waited for.

An answer may take minutes on a CPU, so waiting long says nothing. A server that hangs, or a machine that is cut off,
keeps the connection open and never answers; one that is merely slow still says who it is (``/model_info`` runs no
generation). Any reply counts as a sign of life, and a slow one is given time: a core that computes serves late.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx2

from stillroom.errors import TeacherLost

BEAT_SECONDS = 15.0  # without a sign of life, after which it is asked for one
BEAT_WHEN_SILENT_SECONDS = 5.0
SILENT_SECONDS = 30.0  # without a reply to that, after which a server counts as silent


class Pulse:
    """Whether the server at one address lives, and who waits for it.

    Args:
        url: where.
        teacher_id: who.
        http: what it is asked with.
        patience_seconds: how long a silent server's answers are waited for.
        fell_silent: told once when it gives no sign of life any more.
        spoke: told once when it does again.

    Attributes:
        waiting: one token for each answer that is waited for.
        is_silent: whether it gave no sign of life when last asked.
    """

    def __init__(
        self,
        url: str,
        http: httpx2.AsyncClient,
        *,
        teacher_id: str,
        patience_seconds: float,
        fell_silent: Callable[[TeacherLost], None],
        spoke: Callable[[], None],
    ) -> None:
        self._url = url
        self._who = f"teacher {teacher_id} at {url}"
        self._http = http
        self._patience_seconds = patience_seconds
        self._fell_silent = fell_silent
        self._spoke = spoke
        self._beating: asyncio.Task[None] | None = None
        self._heard_at = 0.0
        self._silent_since = 0.0
        self.waiting: set[asyncio.Timeout] = set()
        self.is_silent = False

    @asynccontextmanager
    async def awaited(self) -> AsyncGenerator[None]:
        """Wait for an answer of the server in the block.

        Raises:
            TeacherLost: it was silent for longer than the patience.
        """
        if self._beating is None or self._beating.done():
            self._heard_at = time.monotonic()
            self._beating = asyncio.create_task(self._beat())
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self.waiting.add(limit)
                try:
                    yield
                finally:
                    self.waiting.discard(limit)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TeacherLost(f"{self._who} gave no sign of life for {self._patience_seconds:.0f} s") from error

    def heard(self) -> None:
        """The server replied, whatever it said."""
        self._heard_at = time.monotonic()
        if self.is_silent:
            self.is_silent = False
            self._spoke()

    async def close(self) -> None:
        """Ask no more."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)

    async def _beat(self) -> None:
        """Ask as long as somebody waits; a silent server also after that, so that it is used again once it lives."""
        while self.waiting or self.is_silent:
            quiet = time.monotonic() - self._heard_at
            await asyncio.sleep(BEAT_WHEN_SILENT_SECONDS if self.is_silent else max(0.0, BEAT_SECONDS - quiet))
            if self.is_silent or (self.waiting and time.monotonic() - self._heard_at >= BEAT_SECONDS):
                await self._ask()

    async def _ask(self) -> None:
        try:
            await self._http.get(f"{self._url}/model_info", timeout=SILENT_SECONDS)
        except httpx2.HTTPError as error:
            self._missed(error)
        else:
            self.heard()

    def _missed(self, error: httpx2.HTTPError) -> None:
        now = time.monotonic()
        if not self.is_silent:
            self.is_silent, self._silent_since = True, now
            said = f"{type(error).__name__} {error}".rstrip()
            self._fell_silent(TeacherLost(f"{self._who} gives no sign of life: {said}"))
        elif now - self._silent_since >= self._patience_seconds:
            for limit in self.waiting:
                if not limit.expired():
                    limit.reschedule(0.0)  # a moment that is past
