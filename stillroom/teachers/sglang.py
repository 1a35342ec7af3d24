"""Speaks SGLang's native ``/generate``: n samples a request, every sampling parameter sent explicitly."""

import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential_jitter
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from stillroom.errors import TeacherBusy, TeacherError, TeacherLost, TeacherMismatch, TeacherRefused
from stillroom.records import Completion, FinishReason, SamplingParams
from stillroom.teachers.identity import Identity
from stillroom.teachers.outage import Outage
from stillroom.teachers.slots import Slots
from stillroom.teachers.template import ChatTemplate

READ_SECONDS = 900.0  # a CPU teacher may take minutes for a long answer; a dead one closes its socket
MAX_ERROR_CHARACTERS = 300  # of a server's own words in our messages
REFUSED_STATUS = (400, 413, 422)  # about this request; a 401 or 404 is about the endpoint and may be mended
BUSY_STATUS = (408, 425, 429, 503)

Revive = Callable[[], Awaitable[str]]
Recognise = Callable[[str], Awaitable[None]]


class _Meta(msgspec.Struct):
    finish_reason: dict[str, Any] | None
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    weight_version: str = ""


class _Reply(msgspec.Struct):
    text: str
    meta_info: _Meta


_Replies = list[_Reply] | _Reply  # n = 1 comes back bare


class SGLangClient:
    """One teacher, reached through one or more SGLang servers that serve the same weights.

    Args:
        identity: what every server was found to serve.
        urls: base addresses, used in turn.
        template: the model's chat template.
        system: system message, None for the template's own.
        in_flight: most samples asked for at once.
        patience_seconds: how long a silent or busy teacher is retried.
        revive: brings back a server that is ours to start; gives its address.
        recognise: raises ``TeacherMismatch`` where the server at an address is not the one that was met; asked
            before a server that was lost is believed again.
        say: told when the teacher stops answering, and when it answers again.
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
    ) -> None:
        self.identity = identity
        self.template = template
        self.slots = Slots(in_flight)
        self._system = system
        self.urls = urls
        self._next_url = itertools.cycle(urls)
        self._patience_seconds = patience_seconds
        self._revive = revive
        self._recognise = recognise
        self._lost_urls: set[str] = set()
        self._outage = Outage(identity.teacher_id, patience_seconds, say)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=in_flight)
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(READ_SECONDS, connect=5.0), limits=limits, trust_env=False)

    @property
    def teacher_id(self) -> str:
        """``name@revision``."""
        return self.identity.teacher_id

    def render(self, task: str) -> str:
        """The exact text to send for ``task``."""
        return self.template.render(task, system=self._system)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def complete(self, text: str, params: SamplingParams, n: int) -> list[Completion]:
        """As ``ModelClient.complete``; waits for a free slot, retries within the teacher's patience."""
        async with self.slots.take(n) as granted:
            body = request_body(text, params, granted)
            async for attempt in AsyncRetrying(
                stop=_OutOfPatience(self._patience_seconds),
                wait=_wait,
                retry=retry_if_exception_type((TeacherBusy, TeacherLost)),
                reraise=True,
            ):
                with attempt:
                    try:
                        completions = await self._ask(body, granted)
                    except (TeacherBusy, TeacherLost) as error:
                        self._outage.failed(error)
                        raise
                    self._outage.answered()
                    return completions
        raise AssertionError("unreachable: the retry loop returns or raises")

    async def _ask(self, body: bytes, n: int) -> list[Completion]:
        url = next(self._next_url)
        await self._meet_again(url)
        began = time.perf_counter()
        try:
            reply = await self._http.post(f"{url}/generate", content=body, headers={"content-type": "application/json"})
        except httpx.RequestError as error:  # no connection, or a reply that cannot be decoded
            self._lost_urls.add(url)
            if self._revive is not None:
                self.urls = (await self._revive(),)
                self._next_url = itertools.cycle(self.urls)
            raise TeacherLost(f"teacher {self.teacher_id} at {url} is gone: {type(error).__name__} {error}") from error
        if reply.status_code in BUSY_STATUS:
            self.slots.refused()
        _raise_for(reply, self.teacher_id)
        seconds = time.perf_counter() - began
        try:
            decoded: _Replies = msgspec.json.decode(reply.content, type=_Replies)
        except msgspec.DecodeError as error:
            raise TeacherLost(f"teacher {self.teacher_id} sent what is no SGLang reply: {error}") from error
        replies = decoded if isinstance(decoded, list) else [decoded]
        completions = [self._completion(one, seconds) for one in replies[:n] if _is_whole(one)]
        if not completions:
            raise TeacherLost(f"teacher {self.teacher_id} aborted all {n} samples of a request")
        self.slots.answered(len(completions))
        return completions

    async def _meet_again(self, url: str) -> None:
        """A server that comes back may be another: many say ``default`` of whatever weights they serve."""
        if url in self._lost_urls and self._recognise is not None:
            try:
                await self._recognise(url)
            except (TeacherMismatch, TeacherLost):
                raise
            except TeacherError as error:
                raise TeacherLost(str(error)) from error
        self._lost_urls.discard(url)

    def _completion(self, reply: _Reply, seconds: float) -> Completion:
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


class _OutOfPatience(stop_base):
    """Patience counts from the first failure: a long answer that is lost at its end is asked for again."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._first_failure: float | None = None

    def __call__(self, retry_state: Any) -> bool:  # noqa: ANN401 - tenacity's own signature
        now = time.monotonic()
        if self._first_failure is None:
            self._first_failure = now
        return now - self._first_failure >= self._seconds


class _WaitByKind(wait_base):
    """A busy teacher is given longer than a lost connection."""

    _busy = wait_exponential_jitter(multiplier=0.5, max=10.0)
    _lost = wait_exponential_jitter(multiplier=0.2, max=5.0)

    def __call__(self, retry_state: Any) -> float:  # noqa: ANN401 - tenacity's own signature
        failed = retry_state.outcome.exception() if retry_state.outcome else None
        return (self._busy if isinstance(failed, TeacherBusy) else self._lost)(retry_state)


_wait = _WaitByKind()


def request_body(text: str, params: SamplingParams, n: int) -> bytes:
    """The body of a ``/generate`` request: the text and every sampling parameter, nothing left to defaults."""
    return msgspec.json.encode({"text": text, "sampling_params": {**_parameters(params), "n": n}})


def _parameters(params: SamplingParams) -> dict[str, object]:
    plain = params.plain()
    schema = plain.pop("json_schema")
    return {**plain, "skip_special_tokens": False, **({"json_schema": schema} if schema else {})}


def _is_whole(reply: _Reply) -> bool:
    """An aborted answer comes with 200 and partial text, and is no sample."""
    finish = reply.meta_info.finish_reason
    return finish is not None and finish.get("type") in set(FinishReason)


def _raise_for(reply: httpx.Response, teacher_id: str) -> None:
    if reply.is_success:
        return
    words = reply.text[:MAX_ERROR_CHARACTERS]
    if reply.status_code in BUSY_STATUS:
        raise TeacherBusy(f"teacher {teacher_id} is busy ({reply.status_code}): {words}")
    if reply.status_code in REFUSED_STATUS:
        raise TeacherRefused(f"teacher {teacher_id} refuses the request ({reply.status_code}): {words}")
    raise TeacherLost(f"teacher {teacher_id} failed ({reply.status_code}): {words}")
