"""A fake teacher: a real HTTP server that speaks SGLang's ``/generate``, scripted and quick to misbehave.

As a process::

    python -m tests.fakes.teacher --port 0 --ledger FILE --tasks data/seeds/python_functions.jsonl
    READY http://127.0.0.1:40123          # the first line it prints

In a test::

    with FakeTeacher(known=tasks) as teacher:
        teacher.fail("busy", times=2)
        ...                               # teacher.url, teacher.paid, teacher.requests

It keeps a ledger: one line for every sample that it was paid for, written before the answer is sent. With
a ledger file it may be killed and started again; it goes on where the file ends. ``POST /control`` changes
the same settings from outside (``{"faults": [{"kind": "busy", "times": 2}], "delay_seconds": 0.1}``), ``GET
/control`` tells what it has done.

Kinds of faults, each for ``times`` requests once ``after`` further requests have come:

    busy          503, the request queue is full           refuse       400, for good
    error         500                                      abort        200, partial text, finish_reason abort
    abort-some    the same for the last sample only        fewer        one sample fewer than asked for
    empty         empty texts                              garbage      200 and no JSON; paid for
    no-text       200 and no UTF-8; paid for
    mismatch      another weight_version                   none         200 and an empty list
    hang          no answer until the server stops         drop         closes the connection, nothing paid
    drop-paid     closes the connection after it was paid for
    die           the server is gone from this request on (a process exits, a thread stops listening)

``fails_on=TEXT`` answers 500 to every request that holds TEXT, and to no other, until the file ``until`` is there.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from tests.fakes.answers import CHARACTERS_A_TOKEN, Known, Mix, Said, Script, read_known

MODEL = "fake/tiny-coder"
WEIGHTS = "f00d"
AT_ONCE = ("busy", "refuse", "error", "none", "drop", "die")
KINDS = (*AT_ONCE, "abort", "abort-some", "fewer", "empty", "garbage", "no-text", "mismatch", "hang", "drop-paid")
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 500: "Internal Server Error", 503: "Service Unavailable"}
_STARTED_SECONDS = 20.0


@dataclass(slots=True)
class Fault:
    """Something that goes wrong for ``times`` requests, after ``after`` further ones."""

    kind: str
    times: int = 1
    after: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no fault {self.kind!r}; there are {', '.join(sorted(KINDS))}")


@dataclass(frozen=True, slots=True)
class Paid:
    """One line of the ledger: a sample that was paid for."""

    text_sha256: str
    kind: str
    fault: str
    tokens: int


class FakeTeacher:
    """The server and all of its state; as a context manager it runs in a thread of its own."""

    def __init__(
        self,
        *,
        known: Iterable[Known] = (),
        written: Iterable[Mapping[str, Any]] = (),
        mix: Mix | None = None,
        model: str = MODEL,
        weight_version: str = WEIGHTS,
        ledger: Path | None = None,
        port: int = 0,
        delay_seconds: float = 0.0,
        tokens_per_second: float = 0.0,
        queue_limit: int = 0,
        bills_at_once: bool = False,
        exits: bool = False,
        fails_on: str = "",
        until: Path | None = None,
    ) -> None:
        self.script = Script(known, mix=mix, written=written)
        self.model = model
        self.served_model_name = ""  # as SGLang: its path, where nobody named it
        self.weight_version = weight_version
        self.is_generation = True
        self.server_info: object = {"version": "0.5.23", "model_path": model}
        self.port = port
        self.delay_seconds = delay_seconds
        self.about_delay_seconds = 0.0  # before it says who it is: a front end beside a busy core
        self.busy_abouts = 0  # times that it is not ready to say who it is: a proxy before a server that loads
        self.tokens_per_second = tokens_per_second
        self.queue_limit = queue_limit
        self.faults: list[Fault] = []
        self.requests: list[dict[str, Any]] = []
        self.paid: list[Paid] = []
        self.arrived = threading.Event()
        self.peak_in_flight = 0
        self._bills_at_once = bills_at_once
        self._exits = exits
        self._fails_on = fails_on
        self._until = until
        self._in_flight = 0
        self._writing_orders = 0
        self._counts: Counter[str] = Counter()
        self._connections: set[_Connection] = set()
        self._ledger: int | None = None
        if ledger is not None:
            self._continue_ledger(ledger)

    # -- running -------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self.serve(started.set)), daemon=True)
        self._thread.start()
        assert started.wait(_STARTED_SECONDS), "the fake teacher did not start"
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed already where a fault ended the server
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_STARTED_SECONDS)

    async def serve(self, on_start: Any = lambda: None) -> None:
        """Serve until ``stop`` or a fault ends it."""
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        server = await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", self.port, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        on_start()
        try:
            await self._over.wait()
        finally:
            server.close()
            await asyncio.sleep(0.01)  # connections that were accepted a moment ago come into being
            for connection in list(self._connections):
                connection.end()

    def stop(self) -> None:
        self._over.set()

    def fail(self, kind: str, *, times: int = 1, after: int = 0) -> None:
        """Let ``times`` requests go wrong, after ``after`` further ones."""
        self.faults.append(Fault(kind, times, after))

    @property
    def texts_paid(self) -> Counter[str]:
        """How many samples were paid for by sha256 of the request text."""
        return Counter(one.text_sha256 for one in self.paid)

    # -- answering -----------------------------------------------------------------------------------------

    async def handle(self, method: str, path: str, body: bytes, connection: "_Connection") -> None:
        path = path.partition("?")[0]
        if path == "/generate" and method == "POST":
            await self._generate(json.loads(body), connection)
        elif path == "/control" and method == "POST":
            self._control(json.loads(body))
            connection.reply(200, {"ok": True})
        else:
            if self.about_delay_seconds:
                await asyncio.sleep(self.about_delay_seconds)
            if self.busy_abouts > 0:
                self.busy_abouts -= 1
                await self._fail_at_once("busy", connection)
                return
            said = self._about(path)
            connection.reply(200 if said is not None else 404, {"error": path} if said is None else said)

    def _about(self, path: str) -> object:
        match path:
            case "/model_info" | "/get_model_info":
                return {
                    "model_path": self.model,
                    "served_model_name": self.served_model_name or self.model,
                    "tokenizer_path": self.model,
                    "is_generation": self.is_generation,
                    "weight_version": self.weight_version,
                    "architectures": ["FakeForCausalLM"],
                }
            case "/server_info" | "/get_server_info":
                return self.server_info
            case "/ready" | "/health" | "/health_generate":
                return {"status": "ok"}
            case "/control":
                return {
                    "requests": len(self.requests),
                    "paid": len(self.paid),
                    "in_flight": self._in_flight,
                    "peak_in_flight": self.peak_in_flight,
                }
            case "/metrics":
                count = f'sglang:http_requests_total{{endpoint="/generate",method="POST"}} {len(self.requests)}.0\n'
                return count.encode()
            case _:
                return None

    def _control(self, settings: dict[str, Any]) -> None:
        for fault in settings.pop("faults", []):
            self.faults.append(Fault(**fault))
        for name, value in settings.items():
            if name not in ("delay_seconds", "tokens_per_second", "queue_limit", "weight_version"):
                raise ValueError(f"the fake teacher has no setting {name!r}")
            setattr(self, name, value)

    async def _generate(self, request: dict[str, Any], connection: "_Connection") -> None:
        self.requests.append(request)
        self.arrived.set()
        fault = "error" if self._is_to_fail(request["text"]) else self._next_fault()
        n = int(request["sampling_params"].get("n", 1))
        if self.queue_limit and self._in_flight + n > self.queue_limit:
            fault = fault or "busy"
        if fault in AT_ONCE:
            await self._fail_at_once(fault, connection)
            return
        self._in_flight += n
        self.peak_in_flight = max(self.peak_in_flight, self._in_flight)
        try:
            await self._answer(request, n, fault, connection)
        finally:
            self._in_flight -= n

    async def _fail_at_once(self, fault: str, connection: "_Connection") -> None:
        match fault:
            case "busy":
                connection.reply(503, {"object": "error", "message": "The request queue is full.", "code": 503})
            case "refuse":
                connection.reply(400, {"error": {"message": "Input length exceeds the maximum.", "code": 400}})
            case "error":
                connection.reply(500, {"error": "scheduler is down"})
            case "none":
                connection.reply(200, [])
            case "drop":
                connection.end()
            case _:
                if self._exits:
                    os._exit(9)
                self.stop()

    async def _answer(self, request: dict[str, Any], n: int, fault: str, connection: "_Connection") -> None:
        text, params = request["text"], request["sampling_params"]
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        is_writing = bool(params.get("json_schema"))
        if is_writing:
            said = [self.script.write(text, self._writing_orders)] * n
            self._writing_orders += 1
        else:
            count = n - 1 if fault == "fewer" else n
            first = self._counts[digest]
            self._counts[digest] += count
            said = [self.script.answer(text, first + place) for place in range(count)]
        said = [_limited(one, params["max_new_tokens"]) for one in said]
        wait = self.delay_seconds
        if self.tokens_per_second and said:
            wait += max(one.tokens for one in said) / self.tokens_per_second
        if fault == "hang":
            wait = 3600.0
        kind = "writing" if is_writing else "sample"
        if self._bills_at_once:
            self._pay(digest, said, kind, fault)
        if wait:
            await asyncio.sleep(wait)
        if connection.is_gone:  # SGLang aborts what nobody waits for, and bills nothing
            return
        if fault == "empty":
            said = [Said("") for _ in said]
        replies = [self._reply(text, one) for one in said]
        aborted = {"abort": len(replies), "abort-some": 1}.get(fault, 0)
        for reply in replies[len(replies) - aborted :]:
            reply["text"] = reply["text"][:7]
            reply["meta_info"]["finish_reason"] = {"type": "abort", "message": "Aborted"}
        whole = said[: len(said) - aborted]
        if not self._bills_at_once:
            self._pay(digest, whole, kind, fault)
        match fault:
            case "drop-paid":
                connection.end()
            case "garbage":
                connection.send(200, b'{"text": "def f(')
            case "no-text":
                connection.send(200, b'{"text": "\xff", "meta_info": {}}')
            case "mismatch":
                for reply in replies:
                    reply["meta_info"]["weight_version"] = "another"
                connection.reply(200, replies)
            case _:
                connection.reply(200, replies[0] if n == 1 and replies else replies)

    def _reply(self, text: str, said: Said) -> dict[str, Any]:
        return {
            "text": said.text,
            "output_ids": [],
            "meta_info": {
                "id": "fake",
                "finish_reason": {"type": said.finish, **({"matched": 2} if said.finish == "stop" else {})},
                "prompt_tokens": len(text) // CHARACTERS_A_TOKEN + 1,
                "completion_tokens": said.tokens,
                "cached_tokens": 0,
                "weight_version": self.weight_version,
                "e2e_latency": 0.01,
            },
        }

    def _is_to_fail(self, text: str) -> bool:
        if not self._fails_on or self._fails_on not in text:
            return False
        return self._until is None or not self._until.exists()

    def _next_fault(self) -> str:
        for fault in self.faults:
            if fault.times <= 0:
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.times -= 1
            return fault.kind
        return ""

    # -- the ledger ----------------------------------------------------------------------------------------

    def _continue_ledger(self, path: Path) -> None:
        if path.exists():
            self.paid = read_ledger(path)
            self._counts.update(one.text_sha256 for one in self.paid if one.kind == "sample")
            self._writing_orders = sum(one.kind == "writing" for one in self.paid)
        self._ledger = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def _pay(self, digest: str, said: list[Said], kind: str, fault: str) -> None:
        paid = [Paid(digest, kind, fault, one.tokens) for one in said]
        self.paid += paid
        if self._ledger is not None and paid:
            lines = "".join(json.dumps(astuple(one)) + "\n" for one in paid)
            os.write(self._ledger, lines.encode())


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as much of it as the clients need."""

    def __init__(self, teacher: FakeTeacher) -> None:
        self._teacher = teacher
        self._buffer = bytearray()
        self._work: asyncio.Task[None] | None = None

    @property
    def is_gone(self) -> bool:
        return self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._teacher._connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._teacher._connections.discard(self)
        if self._work is not None:
            self._work.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._begin()

    def _begin(self) -> None:
        if self._work is not None:
            return
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        first, *headers = self._buffer[:head_end].decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (header.partition(":") for header in headers)}
        end = head_end + 4 + int(fields.get("content-length", 0))
        if len(self._buffer) < end:
            return
        body = bytes(self._buffer[head_end + 4 : end])
        del self._buffer[:end]
        method, path, _ = first.split(" ")
        self._work = asyncio.ensure_future(self._teacher.handle(method, path, body, self))
        self._work.add_done_callback(self._done)

    def _done(self, work: asyncio.Task[None]) -> None:
        self._work = None
        if not work.cancelled() and (error := work.exception()):
            self.reply(400, {"error": {"message": f"{type(error).__name__}: {error}"}})
        if not self.is_gone:
            self._begin()

    def reply(self, status: int, value: object) -> None:
        self.send(status, value if isinstance(value, bytes) else json.dumps(value).encode())

    def send(self, status: int, body: bytes) -> None:
        first = f"HTTP/1.1 {status} {_REASONS[status]}"
        head = f"{first}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        if not self.is_gone:
            self._transport.write(head.encode() + body)

    def end(self) -> None:
        self._transport.abort()


def _limited(said: Said, max_new_tokens: int) -> Said:
    if said.tokens <= max_new_tokens:
        return said
    return Said(said.text[: (max_new_tokens - 1) * CHARACTERS_A_TOKEN], "length")


def read_ledger(path: Path) -> list[Paid]:
    """All that a teacher was paid for; a torn last line counts for nothing."""
    paid: list[Paid] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError):
            paid.append(Paid(*json.loads(line)))
    return paid


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherProcess:
    """A fake teacher in a process of its own."""

    url: str
    ledger: Path
    process: subprocess.Popen[str]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def paid(self) -> list[Paid]:
        return read_ledger(self.ledger)


@contextlib.contextmanager
def teacher_process(ledger: Path, *flags: str) -> Iterator[TeacherProcess]:
    """Start ``python -m tests.fakes.teacher`` with these flags; it ends with the block."""
    command = [sys.executable, "-m", "tests.fakes.teacher", "--ledger", str(ledger), *flags]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ready = process.stdout.readline().split()
        assert ready[:1] == ["READY"], f"the fake teacher did not start: {command}"
        yield TeacherProcess(url=ready[1], ledger=ledger, process=process)
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger", type=Path)
    parser.add_argument("--tasks", type=Path, action="append", default=[], help="JSON Lines with solutions")
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--weight-version", default=WEIGHTS)
    for share in ("wrong", "prose", "refusal", "truncated", "hard", "bad-writing", "repeat"):
        parser.add_argument(f"--{share}", type=float, default=getattr(Mix(), share.replace("-", "_")))
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--tokens-per-second", type=float, default=0.0, help="of one sample; 0 for at once")
    parser.add_argument("--queue-limit", type=int, default=0, help="samples in flight beyond which it answers 503")
    parser.add_argument("--bills-at-once", action="store_true", help="pays when asked, also for what nobody waits for")
    parser.add_argument("--fault", action="append", default=[], metavar="KIND[:TIMES[:AFTER]]")
    parser.add_argument("--die-after", type=int, help="requests after which the process is gone")
    parser.add_argument("--fails-on", default="", metavar="TEXT", help="answer 500 to requests that hold it")
    parser.add_argument("--until", type=Path, metavar="FILE", help="is there")
    options = parser.parse_args(arguments)
    teacher = FakeTeacher(
        known=[known for path in options.tasks for known in read_known(path)],
        mix=Mix(
            wrong=options.wrong,
            prose=options.prose,
            refusal=options.refusal,
            truncated=options.truncated,
            hard=options.hard,
            bad_writing=options.bad_writing,
            repeat=options.repeat,
        ),
        model=options.model,
        weight_version=options.weight_version,
        ledger=options.ledger,
        port=options.port,
        delay_seconds=options.delay,
        tokens_per_second=options.tokens_per_second,
        queue_limit=options.queue_limit,
        bills_at_once=options.bills_at_once,
        exits=True,
        fails_on=options.fails_on,
        until=options.until,
    )
    for fault in options.fault:
        kind, *numbers = fault.split(":")
        teacher.faults.append(Fault(kind, *map(int, numbers)))
    if options.die_after is not None:
        teacher.fail("die", after=options.die_after)

    async def run() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, teacher.stop)
        await teacher.serve(lambda: print(f"READY {teacher.url}", flush=True))

    asyncio.run(run())


if __name__ == "__main__":
    main()
