"""A Prefect server that is gone for a while is waited for; what it refuses is not asked again."""

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Completed, Running

from flows import deployed_shards as module
from flows.deployed_shards import DeployedShards
from tasks import prefect_outage
from tasks.prefect_outage import answered, is_outage

ASKED = httpx.Request("GET", "http://127.0.0.1:9/api")


def refused(status: int) -> httpx.HTTPStatusError:
    return httpx.HTTPStatusError("refused", request=ASKED, response=httpx.Response(status, request=ASKED))


def caused(error: Exception) -> RuntimeError:
    found = RuntimeError("Failed to reach API")
    found.__cause__ = error
    return found


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefect_outage, "PAUSE_SECONDS", 0.0)


OUTAGES = [httpx.ConnectError("gone"), httpx.ReadTimeout("slow"), refused(503), refused(429)]
OTHERS = [refused(409), refused(422), RuntimeError("a defect"), ValueError("a defect")]


@pytest.mark.parametrize("error", [*OUTAGES, caused(httpx.ConnectError("gone"))], ids=repr)
def test_a_server_that_is_gone_or_broken_may_come_back(error: Exception) -> None:
    assert is_outage(error)


@pytest.mark.parametrize("error", OTHERS, ids=repr)
def test_what_is_refused_for_good_is_no_outage(error: Exception) -> None:
    assert not is_outage(error)


async def test_an_outage_is_told_once_and_waited_for() -> None:
    replies: list[Exception | str] = [*OUTAGES, "there"]
    lines: list[str] = []

    async def ask() -> str:
        reply = replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    assert await answered(ask, lines.append) == "there"
    (line,) = lines
    assert "Prefect's server does not answer" in line


@pytest.mark.parametrize("error", OTHERS, ids=repr)
async def test_other_failures_are_raised_at_once(error: Exception) -> None:
    async def ask() -> str:
        raise error

    with pytest.raises(type(error)):
        await answered(ask, lambda line: None)


async def test_a_build_outlasts_an_outage_while_it_starts_its_shards_and_waits_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shard = FlowRun(id=uuid4(), flow_id=uuid4(), state=Running())
    owed, calls = [0], {"start": 0, "ask": 0}
    watcher = SimpleNamespace(say=lambda line: None, progressed=lambda *_: None)

    async def start(*_: Any, **__: Any) -> FlowRun:
        calls["start"] += 1
        if calls["start"] < 3:
            raise httpx.ConnectError("gone")
        return shard

    async def ask(*_: Any) -> list[FlowRun]:
        calls["ask"] += 1
        if calls["ask"] in (2, 3):
            raise httpx.ReadTimeout("gone")
        if calls["ask"] == 4:
            owed.clear()
        return [shard if owed else shard.model_copy(update={"state": Completed()})]

    shop = SimpleNamespace(lake=None, watcher=watcher, read=asyncio.to_thread)
    monkeypatch.setattr(module, "workshop", lambda: shop)
    monkeypatch.setattr(module, "arun_deployment", start)
    monkeypatch.setattr(module, "shard_key", lambda run, number: f"shard:{number}")
    monkeypatch.setattr(module, "unfinished_shards", lambda lake, run: list(owed))
    monkeypatch.setattr(module.flow_runs, "all_of_shards", ask)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.0)
    run: Any = SimpleNamespace(run_id="d-r1")
    with temporary_settings({PREFECT_API_URL: str(ASKED.url)}):
        shards = DeployedShards(run, uuid4())
        shards.start([0])
        assert await asyncio.wait_for(shards.join(), 30) == {}
    assert calls == {"start": 3, "ask": 4}
