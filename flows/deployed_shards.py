"""The shards of a deployed build: a flow run of its own each, with the parameters run_id and shard alone.

A worker runs them, and a person retries them one by one. They outlive the build that started them; whether one is done
is asked of the lake.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import arun_deployment

from flows.build import NotStarted
from stillroom.errors import StillroomError
from stillroom.runs import Run, shard_key, unfinished_shards
from tasks import flow_runs
from tasks.lake_outage import lake_answered
from tasks.prefect_outage import answered
from tasks.waking import is_tried_again
from tasks.workshop import workshop

POLL_SECONDS = 2.0


class ShardFailed(StillroomError):
    """The flow run of a shard ended, and the lake does not have the shard."""


class DeployedShards:
    """The shards of one run, each with one flow run for each build of the run.

    A build that is tried again schedules the flow runs of the shards that failed once more, and starts those that
    never were. While Prefect's server or the lake does not answer, it waits; shards that ended over the lake are tried
    again then.

    Args:
        run: the run.
        build_id: the flow run that builds it.
    """

    def __init__(self, run: Run, build_id: UUID) -> None:
        self.advice = f"retry them in Prefect's UI or with `stillroom retry {run.run_id}`; the build goes on by itself."
        self._run = run
        self._build_id = build_id
        self._starting: dict[int, asyncio.Task[UUID]] = {}
        self._in_turn = asyncio.Lock()
        self._found_begun: set[int] = set()
        self._is_over = False

    @property
    def count(self) -> int:
        """Shards that were started."""
        return len(self._starting)

    def start(self, numbers: list[int]) -> None:
        """Start those that were not started yet."""
        for number in numbers:
            if number not in self._starting:
                self._starting[number] = asyncio.create_task(self._start(number))

    async def first_answer(self) -> None:
        """Wait for nothing: a worker takes a while to start a shard, in which prompts are written."""

    async def cancel(self) -> None:
        """Cancel those that are live, and start none any more."""
        self._is_over = True
        # One that is being started just now may be on the server already: it is waited for, and so listed below.
        await asyncio.gather(*self._starting.values(), return_exceptions=True)

        async def cancel() -> None:
            async with get_client() as client:
                await flow_runs.cancel(client, await flow_runs.all_of_shards(client, self._run.run_id))

        await answered(cancel, workshop().watcher.say)

    async def leave(self) -> None:
        """Start none any more. Those on the server go on, unless the build is cancelled there, which ends them too."""
        self._is_over = True
        for starting in self._starting.values():
            starting.cancel()
        await asyncio.gather(*self._starting.values(), return_exceptions=True)

    async def join(self) -> dict[int, BaseException]:
        """Wait until each is done or its flow run has ended; returns the failures by shard."""
        if self._is_over:
            return {}
        started = await asyncio.gather(*self._starting.values(), return_exceptions=True)
        failures = {n: one for n, one in zip(self._starting, started, strict=True) if isinstance(one, BaseException)}
        ids = {n: one for n, one in zip(self._starting, started, strict=True) if isinstance(one, UUID)}
        async with get_client() as client:
            while True:
                owed = await self._owed()
                workshop().watcher.progressed("shards", self.count - len(owed & ids.keys()), self.count)
                owed_ids = {n: id_ for n, id_ in ids.items() if n in owed}
                found = await answered(partial(self._found, client, owed_ids), workshop().watcher.say)
                if await self._tried_again(client, found):
                    continue
                if not any(one is not None and flow_runs.is_live(one.state) for one in found.values()):
                    break
                await asyncio.sleep(POLL_SECONDS)
        owed = await self._owed()  # one may have committed since
        return failures | {n: _failure(n, one) for n, one in found.items() if n in owed}

    async def _owed(self) -> set[int]:
        """The shards that the lake does not have; where it does not answer it is waited for, as Prefect's server is."""
        shop = workshop()

        def ask() -> list[int]:
            return unfinished_shards(shop.lake, self._run)

        return set(await lake_answered(lambda: shop.read(ask), shop.watcher.say))

    async def _tried_again(self, client: PrefectClient, found: Mapping[int, FlowRun | None]) -> bool:
        """Try again what has ended over nothing that a person would have to see to; returns whether there was any.

        Those that this attempt of the build found begun, and that have crashed since: once. Their processes may have
        died together with that of the attempt before. Prefect takes a while to notice, and before it does, one that is
        dead looks like one that runs. And those whose lake was away: it has just answered here.
        """
        is_any = False
        for number, one in found.items():
            if one is None:
                continue
            if flow_runs.is_crashed(one.state) and number in self._found_begun:
                why = "it has crashed, as its build had"
                self._found_begun.remove(number)
            elif is_tried_again(one):
                why = "the lake answers"
            else:
                continue
            await answered(partial(flow_runs.try_again, client, one.id, why), workshop().watcher.say)
            workshop().watcher.say(f"shard {number} is tried again: {why}")
            is_any = True
        return is_any

    async def _found(self, client: PrefectClient, ids: Mapping[int, UUID]) -> dict[int, FlowRun | None]:
        """The flow runs of these ids as they are now, None for those that are gone."""
        listed = {one.id: one for one in await flow_runs.all_of_shards(client, self._run.run_id)}
        # One that was tried again meanwhile may have moved from one page of the list to another: it is asked for alone.
        return {n: listed.get(id_) or await flow_runs.find(client, id_) for n, id_ in ids.items()}

    async def _start(self, number: int) -> UUID:
        return await answered(lambda: self._started(number), workshop().watcher.say)

    async def _started(self, number: int) -> UUID:
        """Give the shard a flow run that is live; returns its id."""
        async with self._in_turn:  # Prefect numbers the children of a flow run as they come
            if self._is_over:
                raise NotStarted(f"shard {number} was not started: its build is being ended")
            flow_run = await arun_deployment(
                flow_runs.SHARD_DEPLOYMENT,
                parameters={"run_id": self._run.run_id, "shard": number},
                flow_run_name=f"{self._run.run_id} shard {number}",
                timeout=0,
                tags=[flow_runs.run_tag(self._run.run_id), flow_runs.shard_tag(number)],
                idempotency_key=flow_runs.start_key(self._build_id, shard_key(self._run, number)),
                as_subflow=True,
            )
        if not flow_runs.is_live(flow_run.state):  # of an earlier attempt of this build
            async with get_client() as client:
                await flow_runs.try_again(client, flow_run.id, "its build was tried again")
        elif flow_runs.has_begun(flow_run.state):
            self._found_begun.add(number)
        return flow_run.id


def _failure(number: int, flow_run: FlowRun | None) -> ShardFailed:
    """Why a shard is owed whose flow run has ended, or is not there any more."""
    if flow_run is not None:
        return ShardFailed(flow_runs.reason(flow_run.state))
    return ShardFailed(f"the flow run of shard {number} was deleted; retry the build, which starts another.")
