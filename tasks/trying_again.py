"""What `stillroom retry` does with a run: all that the button Retry does for one flow run, and what no button does.

What the run's newest build has started and what ended without being done is tried again. What that build has not
started is the build's to start: flow runs of earlier builds are left alone, since Prefect ends those of a cancelled
build, and their keys may name other work (N or the verification was changed since). Only a build that is done starts
nothing any more: it published without some shards, and these are started for it.
"""

from dataclasses import dataclass

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound

from stillroom.code_version import code_version
from stillroom.errors import RequestError
from stillroom.lake import Lake
from stillroom.runs import (
    Run,
    RunState,
    refuse_given_up,
    refuse_taken_over,
    run_state,
    shard_key,
    unfinished_shards,
)
from tasks import flow_runs
from tasks.waking import alone_waking, waits_for_shards

WHY = "retried with `stillroom retry`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What there is to do about a run.

    Attributes:
        build: the newest flow run that builds it, where that is to be tried again.
        shards: by number the flow runs of shards that are to be tried again.
        started: shards that are to be given flow runs, by number the key of each.
    """

    build: FlowRun | None
    shards: dict[int, FlowRun]
    started: dict[int, str]


async def find_retry(client: PrefectClient, lake: Lake, run: Run) -> Retry:
    """What is to be tried again and started; nothing is changed.

    Raises:
        RequestError: the run was given up; no flow run builds it; a later run has taken over all that it lacks; or
            other code made what would be tried again. Its processes would refuse that one by one.
    """
    refuse_given_up(lake, run.run_id)
    newest = next(iter(await flow_runs.builds(client, run.run_id)), None)
    if newest is None:
        raise RequestError(
            f"Prefect's server has no flow run that builds {run.run_id}. Start a build of its recipe: it goes on with "
            "the run where that is unfinished, and plans anew what a finished one lacks."
        )
    chosen = _chosen(lake, run, newest, await flow_runs.all_of_shards(client, run.run_id))
    found = _without_taken_over(lake, run, chosen)
    again = [found.build, *found.shards.values()]
    await _refuse_other_code(client, [one for one in again if one is not None], starts=bool(found.started))
    return found


async def retry_run(client: PrefectClient, lake: Lake, run: Run) -> Retry:
    """Find and do it, one at a time for each run; returns what was tried again and started.

    Raises:
        RequestError: as ``find_retry``.
        LeaseHeld: somebody has been at it for long.
    """
    async with alone_waking(lake, run.run_id):
        return await retry(client, run, await find_retry(client, lake, run))


async def retry(client: PrefectClient, run: Run, found: Retry) -> Retry:
    """Do it; returns it without what a person has tried again meanwhile.

    The build comes first: as long as it is cancelled, so are its shards.
    """
    build, shards = found.build, dict[int, FlowRun]()
    if build is not None and not await flow_runs.try_again(client, build.id, WHY):
        build = None
    for number, one in found.shards.items():
        if await flow_runs.try_again(client, one.id, WHY):
            shards[number] = one
    for number, key in found.started.items():
        deployment = await client.read_deployment_by_name(flow_runs.SHARD_DEPLOYMENT)
        await client.create_flow_run_from_deployment(
            deployment.id,
            name=f"{run.run_id} shard {number}",
            parameters={"run_id": run.run_id, "shard": number},
            tags=[flow_runs.run_tag(run.run_id), flow_runs.shard_tag(number)],
            idempotency_key=key,
        )
    return Retry(build=build, shards=shards, started=found.started)


def _chosen(lake: Lake, run: Run, build: FlowRun, shards: list[FlowRun]) -> Retry:
    keys = {number: flow_runs.start_key(build.id, shard_key(run, number)) for number in unfinished_shards(lake, run)}
    by_key = {one.idempotency_key: one for one in shards}
    at_work = {flow_runs.shard_of(one) for one in shards if flow_runs.is_live(one.state)}  # also of an earlier build
    owed = {number: key for number, key in keys.items() if number not in at_work}
    ended = {number: by_key[key] for number, key in owed.items() if key in by_key}
    unstarted = {number: key for number, key in owed.items() if key not in by_key}
    is_live, is_open = flow_runs.is_live(build.state), run_state(lake, run.run_id)[0] is RunState.OPENED
    if is_live:  # it starts the others itself
        return Retry(build=None, shards=ended, started={})
    if is_open:
        if unstarted or not waits_for_shards(build) or not keys:
            return Retry(build=build, shards={}, started={})  # which tries its shards again
        return Retry(build=None, shards=ended, started={})
    is_asleep = flow_runs.is_undone(build.state) and (not waits_for_shards(build) or not keys)
    return Retry(build=build if is_asleep else None, shards=ended, started=unstarted)


def _without_taken_over(lake: Lake, run: Run, found: Retry) -> Retry:
    """Without shards of a finished run that would refuse since a later run has planned their prompts anew."""
    refusals: dict[int, RequestError] = {}
    for number in (*found.shards, *found.started):
        try:
            refuse_taken_over(lake, run, number)
        except RequestError as error:
            refusals[number] = error
    shards = {number: one for number, one in found.shards.items() if number not in refusals}
    started = {number: key for number, key in found.started.items() if number not in refusals}
    if refusals and found.build is None and not shards and not started:
        raise next(iter(refusals.values()))
    return Retry(build=found.build, shards=shards, started=started)


async def _refuse_other_code(client: PrefectClient, again: list[FlowRun], *, starts: bool) -> None:
    versions = {one.deployment_version for one in again if one.deployment_version is not None}
    if starts:
        try:
            deployment = await client.read_deployment_by_name(flow_runs.SHARD_DEPLOYMENT)
        except ObjectNotFound as error:
            raise RequestError(
                f"the server has no deployment {flow_runs.SHARD_DEPLOYMENT}; `stillroom up` registers it"
            ) from error
        versions |= {deployment.version} if deployment.version is not None else set()
    if others := sorted(versions - {code_version()}):
        raise RequestError(
            f"what is to be tried again was made by Stillroom {', '.join(others)}, this command is of "
            f"{code_version()}, and two versions never mix in one run. Nothing was tried again. Start a new build: it "
            "continues the same run, and pays for nothing again."
        )
