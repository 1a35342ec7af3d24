"""`stillroom retry`, with a real Prefect server and a real lake: what it tries again, starts and leaves alone."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import Flow, flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.states import Cancelled, Completed, Crashed, Failed, Running, State

from stillroom.code_version import code_version
from stillroom.errors import RequestError
from stillroom.lake import Lake
from stillroom.runs import Run, open_run, shard_key, unfinished_shards
from tasks.flow_runs import all_of_shards, run_tag, shard_of, shard_tag, start_key
from tasks.trying_again import Retry, find_retry, retry, retry_run
from tasks.waking import SHARDS_FAILED, wake_build
from tests.deployed.conftest import StartShard, began, published_in_part, state_of
from tests.fakes.builds import Builder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
GAVE_UP = Failed(name=SHARDS_FAILED, message="the teacher is gone")


async def retried(client: PrefectClient, lake: Lake, run: Run) -> Retry:
    return await retry_run(client, lake, run)


def is_nothing(found: Retry) -> bool:
    return found.build is None and not found.shards and not found.started


async def test_two_retries_at_once_start_nothing_twice(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard
) -> None:
    build = await began(client, run_of_three, GAVE_UP)
    made = [await shard_began(run_of_three, number, Failed(), build.id) for number in range(3)]
    both = await asyncio.gather(*(retried(client, lake, run_of_three) for _ in range(2)))
    assert sorted(len(found.shards) for found in both) == [0, 3]
    assert [await state_of(client, one) for one in made] == ["AwaitingRetry"] * 3


async def test_what_runs_since_it_was_found_is_left_alone(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard
) -> None:
    build = await began(client, run_of_three, GAVE_UP)
    made = [await shard_began(run_of_three, number, Failed(), build.id) for number in range(3)]
    found = await find_retry(client, lake, run_of_three)
    await client.set_flow_run_state(made[1].id, Running(), force=True)  # a person's click, and its worker
    done = await retry(client, run_of_three, found)
    assert [*done.shards] == [0, 2]
    assert [await state_of(client, one) for one in made] == ["AwaitingRetry", "Running", "AwaitingRetry"]


async def test_what_the_newest_build_has_not_started_is_that_builds_to_start(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard
) -> None:
    """A person cancelled the first build; the second one found the teacher still gone, before it started anything."""
    first = await began(client, run_of_three, Cancelled())
    of_first = [await shard_began(run_of_three, n, Cancelled(), first.id) for n in range(3)]
    second = await began(client, run_of_three, GAVE_UP)
    found = await retried(client, lake, run_of_three)
    assert found.build is not None
    assert (found.build.id, found.shards, found.started) == (second.id, {}, {})
    assert await state_of(client, second) == "AwaitingRetry"
    assert [await state_of(client, one) for one in of_first] == ["Cancelled"] * 3


async def test_shards_that_are_done_and_owed_again_under_another_verification_are_the_builds(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard
) -> None:
    first = await began(client, run_of_three, GAVE_UP)
    for number, state in enumerate((Completed(), Completed(), Failed())):
        await shard_began(run_of_three, number, state, first.id)
    for number in (0, 1):
        await Builder(lake).shard(run_of_three, number)
    verification = run_of_three.recipe.verification.model_copy(update={"timeout_seconds": 9.0})
    again = open_run(lake, run_of_three.recipe.model_copy(update={"verification": verification}))
    assert (again.run_id, unfinished_shards(lake, again)) == (run_of_three.run_id, [0, 1, 2])
    second = await began(client, again, GAVE_UP)
    found = await retried(client, lake, again)
    assert found.build is not None
    assert (found.build.id, found.shards, found.started) == (second.id, {}, {})


async def test_what_the_newest_build_has_started_and_what_failed_is_tried_again_and_the_build_waits(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard
) -> None:
    this = await began(client, run_of_three, GAVE_UP)
    await Builder(lake).shard(run_of_three, 0)
    shards = [
        await shard_began(run_of_three, number, state, this.id)
        for number, state in enumerate((Completed(), Failed(), Crashed()))
    ]
    found = await retried(client, lake, run_of_three)
    assert found.build is None
    assert sorted(found.shards) == [1, 2]
    assert [await state_of(client, one) for one in shards] == ["Completed", "AwaitingRetry", "AwaitingRetry"]
    assert await state_of(client, this) == SHARDS_FAILED
    assert is_nothing(await retried(client, lake, run_of_three)), "they wait for a worker"


async def test_a_build_that_failed_otherwise_is_tried_again_and_tries_its_shards(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard
) -> None:
    this = await began(client, run_of_three, Failed(message="GateError: a verifier is not fit"))
    cancelled = [await shard_began(run_of_three, number, Cancelled(), this.id) for number in range(3)]
    found = await retried(client, lake, run_of_three)
    assert found.build is not None
    assert {await state_of(client, one) for one in cancelled} == {"Cancelled"}


@pytest.mark.parametrize("state", [Running(), GAVE_UP], ids=["the build runs", "it waits"])
async def test_a_shard_that_is_at_work_for_an_earlier_build_is_left_alone(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard, state: State
) -> None:
    for number in (0, 1):
        await Builder(lake).shard(run_of_three, number)
    await began(client, run_of_three, state)
    await shard_began(run_of_three, 2, Running(), uuid4())
    assert is_nothing(await retried(client, lake, run_of_three))


async def test_a_shard_without_a_flow_run_is_started_where_its_build_is_done_and_starts_none(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard
) -> None:
    this = await began(client, run_of_three, Completed())
    await published_in_part(lake, run_of_three)
    gone, failed = [await shard_began(run_of_three, number, Failed(), this.id) for number in (1, 2)]
    await client.delete_flow_run(gone.id)
    found = await retried(client, lake, run_of_three)
    assert found.build is None
    assert (sorted(found.shards), sorted(found.started)) == ([2], [1])
    assert await state_of(client, failed) == "AwaitingRetry"
    (started,) = (one for one in await all_of_shards(client, run_of_three.run_id) if shard_of(one) == 1)
    assert started.parameters == {"run_id": run_of_three.run_id, "shard": 1}
    assert started.idempotency_key == start_key(this.id, shard_key(run_of_three, 1))
    assert await state_of(client, started) == "Scheduled"
    assert is_nothing(await retried(client, lake, run_of_three))

    await Builder(lake).shard(run_of_three, 1)
    assert await wake_build(lake, run_of_three.run_id)
    assert await state_of(client, this) == "AwaitingRetry"


async def test_a_cancelled_build_of_a_finished_run_is_tried_again_with_the_shards(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard
) -> None:
    """As long as it is cancelled, Prefect ends its shards."""
    this = await began(client, run_of_three, Cancelled())
    await published_in_part(lake, run_of_three)
    shards = [await shard_began(run_of_three, number, Cancelled(), this.id) for number in (1, 2)]
    found = await retried(client, lake, run_of_three)
    assert found.build is not None
    assert sorted(found.shards) == [1, 2]
    assert {await state_of(client, one) for one in (this, *shards)} == {"AwaitingRetry"}


async def test_shards_that_a_later_run_has_taken_over_are_named_and_not_tried_again(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard
) -> None:
    this = await began(client, run_of_three, Completed())
    await published_in_part(lake, run_of_three)
    failed = await shard_began(run_of_three, 1, Failed(), this.id)
    later = Builder(lake).begin(run_of_three.recipe, new_run=True)
    with pytest.raises(RequestError, match=f"planned anew by the later run {later.run_id}"):
        await retried(client, lake, run_of_three)
    assert await state_of(client, failed) == "Failed"


async def test_a_run_that_was_given_up_is_not_tried_again(
    client: PrefectClient, lake: Lake, run: Run, shard_began: StartShard
) -> None:
    this = await began(client, run, GAVE_UP)
    failed = await shard_began(run, 0, Failed(), this.id)
    Builder(lake).begin(run.recipe, new_run=True)
    with pytest.raises(RequestError, match=f"nothing was done: {run.run_id} was given up"):
        await retried(client, lake, run)
    assert await state_of(client, failed) == "Failed"


async def test_a_run_that_no_flow_run_builds_is_told_what_helps(client: PrefectClient, lake: Lake, run: Run) -> None:
    with pytest.raises(RequestError, match=f"no flow run that builds {run.run_id}. Start a build of its recipe"):
        await retried(client, lake, run)


@flow(name="build")
def _build() -> None: ...


@flow(name="shard")
def _shard() -> None: ...


async def deployed(client: PrefectClient, of: Flow[..., Any], version: str) -> UUID:
    flow_id = await client.create_flow(of)
    return await client.create_deployment(flow_id, f"of {version.replace('/', ' ')}", version=version)


async def began_by(client: PrefectClient, version: str, run: Run) -> FlowRun:
    """The run's build, begun by a deployment of this version of the code; it gave up."""
    deployment = await deployed(client, _build, version)
    return await client.create_flow_run_from_deployment(deployment, state=GAVE_UP, tags=[run_tag(run.run_id)])


OTHERS = r"made by Stillroom 0\.0\.9, this command is of .*Nothing was tried again"


async def test_a_build_that_other_code_began_is_named_and_not_tried_again(
    client: PrefectClient, lake: Lake, run: Run
) -> None:
    theirs = await began_by(client, "0.0.9", run)
    with pytest.raises(RequestError, match=OTHERS):
        await retried(client, lake, run)
    assert await state_of(client, theirs) == SHARDS_FAILED
    ours = await began_by(client, code_version(), run)
    found = await retried(client, lake, run)
    assert found.build is not None
    assert found.build.id == ours.id


async def test_a_shard_that_other_code_began_is_named_and_nothing_is_tried_again(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard
) -> None:
    run = run_of_three
    ours = await began_by(client, code_version(), run)
    shards = [await shard_began(run, number, Failed(), ours.id) for number in (0, 1)]
    theirs = await client.create_flow_run_from_deployment(
        await deployed(client, _shard, "0.0.9"),
        state=Failed(),
        tags=[run_tag(run.run_id), shard_tag(2)],
        idempotency_key=start_key(ours.id, shard_key(run, 2)),
    )
    with pytest.raises(RequestError, match=OTHERS):
        await retried(client, lake, run)
    assert {await state_of(client, one) for one in (*shards, theirs)} == {"Failed"}
