"""A run may be published without its last shards; the next version, or the next run, has what they bring."""

from contextlib import suppress
from pathlib import Path

import pytest

from stillroom.cli.explaining import explain
from stillroom.errors import RequestError, TeacherError
from stillroom.lake import Lake
from stillroom.lease import lease, sampling
from stillroom.publication import Snapshot, manifest, publish, snapshots
from stillroom.publication.summary import summary
from stillroom.runs import (
    Run,
    RunState,
    abandoned_entries,
    at_work,
    change_verification,
    close_run,
    finish_run,
    given_up,
    late_shards,
    left_out,
    load_run,
    may_be_published,
    missing,
    open_run,
    open_runs,
    refuse_given_up,
    refuse_taken_over,
    runs_with_late_shards,
    shard_key,
    shard_prompts,
    shards_of_run,
)
from stillroom.runs.curating import curate_run
from tests.fakes.builds import Builder, all_knowing_client
from tests.fakes.prompts import recipe

FOUR_EACH = "execution: {prompts_per_shard: 1}\nsampling: {adaptive: false, samples: 4, wave: 2}"
HALF = FOUR_EACH + "\nsnapshot: {allow_partial: 0.5}"


async def published_in_part(lake: Lake, tmp_path: Path) -> tuple[Run, Snapshot]:
    """A run of two shards, the second of which has failed when two of its four samples were paid for."""
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path, HALF, seeds=2))
    await builder.shard(run, 0)
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), 6
    with pytest.raises(TeacherError):
        await builder.shard(run, 1)
    assert len(builder.client.paid) == 6
    return run, published(lake, run)


def published(lake: Lake, run: Run) -> Snapshot:
    snapshot = publish(lake, run, curate_run(lake, run, ["fake-id"]))
    assert snapshot is not None
    close_run(lake, run, RunState.PUBLISHED, snapshot.label)
    return snapshot


async def test_a_run_that_was_verified_again_lacks_what_it_lacked(lake: Lake, tmp_path: Path) -> None:
    run, first = await published_in_part(lake, tmp_path)
    slower = run.recipe.verification.model_copy(update={"timeout_seconds": 9.0})
    change_verification(lake, run.run_id, slower)
    again = load_run(lake, run.run_id)
    assert again.recipe.verification == slower
    assert missing(lake, again).shards == (1,)
    assert [row["committed"] for row in shards_of_run(lake, run.run_id)] == [True, False]
    assert manifest(lake, first)["run"]["missing"]["shards"] == (1,)
    assert shard_key(again, 0) != shard_key(run, 0)
    await Builder(lake).shard(again, 1)
    assert missing(lake, again).shards == ()


async def test_an_unfinished_run_owes_what_another_verification_asks_for(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    begun = builder.begin(recipe(tmp_path, FOUR_EACH))
    await builder.shard(begun, 0)
    changed = recipe(tmp_path, FOUR_EACH + "\nverification: {min_test_strength: null, timeout_seconds: 9}")
    assert missing(lake, open_run(lake, changed)).shards == (0, 1)


@pytest.mark.parametrize(("least", "is_enough"), [("null", False), ("0.6", False), ("0.5", True), ("0.0", True)])
async def test_the_recipe_says_how_much_is_enough(lake: Lake, tmp_path: Path, least: str, is_enough: bool) -> None:
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path, f"{FOUR_EACH}\nsnapshot: {{allow_partial: {least}}}"))
    await builder.shard(run, 0)
    assert str(missing(lake, run)) == "shard 1 (1 of 2 prompts)"
    assert may_be_published(lake, run) is is_enough
    await builder.shard(run, 1)
    assert missing(lake, run).shards == ()
    assert may_be_published(lake, run)


async def test_the_manifest_says_what_a_version_lacks_and_the_next_one_holds_what_came_late(
    lake: Lake, tmp_path: Path
) -> None:
    run, first = await published_in_part(lake, tmp_path)
    stated = manifest(lake, first)
    assert stated["run"]["missing"] == {"shards": (1,), "prompts": 1, "of_prompts": 2}
    assert "It lacks 1 of the 2 prompts of its run: shards 1 had failed" in summary(stated, tmp_path)
    assert (late_shards(lake, run.run_id), runs_with_late_shards(lake)) == ([], [])

    builder = Builder(lake)
    await builder.shard(run, 1)
    assert len(builder.client.paid) == 2, "half of it was paid for before"
    assert (late_shards(lake, run.run_id), runs_with_late_shards(lake)) == ([1], [run.run_id])

    second = published(lake, load_run(lake, run.run_id))
    assert (second.version, second.new_rows) == (2, 2)
    assert set(snapshots(lake)) == {first, second}
    assert manifest(lake, second)["run"]["missing"]["shards"] == ()
    assert manifest(lake, first)["run"]["missing"]["shards"] == (1,), "as the lake was when it was published"
    assert late_shards(lake, run.run_id) == []


async def test_a_shard_that_comes_while_its_run_is_curated_is_missing_in_that_version_and_late(
    lake: Lake, tmp_path: Path
) -> None:
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path, HALF, seeds=2))
    await builder.shard(run, 0)
    curation = curate_run(lake, run, ["fake-id"])
    await builder.shard(run, 1)
    first = publish(lake, run, curation)
    assert first is not None
    close_run(lake, run, RunState.PUBLISHED, first.label)
    assert str(left_out(lake, run)) == "shard 1 (1 of 2 prompts)"
    assert (late_shards(lake, run.run_id), runs_with_late_shards(lake)) == ([1], [run.run_id])

    second = published(lake, load_run(lake, run.run_id))
    assert (second.version, second.new_rows) == (2, first.new_rows)
    assert [manifest(lake, one)["run"]["missing"]["shards"] for one in (first, second)] == [(1,), ()]
    assert left_out(lake, run).shards == ()
    assert late_shards(lake, run.run_id) == []


async def test_what_came_late_stays_late_until_its_run_is_finished_anew(lake: Lake, tmp_path: Path) -> None:
    run, _ = await published_in_part(lake, tmp_path)
    await Builder(lake).shard(run, 1)
    curate_run(lake, run, ["fake-id"])  # and the build dies
    assert late_shards(lake, run.run_id) == [1]


async def test_the_next_run_takes_over_what_is_missing_and_pays_for_the_rest_of_it(lake: Lake, tmp_path: Path) -> None:
    run, _ = await published_in_part(lake, tmp_path)
    builder = Builder(lake)
    second, snapshot = await builder.build(recipe(tmp_path, HALF))
    assert second.run_id != run.run_id
    assert len(builder.client.paid) == 2
    assert snapshot is not None
    assert (snapshot.version, snapshot.new_rows) == (2, 2)
    assert lake.rows("SELECT count(*) AS n, count(DISTINCT sample_id) AS d FROM lake.samples") == [{"n": 8, "d": 8}]

    with pytest.raises(RequestError, match=rf"planned anew by the later run {second.run_id}.*Nothing was asked"):
        refuse_taken_over(lake, run, 1)
    refuse_taken_over(lake, run, 0)
    refuse_taken_over(lake, second, 0)


SIX_KEPT = "\nselection: {keep: 6}"
RAISED = HALF.replace("samples: 4", "samples: 8") + SIX_KEPT


async def raised_in_part(lake: Lake, tmp_path: Path) -> Run:
    """A run of two shards that had four samples of each prompt; asked for eight, the second died after two more."""
    builder = Builder(lake)
    await builder.build(recipe(tmp_path, FOUR_EACH + SIX_KEPT, seeds=2))
    run = builder.begin(recipe(tmp_path, RAISED))
    await builder.shard(run, 0)
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), 8 + 4 + 2
    with pytest.raises(TeacherError):
        await builder.shard(run, 1)
    finish_run(lake, run, published(lake, run).label)
    assert missing(lake, run).shards == (1,)
    return run


async def test_where_n_was_raised_the_next_run_takes_over_what_a_missing_shard_had_and_was_paid_for(
    lake: Lake, tmp_path: Path
) -> None:
    run = await raised_in_part(lake, tmp_path)
    builder = Builder(lake)
    second, snapshot = await builder.build(recipe(tmp_path, RAISED))

    assert second.run_id != run.run_id
    assert len(builder.client.paid) == 8 - 4 - 2
    assert snapshot is not None
    assert (snapshot.version, snapshot.rows, snapshot.new_rows) == (3, 12, 2)
    assert lake.rows("SELECT count(DISTINCT sample_id) AS n FROM lake.samples") == [{"n": 16}]
    assert lake.rows("SELECT sum(samples) AS n FROM lake.costs WHERE stage = 'sampling'") == [{"n": 16}]
    with pytest.raises(RequestError, match=f"planned anew by the later run {second.run_id}"):
        refuse_taken_over(lake, run, 1)

    _, nothing = await builder.build(recipe(tmp_path, RAISED))
    assert nothing is None
    assert len(builder.client.paid) == 2


async def test_of_what_the_next_run_takes_over_is_said_in_which_versions_it_is(lake: Lake, tmp_path: Path) -> None:
    run = await raised_in_part(lake, tmp_path)
    builder = Builder(lake)
    second = builder.begin(recipe(tmp_path, RAISED))
    await builder.sample(second)
    asked = "SELECT sample_id FROM lake.examples SEMI JOIN (FROM lake.samples WHERE run_id = ?) USING (sample_id)"
    taken = [row["sample_id"] for row in lake.rows(asked, [second.run_id])]
    assert len(taken) == 4

    def told() -> list[tuple[object, ...]]:
        found = [explain(lake, sample_id) for sample_id in taken]
        return [*{(one["run_id"], one["kept"], *one["snapshots"]) for one in found}]

    assert told() == [(run.run_id, True, "tiny@1", "tiny@2")], "while it is at work"
    published(lake, second)
    assert told() == [(run.run_id, True, "tiny@1", "tiny@2", "tiny@3")]


async def test_where_n_was_raised_and_the_shard_came_late_the_next_run_samples_nothing(
    lake: Lake, tmp_path: Path
) -> None:
    run = await raised_in_part(lake, tmp_path)
    await Builder(lake).shard(run, 1)
    builder = Builder(lake)
    await builder.build(recipe(tmp_path, RAISED))
    assert builder.client.paid == []


async def test_where_n_was_raised_in_mid_run_what_has_fewer_is_taken_over_too(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    await builder.shard(builder.begin(recipe(tmp_path, HALF, seeds=2)), 1)
    run = builder.begin(recipe(tmp_path, RAISED))
    await builder.shard(run, 0)
    published(lake, run)

    builder.client = all_knowing_client()
    await builder.build(recipe(tmp_path, RAISED))
    assert len(builder.client.paid) == 4


@pytest.mark.parametrize(
    "paid",
    [
        pytest.param(8 + 4 + 2, id="a shard has all, the other died"),
        pytest.param(8 + 2, id="the first died, the other was not begun"),
        pytest.param(8 + 8, id="both have all, and it died before it was curated"),
    ],
)
async def test_where_n_was_raised_on_a_finished_run_that_is_given_up_the_next_run_takes_over_all_that_it_had(
    lake: Lake, tmp_path: Path, paid: int
) -> None:
    builder = Builder(lake)
    await builder.build(recipe(tmp_path, FOUR_EACH + SIX_KEPT, seeds=2))
    raised = builder.begin(recipe(tmp_path, RAISED))
    assert raised.is_rederived
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), paid
    with suppress(TeacherError):
        await builder.sample(raised)
    assert len(builder.client.paid) == paid

    builder.client.failure = None
    second, snapshot = await builder.build(recipe(tmp_path, RAISED), new_run=True)

    assert len(builder.client.paid) == 16
    assert snapshot is not None
    assert (snapshot.version, snapshot.rows, snapshot.new_rows) == (2, 12, 4)
    assert lake.rows("SELECT count(DISTINCT sample_id) AS n FROM lake.samples") == [{"n": 16}]
    assert lake.rows("SELECT sum(samples)::BIGINT AS n FROM lake.costs WHERE stage = 'sampling'") == [{"n": 16}]
    assert left_out(lake, second).shards == ()

    _, nothing = await builder.build(recipe(tmp_path, RAISED))
    assert nothing is None
    assert len(builder.client.paid) == 16


OTHER_VERIFICATION = "\nverification: {min_test_strength: null, timeout_seconds: 9}"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(FOUR_EACH + SIX_KEPT, id="selection"),
        pytest.param(FOUR_EACH + OTHER_VERIFICATION, id="verification"),
        pytest.param(FOUR_EACH.replace("samples: 4", "samples: 2"), id="fewer samples"),
    ],
)
@pytest.mark.parametrize("judged_again", [False, True])
async def test_a_finished_run_that_was_opened_again_for_no_more_samples_and_given_up_keeps_its_prompts(
    lake: Lake, tmp_path: Path, changed: str, judged_again: bool
) -> None:
    builder = Builder(lake)
    await builder.build(recipe(tmp_path, FOUR_EACH, seeds=2))
    derived = builder.begin(recipe(tmp_path, changed))
    assert derived.is_rederived
    if judged_again:
        await builder.shard(derived, 0)

    for verified_again in (False, True):
        if verified_again:
            slower = derived.recipe.verification.model_copy(update={"timeout_seconds": 12.0})
            change_verification(lake, derived.run_id, slower)
        later = builder.begin(recipe(tmp_path, changed), new_run=True)
        assert shards_of_run(lake, later.run_id) == []


async def test_what_a_finished_run_lacked_it_lacks_when_it_was_opened_again_and_given_up(
    lake: Lake, tmp_path: Path
) -> None:
    run = await raised_in_part(lake, tmp_path)
    derived = Builder(lake).begin(recipe(tmp_path, RAISED + OTHER_VERIFICATION))
    assert (derived.run_id, derived.is_rederived) == (run.run_id, True)

    later = Builder(lake).begin(recipe(tmp_path, RAISED + OTHER_VERIFICATION), new_run=True)
    ((prompt, _),) = shard_prompts(lake, run, 1)
    (taken_over,) = shards_of_run(lake, later.run_id)
    assert [one.prompt_id for one, _ in shard_prompts(lake, later, taken_over["shard"])] == [prompt.prompt_id]


async def test_another_epoch_takes_nothing_over_and_nobody_waits_for_it(lake: Lake, tmp_path: Path) -> None:
    run, _ = await published_in_part(lake, tmp_path)
    second = Builder(lake).begin(recipe(tmp_path, HALF.replace("samples: 4", "samples: 4, epoch: 1")))
    refuse_taken_over(lake, run, 1)
    number = shard_of(lake, second, run, 1)
    with lease(lake.root, sampling(run.run_id, 1)), lease(lake.root, sampling(second.run_id, number)):
        assert at_work(lake, run, 1) == at_work(lake, second, number) == []


async def test_the_journal_of_another_epoch_is_left_alone_since_somebody_may_be_writing_it(
    lake: Lake, tmp_path: Path
) -> None:
    run, _ = await published_in_part(lake, tmp_path)
    second = Builder(lake).begin(recipe(tmp_path, HALF.replace("samples: 4", "samples: 4, epoch: 1")))
    same = Builder(lake).begin(recipe(tmp_path, HALF), new_run=True)
    assert abandoned_entries(lake, second, shard_of(lake, second, run, 1)) == []
    assert abandoned_entries(lake, same, shard_of(lake, same, run, 1))


def shard_of(lake: Lake, run: Run, other: Run, number: int) -> int:
    """The shard of a run that has the first prompt of another run's."""
    (prompt, *_) = shard_prompts(lake, other, number)
    asked = "SELECT shard FROM lake.shards WHERE run_id = ? AND prompt_id = ?"
    return lake.rows(asked, [run.run_id, prompt[0].prompt_id])[0]["shard"]


async def test_what_came_late_is_not_sampled_by_the_next_run(lake: Lake, tmp_path: Path) -> None:
    run, _ = await published_in_part(lake, tmp_path)
    await Builder(lake).shard(run, 1)
    builder = Builder(lake)
    _, snapshot = await builder.build(recipe(tmp_path, HALF))
    assert snapshot is None
    assert builder.client.paid == []


async def test_a_shard_that_is_still_at_work_on_prompts_that_were_taken_over_is_found(
    lake: Lake, tmp_path: Path
) -> None:
    run, _ = await published_in_part(lake, tmp_path)
    second = Builder(lake).begin(recipe(tmp_path, HALF))
    assert at_work(lake, second, 0) == []
    with lease(lake.root, sampling(run.run_id, 1)):
        assert at_work(lake, second, 0) == [sampling(run.run_id, 1)]
    with lease(lake.root, sampling(second.run_id, 0)):
        assert at_work(lake, run, 1) == [], "an earlier run waits for no later one"


async def test_samples_that_were_committed_while_the_next_run_planned_their_prompts_are_paid_for_once(
    lake: Lake, tmp_path: Path
) -> None:
    run, _ = await published_in_part(lake, tmp_path)
    builder = Builder(lake)
    second = builder.begin(recipe(tmp_path, HALF))
    await builder.shard(run, 1)
    builder.client = all_knowing_client()
    await builder.shard(second, 0)
    assert builder.client.paid == []


async def test_a_run_that_was_given_up_for_a_later_one_is_not_open(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    first = builder.begin(recipe(tmp_path, FOUR_EACH))
    assert open_runs(lake) == [first.run_id]
    refuse_given_up(lake, first.run_id)
    second = builder.begin(recipe(tmp_path, FOUR_EACH), new_run=True)
    assert open_runs(lake) == [second.run_id]
    assert given_up(lake, second.run_id) is None
    with pytest.raises(RequestError, match=rf"nothing was done: {first.run_id} was given up for {second.run_id}, a"):
        refuse_given_up(lake, first.run_id)


async def test_a_finished_run_was_not_given_up_and_may_still_get_what_it_lacks(lake: Lake, tmp_path: Path) -> None:
    run, _ = await published_in_part(lake, tmp_path)
    Builder(lake).begin(recipe(tmp_path, HALF), new_run=True)
    assert given_up(lake, run.run_id) is None
