"""What a flow run shows of how far it is: also what was told last, and what the server took only at a second try."""

import asyncio
import logging
from uuid import UUID, uuid4

import pytest

from tasks import reporting
from tasks.reporting import FlowRunWatcher


class Server:
    """Takes artifacts as Prefect's server does, slowly, after having refused the first few."""

    def __init__(self, refuses: int = 0) -> None:
        self.shown: dict[UUID, str] = {}
        self.asked = asyncio.Event()
        self._refuses = refuses

    async def create(self, percent: float, *, key: str, description: str) -> UUID:
        assert key == "a-shard"
        made = uuid4()
        await self.update(made, percent, description=description)
        return made

    async def update(self, artifact: UUID, percent: float, *, description: str) -> None:
        assert 0.0 <= percent <= 100.0
        self.asked.set()
        await asyncio.sleep(0.05)
        if self._refuses:
            self._refuses -= 1
            raise RuntimeError("the server is busy")
        self.shown[artifact] = description


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Server:
    made = Server(getattr(request, "param", 0))
    monkeypatch.setattr(reporting, "acreate_progress_artifact", made.create)
    monkeypatch.setattr(reporting, "aupdate_progress_artifact", made.update)
    monkeypatch.setattr(reporting, "get_run_logger", lambda: logging.getLogger("a flow run"))
    monkeypatch.setattr(reporting, "SECONDS_BETWEEN_UPDATES", 0.01)
    return made


async def test_what_is_being_told_as_the_work_ends_is_shown(server: Server) -> None:
    async with FlowRunWatcher("a-shard") as watcher:
        watcher.progressed("samples", 1, 2)
        await server.asked.wait()
    assert [*server.shown.values()] == ["samples: 1 of 2"]


async def test_what_was_told_during_an_update_is_shown_too(server: Server) -> None:
    async with FlowRunWatcher("a-shard") as watcher:
        watcher.progressed("samples", 1, 2)
        await server.asked.wait()
        watcher.progressed("samples", 2, 2)
    assert [*server.shown.values()] == ["samples: 2 of 2"]


@pytest.mark.parametrize("server", [1], indirect=True)
async def test_what_the_server_refused_is_told_again(server: Server) -> None:
    async with FlowRunWatcher("a-shard") as watcher:
        watcher.progressed("samples", 1, 2)
        await server.asked.wait()
        await asyncio.sleep(0.2)
    assert [*server.shown.values()] == ["samples: 1 of 2"]


async def test_work_that_is_cancelled_does_not_wait_for_the_server(server: Server) -> None:
    async def work() -> None:
        async with FlowRunWatcher("a-shard") as watcher:
            watcher.progressed("samples", 1, 2)
            await asyncio.sleep(60)

    running = asyncio.create_task(work())
    await server.asked.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not server.shown
