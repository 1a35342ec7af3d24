"""Speaks SGLang's native ``/generate``: n samples a request, every sampling parameter sent explicitly."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

import httpx2
import msgspec
from tenacity import AsyncRetrying, retry_if_exception_type

from stillroom.errors import StillroomError, TeacherBusy, TeacherError, TeacherLost, TeacherMismatch, TeacherRefused
from stillroom.records import Completion, FinishReason, SamplingParams
from stillroom.teachers.http import open_client
from stillroom.teachers.identity import Identity
from stillroom.teachers.outage import Outage
from stillroom.teachers.patience import OutOfPatience, WaitByKind
from stillroom.teachers.pulse import Pulse
from stillroom.teachers.slots import Slots
from stillroom.teachers.template import ChatTemplate
from stillroom.teachers.wire import BUSY_STATUS, Replies, Reply, is_whole, raise_for, request_body

READ_SECONDS = 900.0  # a CPU teacher may take minutes for a long answer; one that hangs has no pulse

Revive = Callable[[], Awaitable[str]]
Recognise = Callable[[str], Awaitable[None]]

_wait = WaitByKind()


class SGLangClient:
    """One teacher, reached through one or more SGLang servers that serve the same weights.

    Args:
        identity: what every server was found to serve.
        urls: base addresses, used in turn.
        template: the model's chat template.
        system: system message, None for the template's own.
        in_flight: most samples asked for at once.
        patience_seconds: how long a silent or busy teacher is waited for, by all requests together.
        revive: brings back a server that is ours to start; gives its address.
        recognise: raises ``TeacherMismatch`` where the server at an address is not the one that was met; asked
            before a server that was lost is believed again.
        say: told when the teacher stops answering, and when it answers again.
        advice: what a person can do about a teacher that is gone.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        urls: tuple[str, ...],
        template: ChatTemplate,
        system: str | None,
        in_flight: int,
        patience_seconds: float,
        revive: Revive | None = None,
        recognise: Recognise | None = None,
        say: Callable[[str], None] = lambda line: None,
        advice: str = "",
    ) -> None:
        self.identity = identity
        self.template = template
        self.slots = Slots(in_flight)
        self._system = system
        self._patience_seconds = patience_seconds
        self._revive = revive
        self._reviving: asyncio.Task[None] | None = None
        self._recognise = recognise
        self._lost_urls: set[str] = set()
        self._outage = Outage(identity.teacher_id, patience_seconds, say, advice=advice, in_hand=self._in_hand)
        self._http = open_client(timeout=httpx2.Timeout(READ_SECONDS, connect=5.0), kept=in_flight)
        self._pulses: dict[str, Pulse] = {}
        self._go_to(urls)

    @property
    def teacher_id(self) -> str:
        """``name@revision``."""
        return self.identity.teacher_id

    @property
    def end(self) -> StillroomError | None:
        """Why the teacher was given up, for good; None while it was not."""
        return self._outage.end

    def render(self, task: str) -> str:
        """The exact text to send for ``task``.

        Raises:
            TeacherRefused: the template does not take it.
        """
        return self.template.render(task, system=self._system)

    async def close(self) -> None:
        """Close the connections."""
        self._outage.close()
        if self._reviving is not None:
            self._reviving.cancel()
            await asyncio.gather(self._reviving, return_exceptions=True)
        await asyncio.gather(*(pulse.close() for pulse in self._pulses.values()))
        await self._http.aclose()

    def portions(self, n: int) -> list[int]:
        """As ``ModelClient.portions``."""
        return self.slots.portions(n)

    async def complete(self, text: str, params: SamplingParams, n: int) -> list[Completion]:
        """As ``ModelClient.complete``; waits for a free slot, retries within the teacher's patience.

        Raises:
            TeacherError: as ``ModelClient.complete``; at once where the teacher was given up.
        """
        async with self._outage.bounded(), self.slots.take(n) as granted:
            body = request_body(text, params, granted)
            try:
                async for attempt in AsyncRetrying(
                    stop=OutOfPatience(self._patience_seconds),
                    wait=_wait,
                    retry=retry_if_exception_type((TeacherBusy, TeacherLost)),
                    reraise=True,
                ):
                    with attempt:
                        return await self._attempt(body, granted)
            except (TeacherBusy, TeacherLost) as error:
                raise self._outage.final(error) from error
        raise AssertionError("unreachable: the retry loop returns or raises")

    async def _attempt(self, body: bytes, n: int) -> list[Completion]:
        """Ask once, and tell the clock what came of it."""
        try:
            completions = await self._ask(body, n)
        except (TeacherBusy, TeacherLost) as error:
            self._outage.failed(error)
            raise
        except TeacherRefused:
            self._outage.answered()
            raise
        self._outage.answered()
        return completions

    async def _ask(self, body: bytes, n: int) -> list[Completion]:
        url = self._choose()
        await self._meet_again(url)
        pulse = self._pulses[url]
        began = time.perf_counter()
        try:
            async with pulse.awaited():
                reply = await self._http.post(
                    f"{url}/generate", content=body, headers={"content-type": "application/json"}
                )
        except httpx2.RequestError as error:  # no connection, or a reply that cannot be decoded
            self._lost_urls.add(url)
            lost = TeacherLost(f"teacher {self.teacher_id} at {url} is gone: {type(error).__name__} {error}")
            if self._revive is not None and url in self.urls:
                await self._bring_back(self._revive, lost)
            raise lost from error
        except TeacherLost:  # it has no pulse; where it comes back, it may be another
            self._lost_urls.add(url)
            raise
        pulse.heard()
        if reply.status_code in BUSY_STATUS:
            self.slots.refused()
        raise_for(reply, f"teacher {self.teacher_id}")
        seconds = time.perf_counter() - began
        try:
            decoded: Replies = msgspec.json.decode(reply.content, type=Replies)
        except ValueError as error:  # no such JSON, or no UTF-8
            raise TeacherLost(f"teacher {self.teacher_id} sent what is no SGLang reply: {error}") from error
        replies = decoded if isinstance(decoded, list) else [decoded]
        completions = [self._completion(one, seconds) for one in replies[:n] if is_whole(one)]
        if not completions:
            raise TeacherLost(f"teacher {self.teacher_id} aborted all {n} samples of a request")
        self.slots.answered(len(completions))
        return completions

    def _choose(self) -> str:
        """The next address in turn, silent ones left out while there is another."""
        for _ in self.urls:
            url = next(self._next_url)
            if not self._pulses[url].is_silent:
                return url
        return next(self._next_url)

    def _go_to(self, urls: tuple[str, ...]) -> None:
        """Ask at these addresses from now on; who still waits at another goes on waiting."""
        self.urls = urls
        self._next_url = itertools.cycle(urls)
        for url in urls:
            if url not in self._pulses:
                self._pulses[url] = Pulse(
                    url,
                    self._http,
                    teacher_id=self.teacher_id,
                    patience_seconds=self._patience_seconds,
                    fell_silent=self._fell_silent,
                    spoke=self._outage.spoke,
                )

    def _fell_silent(self, error: TeacherLost) -> None:
        """One of several servers is no outage: what it does not answer is asked of the others after a while."""
        if all(self._pulses[url].is_silent for url in self.urls):
            self._outage.fell_silent(error)

    def _in_hand(self) -> set[object]:
        """The requests that servers with a pulse are working at."""
        return {one for pulse in self._pulses.values() if not pulse.is_silent for one in pulse.waiting}

    async def _bring_back(self, revive: Revive, lost: TeacherLost) -> None:
        """Have a server of ours started again, once for all requests that lost it."""
        if self._reviving is None:
            self._outage.failed(lost, remedy="starting it again")
            self._reviving = asyncio.create_task(self._start_again(revive))
        await asyncio.shield(self._reviving)

    async def _start_again(self, revive: Revive) -> None:
        self._outage.hold()
        try:
            self._go_to((await revive(),))
        except (StillroomError, OSError) as error:
            self._outage.give_up(
                TeacherLost(f"teacher {self.teacher_id} is gone and could not be started again: {error}")
            )
        else:
            self._outage.go_on()
        finally:
            self._reviving = None

    async def _meet_again(self, url: str) -> None:
        """A server that comes back may be another: many say ``default`` of whatever weights they serve."""
        if url in self._lost_urls and self._recognise is not None:
            try:
                await self._recognise(url)
            except (TeacherMismatch, TeacherLost, TeacherBusy):
                raise
            except TeacherError as error:
                raise TeacherLost(str(error)) from error
        self._lost_urls.discard(url)

    def _completion(self, reply: Reply, seconds: float) -> Completion:
        meta = reply.meta_info
        if meta.weight_version != self.identity.weight_version:
            raise TeacherMismatch(
                f"teacher {self.teacher_id} began to serve weights {meta.weight_version!r} in mid-run; "
                "serve the revision the run was begun with, or start another run"
            )
        assert meta.finish_reason is not None, "only whole replies come here"  # noqa: S101 - narrows the type
        return Completion(
            text=reply.text,
            finish_reason=FinishReason(meta.finish_reason["type"]),
            prompt_tokens=meta.prompt_tokens,
            completion_tokens=meta.completion_tokens,
            cached_tokens=meta.cached_tokens,
            latency_seconds=seconds,
            weight_version=meta.weight_version,
        )
