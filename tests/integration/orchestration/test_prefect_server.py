"""A build ends with its Prefect server, and what Prefect raises is told in a sentence."""

import asyncio
import dataclasses
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from stillroom.cli import prefect_server
from stillroom.cli.prefect_server import PrefectServer, PrefectServerFailed
from stillroom.errors import LakeError, StillroomError


class Carrier(StillroomError):
    """Stands for errors of Prefect's at times."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PrefectServer]:
    command = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(command, start_new_session=True) as process:
        yield PrefectServer(process=process, port=9, log=tmp_path / "server.log")
        process.kill()


async def ends(result: int = 7) -> int:
    await asyncio.sleep(0)
    return result


async def fails(error: BaseException, cause: BaseException | None = None) -> None:
    await asyncio.sleep(0)
    raise error from cause


async def test_the_result_of_the_build_comes_back(server: PrefectServer) -> None:
    assert await server.under(ends(), carrier=Carrier) == 7


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        pytest.param(httpx.ConnectError("refused"), None, id="its-own"),
        pytest.param(Carrier("2 shards failed"), httpx.ReadError("cut"), id="carried"),
    ],
)
async def test_errors_of_prefect_are_told_in_a_sentence_that_names_the_log(
    server: PrefectServer, error: Exception, cause: Exception | None
) -> None:
    with pytest.raises(PrefectServerFailed, match=str(server.log)) as told:
        await server.under(fails(error, cause), carrier=Carrier)
    assert told.value.__cause__ is error


@pytest.mark.parametrize("error", [LakeError("no lake"), Carrier("1 shard failed"), ZeroDivisionError("ours")])
async def test_other_errors_stay_what_they_are(server: PrefectServer, error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)):
        await server.under(fails(error), carrier=Carrier)


async def test_a_full_disk_is_named_where_the_log_tells_of_it(server: PrefectServer) -> None:
    server.log.write_bytes(b"sqlite3.OperationalError: database or disk is full\n")
    with pytest.raises(PrefectServerFailed, match=f"no space left in {server.log.parent}"):
        await server.under(fails(httpx.ReadError("cut")), carrier=Carrier)


async def test_a_build_that_clings_to_its_server_ends_with_it(server: PrefectServer) -> None:
    began = asyncio.Event()

    async def clings() -> None:
        for _ in range(2):  # as Prefect's engine does: the first cancellation is taken for a lost answer
            try:
                began.set()
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                continue
        await asyncio.sleep(3600)

    under = asyncio.create_task(server.under(clings(), carrier=Carrier))
    await began.wait()
    server.process.kill()
    with pytest.raises(PrefectServerFailed, match="failed under the build"):
        await under


async def test_a_cancelled_build_has_cleaned_up_before_the_cancellation_goes_on(server: PrefectServer) -> None:
    events: list[str] = []
    began = asyncio.Event()

    async def work() -> None:
        try:
            began.set()
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.01)
            events.append("cleaned up")

    under = asyncio.create_task(server.under(work(), carrier=Carrier))
    await began.wait()
    under.cancel()
    with pytest.raises(asyncio.CancelledError):
        await under
    assert events == ["cleaned up"]


async def test_a_server_that_ends_while_it_starts_is_named_with_its_log(server: PrefectServer) -> None:
    server.process.kill()
    server.process.wait()
    with pytest.raises(PrefectServerFailed, match=r"did not come up on port 9.*server\.log"):
        server.wait()


class Healthy(BaseHTTPRequestHandler):
    """Answers every question."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def answering() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Healthy) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening
        listening.shutdown()


def test_a_proxy_does_not_keep_a_server_from_being_found(
    server: PrefectServer, answering: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefect_server, "START_SECONDS", 3.0)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    dataclasses.replace(server, port=answering.server_port).wait()
