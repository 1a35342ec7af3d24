"""Slots of a real Prefect server, which is gone for a while: they are waited for, and given back without it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.concurrency.context import ConcurrencyContext
from prefect.exceptions import ObjectAlreadyExists, PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from tasks import prefect_outage
from tasks.slots import LIMITS, LimitMissing, slots
from tests.fakes.broken_wire import BrokenWire
from tests.fakes.postgres import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
async def _limit_of_teachers(client: PrefectClient) -> None:
    try:
        await client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=LIMITS["teacher"], limit=1))
    except ObjectAlreadyExists:
        return


async def taken(client: PrefectClient) -> int:
    return await active(client, LIMITS["teacher"])


async def active(client: PrefectClient, name: str) -> int:
    return (await client.read_global_concurrency_limit_by_name(name)).active_slots


async def test_a_limit_that_was_removed_is_an_error_also_where_another_one_is_there(client: PrefectClient) -> None:
    async with slots(["teacher"], pytest.fail):
        assert await taken(client) == 1
    with pytest.raises(LimitMissing, match=rf"no concurrency limit {LIMITS['sandbox']}"):
        async with slots(["sandbox", "teacher"], pytest.fail):
            pytest.fail("nothing limits the sandbox")
    assert await taken(client) == 0


@pytest.fixture
async def limit(client: PrefectClient, monkeypatch: pytest.MonkeyPatch) -> str:
    """One that nobody in this process has had a slot of, so that no client of its has reached a server."""
    name = f"limit-{uuid4()}"
    await client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=1))
    monkeypatch.setitem(LIMITS, "teacher", name)
    monkeypatch.setattr(prefect_outage, "PAUSE_SECONDS", 0.2)
    return name


@contextmanager
def reached_at(port: int) -> Iterator[None]:
    """The server is asked at another port, and each request is tried once."""
    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{port}/api", PREFECT_CLIENT_MAX_RETRIES: 0}):
        yield


async def test_the_first_slot_of_a_process_is_waited_for_until_the_server_is_back(
    api: str, client: PrefectClient, limit: str
) -> None:
    lines: list[str] = []
    is_held, is_over = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with slots(["teacher"], lines.append):
            is_held.set()
            await is_over.wait()

    port = free_port()
    with reached_at(port):
        holding = asyncio.create_task(hold())
        await asyncio.sleep(2.0)
        assert not is_held.is_set()
        assert not holding.done()
        wire = BrokenWire(urlsplit(api).port or 0, at=port)
        await asyncio.wait_for(is_held.wait(), 30)
        assert await active(client, limit) == 1
        is_over.set()
        await holding
        wire.close()
    assert await active(client, limit) == 0
    (line,) = lines
    assert "Prefect's server does not answer" in line


@pytest.mark.parametrize("failure", [None, ZeroDivisionError("a defect")], ids=["done", "failed"])
async def test_a_slot_that_cannot_be_given_back_changes_nothing_of_what_was_done(
    api: str, limit: str, failure: Exception | None
) -> None:
    lines: list[str] = []
    wire = BrokenWire(urlsplit(api).port or 0)

    async def work() -> str:
        async with slots(["teacher"], lines.append):
            wire.close()
            wire.cut()
            wire.let_server_know()
            if failure is not None:
                raise failure
        return "done"

    with reached_at(wire.port):
        (end,) = await asyncio.gather(work(), return_exceptions=True)
    assert end == (failure or "done")
    (line,) = lines
    assert f"did not take back a slot of {limit}" in line


async def until(holds: Callable[[], bool]) -> None:
    while True:
        if holds():
            return
        await asyncio.sleep(0.05)


async def put_through(ask: Callable[[], Awaitable[object]]) -> None:
    """Ask the server until it has time: 503 is what it says while others hold its SQLite for long, and did nothing."""
    while True:
        try:
            await ask()
        except PrefectHTTPStatusError as error:
            if error.response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            await asyncio.sleep(0.5)
        else:
            return


@pytest.mark.parametrize("is_told", [True, False], ids=["long", "within the patience of Prefect's client"])
async def test_what_was_held_through_an_outage_is_asked_for_again_before_anything_is_begun(
    api: str, client: PrefectClient, limit: str, monkeypatch: pytest.MonkeyPatch, is_told: bool
) -> None:
    """Prefect takes slots back whose holders it hears nothing of, and gives them to others."""
    second = f"limit-{uuid4()}"
    await client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=second, limit=1))
    monkeypatch.setitem(LIMITS, "sandbox", second)
    lines: list[str] = []
    is_begun, is_over = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with slots(["teacher", "sandbox"], lines.append):
            is_begun.set()
            await is_over.wait()

    wire = BrokenWire(urlsplit(api).port or 0)
    await put_through(lambda: client.increment_concurrency_slots([second], 1, "concurrency"))
    with reached_at(wire.port), ConcurrencyContext() as context:
        holding = asyncio.create_task(hold())
        await until(lambda: bool(context.cleanup_lease_ids))
        await asyncio.sleep(1.0)  # in which it asks for the second one
        if is_told:
            wire.die()
            await until(lambda: bool(lines))
        (lease,) = context.cleanup_lease_ids
        await put_through(lambda: client.release_concurrency_slots_with_lease(lease))
        await put_through(lambda: client.increment_concurrency_slots([limit], 1, "concurrency"))
        wire.revive()
        await put_through(lambda: client.release_concurrency_slots([second], 1, 1.0))
        await asyncio.sleep(3.5)  # at five the server closes what this test's client has open
        assert not is_begun.is_set(), "the first one is another's"
        await put_through(lambda: client.release_concurrency_slots([limit], 1, 1.0))
        await asyncio.wait_for(is_begun.wait(), 60)
        assert [await active(client, name) for name in (limit, second)] == [1, 1]
        assert bool(lines) is is_told
        is_over.set()
        await holding
        assert context.cleanup_lease_ids == []
    wire.close()
    assert [await active(client, name) for name in (limit, second)] == [0, 0]
