"""Waking, against a real Prefect server and a real lake: who is woken, who is not, and that it happens once."""

import asyncio
import logging
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Completed, Crashed, Failed, Running, Scheduled, State

from flows import deployed_reconcile
from flows.deployed_ends import lake_away
from flows.deployed_reconcile import reconcile
from stillroom import LAKE_VARIABLE
from stillroom.cli.orchestrator import states
from stillroom.errors import LakeError
from stillroom.lake import Lake
from stillroom.lease import building, lease, sampling
from stillroom.runs import Run, RunState, close_run, given_up, open_run, unfinished_shards
from tasks import waking
from tasks.flow_runs import builds, cancel, note_that_it_goes_on, try_again
from tasks.shards_again import try_shards_again
from tasks.waking import (
    HELD_UP,
    LAKE_AWAY,
    MOST_ATTEMPTS,
    OVERTAKEN,
    SHARDS_FAILED,
    waits_for_others,
    waits_for_shards,
    wake_build,
)
from tests.deployed.conftest import StartShard, began, published_in_part, state_of
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.integration.workbench import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


GAVE_UP = Failed(name=SHARDS_FAILED, message="1 of 2 shards failed")


@pytest.mark.parametrize(
    ("state", "is_woken"),
    [
        pytest.param(GAVE_UP, True, id="gave up over its shards"),
        pytest.param(Crashed(), True, id="crashed"),
        pytest.param(Failed(message="GateError"), False, id="failed for a reason of its own"),
        pytest.param(Cancelled(), False, id="a person cancelled it"),
        pytest.param(Running(), False, id="still runs"),
        pytest.param(Completed(), False, id="is done"),
        pytest.param(Failed(name=HELD_UP), True, id="others were at work on its dataset"),
        pytest.param(Failed(name=OVERTAKEN), True, id="others published before"),
    ],
)
async def test_once_nothing_is_owed_a_build_is_woken_that_waits_for_its_shards(
    client: PrefectClient, lake: Lake, run: Run, state: State, is_woken: bool
) -> None:
    this = await began(client, run, state)
    await Builder(lake).sample(run)
    assert await wake_build(lake, run.run_id) is is_woken
    assert await state_of(client, this) == ("AwaitingRetry" if is_woken else state.name)


AWAY = Failed(name=LAKE_AWAY, message="LakeError")


@pytest.mark.parametrize(
    "end", [AWAY, Crashed(), Failed(name=OVERTAKEN)], ids=["its lake was away", "it crashed", "others published before"]
)
async def test_a_build_that_ended_so_too_often_is_woken_by_the_shards_that_a_person_has_tried_again(
    api: str, client: PrefectClient, lake: Lake, run: Run, shard_began: StartShard, end: State
) -> None:
    this = await began(client, run, Running())
    shard = await shard_began(run, 0, Failed(), this.id)
    for _ in range(MOST_ATTEMPTS):
        await client.set_flow_run_state(this.id, Running(), force=True)
    await client.set_flow_run_state(this.id, end, force=True)
    assert not await wake_build(lake, run.run_id)
    await Builder(lake).sample(run)
    assert not await wake_build(lake, run.run_id), "it would be tried for ever"
    found = states(api, run.run_id)
    assert found is not None
    assert found.has_crashed_too_often is (end.name == "Crashed")
    await client.set_flow_run_state(shard.id, Running(), force=True)
    assert await wake_build(lake, run.run_id)
    assert await state_of(client, this) == "AwaitingRetry"


@pytest.mark.parametrize(("attempts", "is_by_itself"), [(MOST_ATTEMPTS - 1, True), (MOST_ATTEMPTS, False)])
def test_a_build_whose_lake_is_away_says_who_sees_to_it(run: Run, attempts: int, is_by_itself: bool) -> None:
    message = lake_away(run.run_id, LakeError("PostgreSQL is gone"), attempts).message
    assert message is not None
    assert ("goes on by itself" in message) is is_by_itself
    assert ("waits for a person" in message) is not is_by_itself
    build = FlowRun(flow_id=uuid4(), state=AWAY, run_count=attempts)
    assert waits_for_others(build) is is_by_itself
    assert waits_for_shards(build) is not is_by_itself


async def test_as_long_as_a_shard_is_owed_nobody_is_woken(client: PrefectClient, lake: Lake, run: Run) -> None:
    this = await began(client, run, GAVE_UP)
    assert not await wake_build(lake, run.run_id)
    assert await state_of(client, this) == SHARDS_FAILED


async def test_two_shards_that_end_together_wake_their_build_once(client: PrefectClient, lake: Lake, run: Run) -> None:
    await began(client, run, GAVE_UP)
    await Builder(lake).sample(run)
    woken = await asyncio.gather(*(wake_build(lake, run.run_id) for _ in range(3)))
    assert sorted(woken) == [False, False, True]


async def test_only_the_newest_build_of_a_run_counts(client: PrefectClient, lake: Lake, run: Run) -> None:
    older = await began(client, run, GAVE_UP)
    await began(client, run, Cancelled())
    await Builder(lake).sample(run)
    assert not await wake_build(lake, run.run_id)
    assert await state_of(client, older) == SHARDS_FAILED


async def test_a_finished_run_wakes_nobody(client: PrefectClient, lake: Lake, run: Run) -> None:
    await began(client, run, GAVE_UP)
    await Builder(lake).build(run.recipe)
    assert not await wake_build(lake, run.run_id)


async def test_a_run_that_was_given_up_for_a_later_one_wakes_nobody(
    client: PrefectClient, lake: Lake, run: Run
) -> None:
    await began(client, run, GAVE_UP)
    builder = Builder(lake)
    await builder.sample(run)
    builder.begin(run.recipe, new_run=True)
    assert not await wake_build(lake, run.run_id)


HELD = Failed(name=HELD_UP, message="Nothing was done")


async def test_a_build_that_was_held_up_is_woken_once_its_dataset_is_free(
    client: PrefectClient, lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = await began(client, run, HELD)
    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    with lease(lake.root, building(run.recipe.dataset)):
        assert not await wake_build(lake, run.run_id)
        assert await reconcile.fn() == []
        assert await state_of(client, this) == HELD_UP
    assert await reconcile.fn() == [run.run_id]
    assert await state_of(client, this) == "AwaitingRetry"


async def test_a_build_that_was_held_up_by_the_run_that_its_own_was_given_up_for_fails(
    client: PrefectClient, lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = await began(client, run, HELD)
    later = Builder(lake).begin(run.recipe, new_run=True)
    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    with lease(lake.root, building(run.recipe.dataset)):
        assert await reconcile.fn() == []
    state = (await client.read_flow_run(this.id)).state
    assert state is not None
    assert (state.type, state.name) == (StateType.FAILED, "Failed")
    assert state.message == f"Nothing was done: {given_up(lake, run.run_id)}"
    assert later.run_id in state.message


async def test_a_build_that_was_held_up_waits_until_the_later_run_has_planned_something(
    client: PrefectClient, lake: Lake, run: Run
) -> None:
    """It may find nothing to do: then nobody has given up this one."""
    this = await began(client, run, HELD)
    later = open_run(lake, run.recipe, new_run=True)
    with lease(lake.root, building(run.recipe.dataset)):
        assert not await wake_build(lake, run.run_id)
    assert await state_of(client, this) == HELD_UP
    close_run(lake, later, RunState.EMPTY, "")
    assert await wake_build(lake, run.run_id)


async def test_builds_that_are_held_up_in_another_lake_are_left_to_it(
    client: PrefectClient, lake: Lake, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = await began(client, run, HELD)
    Lake.open(tmp_path / "other", create=True).close()
    monkeypatch.setenv(LAKE_VARIABLE, str(tmp_path / "other"))
    assert await reconcile.fn() == []
    assert await state_of(client, this) == HELD_UP


async def test_a_build_that_began_late_is_newer_than_one_that_was_to_begin_after_it(
    api: str, client: PrefectClient, lake: Lake, run: Run
) -> None:
    """The one of the night begins in the morning; meanwhile a person has begun one and cancelled it."""
    nightly = await began(client, run, Scheduled(scheduled_time=datetime.now(UTC) - timedelta(hours=6)))
    by_hand = await began(client, run, Running())
    await client.set_flow_run_state(by_hand.id, Cancelled(), force=True)
    for state in (Running(), GAVE_UP):
        await client.set_flow_run_state(nightly.id, state, force=True)
    assert [one.id for one in await builds(client, run.run_id)] == [nightly.id, by_hand.id]
    found = states(api, run.run_id)
    assert found is not None
    assert found.build == (SHARDS_FAILED, GAVE_UP.message)
    await Builder(lake).sample(run)
    assert await wake_build(lake, run.run_id)


async def test_a_build_that_a_person_has_tried_again_counts_though_another_began_after_it(
    api: str, client: PrefectClient, lake: Lake, run: Run
) -> None:
    first = await began(client, run, Failed(name=SHARDS_FAILED, message="of the first"))
    second = await began(client, run, Cancelled())
    assert [one.id for one in await builds(client, run.run_id)] == [second.id, first.id]
    await note_that_it_goes_on(client, first, run.run_id)
    assert [one.id for one in await builds(client, run.run_id)] == [first.id, second.id]
    found = states(api, run.run_id)
    assert found is not None
    assert found.build == (SHARDS_FAILED, "of the first")
    await Builder(lake).sample(run)
    assert await wake_build(lake, run.run_id)
    assert await state_of(client, first) == "AwaitingRetry"


async def test_a_shard_that_comes_after_its_run_was_published_wakes_the_build_again(
    client: PrefectClient, lake: Lake, run_of_three: Run
) -> None:
    this = await began(client, run_of_three, Completed())
    builder = await published_in_part(lake, run_of_three)
    assert not await wake_build(lake, run_of_three.run_id)
    await builder.shard(run_of_three, 1)
    with lease(lake.root, sampling(run_of_three.run_id, 2)):
        assert not await wake_build(lake, run_of_three.run_id), "another one is at work: both come together"
    assert await wake_build(lake, run_of_three.run_id)
    assert await state_of(client, this) == "AwaitingRetry"
    assert not await wake_build(lake, run_of_three.run_id)


async def test_a_cancelled_build_is_not_woken_by_what_comes_late(
    client: PrefectClient, lake: Lake, run_of_three: Run
) -> None:
    await began(client, run_of_three, Cancelled())
    builder = await published_in_part(lake, run_of_three)
    await builder.shard(run_of_three, 1)
    assert not await wake_build(lake, run_of_three.run_id)


async def test_where_a_shard_died_before_it_could_wake_its_build_reconciling_does(
    client: PrefectClient, lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = await began(client, run, GAVE_UP)
    await Builder(lake).sample(run)
    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    assert await reconcile.fn() == [run.run_id]
    assert await state_of(client, this) == "AwaitingRetry"
    assert await reconcile.fn() == []


async def test_a_shard_that_is_killed_between_its_commit_and_its_waking_of_the_build_loses_nothing(
    client: PrefectClient, lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = await began(client, run, GAVE_UP)
    command = [sys.executable, "-m", "tests.deployed.dying_shard", str(lake.root), run.run_id]
    killed = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    assert await killed.wait() == -signal.SIGKILL
    assert unfinished_shards(lake, run) == []
    assert await state_of(client, this) == SHARDS_FAILED
    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    assert await reconcile.fn() == [run.run_id]
    assert await state_of(client, this) == "AwaitingRetry"


async def test_reconciling_wakes_a_finished_build_for_what_came_late(
    client: PrefectClient, lake: Lake, run_of_three: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    await began(client, run_of_three, Completed())
    builder = await published_in_part(lake, run_of_three)
    await builder.shard(run_of_three, 2)
    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    assert await reconcile.fn() == [run_of_three.run_id]


@pytest.mark.parametrize(
    "end", [Failed(message="SandboxError: Docker was restarted"), Failed(message="GateError: a seed")], ids=str
)
async def test_a_build_that_failed_over_what_came_late_is_woken_once_for_each_shard_that_comes_then(
    client: PrefectClient,
    lake: Lake,
    run_of_three: Run,
    shard_began: StartShard,
    monkeypatch: pytest.MonkeyPatch,
    end: State,
) -> None:
    run = run_of_three
    this = await began(client, run, Running())
    shards = {number: await shard_began(run, number, Failed(), this.id) for number in (1, 2)}
    builder = await published_in_part(lake, run)
    await builder.shard(run, 1)
    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    await client.set_flow_run_state(this.id, end, force=True)
    assert await reconcile.fn() == [], "it would fail every two minutes"
    await client.set_flow_run_state(shards[2].id, Running(), force=True)
    await builder.shard(run, 2)
    assert await wake_build(lake, run.run_id)
    assert await state_of(client, this) == "AwaitingRetry"
    await client.set_flow_run_state(this.id, end, force=True)
    assert await reconcile.fn() == []


async def test_a_build_that_died_before_it_could_tell_what_came_of_its_run_is_woken(
    client: PrefectClient, lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = await began(client, run, Crashed())
    await Builder(lake).build(run.recipe)
    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    assert await reconcile.fn() == [run.run_id]
    assert await state_of(client, this) == "AwaitingRetry"


@pytest.mark.parametrize("end", [GAVE_UP, Failed(message="GateError"), Crashed()], ids=["gave up", "failed", "crashed"])
async def test_a_shard_whose_lake_was_away_after_its_build_had_ended_is_tried_again_by_reconciling(
    client: PrefectClient,
    lake: Lake,
    run: Run,
    shard_began: StartShard,
    monkeypatch: pytest.MonkeyPatch,
    end: State,
) -> None:
    this = await began(client, run, Running())
    for _ in range(MOST_ATTEMPTS):  # else a crashed build would start it
        await client.set_flow_run_state(this.id, Running(), force=True)
    shard = await shard_began(run, 0, AWAY, this.id)
    await client.set_flow_run_state(this.id, end, force=True)
    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    assert await reconcile.fn() == [run.run_id]
    assert await state_of(client, shard) == "AwaitingRetry"
    assert await state_of(client, this) == end.name
    assert await reconcile.fn() == []


async def test_a_late_shard_whose_lake_was_away_is_tried_again_by_reconciling(
    client: PrefectClient,
    lake: Lake,
    run_of_three: Run,
    shard_began: StartShard,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    this = await began(client, run_of_three, Completed())
    await published_in_part(lake, run_of_three)
    shard = await shard_began(run_of_three, 1, AWAY, this.id)
    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    assert await reconcile.fn() == [run_of_three.run_id]
    assert await state_of(client, shard) == "AwaitingRetry"


@pytest.mark.parametrize(
    "build",
    [pytest.param(Cancelled(), id="a person cancelled it"), pytest.param(Running(), id="it does so itself")],
)
async def test_shards_whose_lake_was_away_are_left_to_a_build_that_runs_and_to_who_cancelled_it(
    client: PrefectClient, lake: Lake, run: Run, shard_began: StartShard, build: State
) -> None:
    this = await began(client, run, build)
    await shard_began(run, 0, AWAY, this.id)
    assert not await try_shards_again(lake, run.run_id)


async def test_a_shard_whose_lake_was_away_is_left_to_another_flow_run_of_it_and_to_what_came_after(
    client: PrefectClient, lake: Lake, run: Run, shard_began: StartShard
) -> None:
    await began(client, run, GAVE_UP)
    await shard_began(run, 0, AWAY, uuid4())
    other = await shard_began(run, 0, Running(), uuid4())
    assert not await try_shards_again(lake, run.run_id)
    await client.set_flow_run_state(other.id, Failed(message="the teacher is gone"), force=True)
    assert not await try_shards_again(lake, run.run_id), "a person has to see to that"
    Builder(lake).begin(run.recipe, new_run=True)
    await client.set_flow_run_state(other.id, AWAY, force=True)
    assert not await try_shards_again(lake, run.run_id), "the run was given up"


async def both_sampled(client: PrefectClient, lake: Lake, run: Run, folder: Path) -> Run:
    """A run of another dataset; the builds of both gave up, and then all samples came."""
    builder = Builder(lake)
    other = builder.begin(recipe(folder).model_copy(update={"dataset": f"{run.recipe.dataset}-other"}))
    for one in (run, other):
        await began(client, one, GAVE_UP)
        await builder.sample(one)
    return other


async def test_a_run_that_cannot_be_settled_keeps_no_other_waiting(
    client: PrefectClient,
    lake: Lake,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = await both_sampled(client, lake, run, tmp_path)
    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    monkeypatch.setattr(waking, "LEASE_SECONDS", 0.2)
    monkeypatch.setattr(deployed_reconcile, "get_run_logger", lambda: logging.getLogger("reconcile"))
    for stuck, free in ((run, other), (other, run)):
        with lease(lake.root, f"waking the build of {stuck.run_id}"):
            assert await reconcile.fn() == [free.run_id]
        assert f"{stuck.run_id} is left as it is: LeaseHeld: waking" in caplog.text
        await began(client, free, GAVE_UP)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(httpx.ReadTimeout("no answer in time"), id="no answer"),
        pytest.param(ObjectNotFound(KeyError()), id="its flow run was deleted meanwhile"),
        pytest.param(RuntimeError("the server's version is not known"), id="no version"),
    ],
)
async def test_what_prefect_says_of_one_run_keeps_no_other_waiting(
    client: PrefectClient,
    lake: Lake,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
) -> None:
    other = await both_sampled(client, lake, run, tmp_path)

    async def wake(lake: Lake, run_id: str) -> bool:
        if run_id == run.run_id:
            raise failure
        return await wake_build(lake, run_id)

    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    monkeypatch.setattr(deployed_reconcile, "wake_build", wake)
    monkeypatch.setattr(deployed_reconcile, "get_run_logger", lambda: logging.getLogger("reconcile"))
    assert await reconcile.fn() == [other.run_id]
    assert f"{run.run_id} is left as it is: {type(failure).__name__}: " in caplog.text


async def test_cancelling_ends_at_once_what_waits_for_another_try(client: PrefectClient, run: Run) -> None:
    waits, runs = await began(client, run, Failed()), await began(client, run, Running())
    for one in (waits, runs):
        await client.update_flow_run(one.id, infrastructure_pid="here:1")
    await try_again(client, waits.id, "a person clicked")
    assert len(await cancel(client, await builds(client, run.run_id))) == 2
    assert await state_of(client, waits) == "Cancelled"
    assert await state_of(client, runs) == "Cancelling", "its worker is to end the process"
