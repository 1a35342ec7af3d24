"""Where a run stands: what each shard has and owes, and the funnel from prompts to published examples."""

from pathlib import Path

import pytest

from stillroom.errors import RecipeError, TeacherLost
from stillroom.lake import Lake
from stillroom.runs import RunState, funnel, open_runs, run_state, shard_journal, shards_of_run
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe

TWO_SHARDS = "execution: {prompts_per_shard: 1}\nsampling: {samples: 4, wave: 2}"


async def test_a_shard_owes_until_it_is_committed_and_then_tells_what_it_has(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path, TWO_SHARDS))
    await builder.shard(run, 0)

    done, owed = shards_of_run(lake, run.run_id)
    assert (done["committed"], owed["committed"]) == (True, False)
    assert (done["owed_at_most"], owed["owed_at_most"]) == (0, 4)
    assert done["samples"] == done["passed"] == 2
    assert done["completion_tokens"] > 0
    assert (owed["samples"], owed["passed"], owed["completion_tokens"], owed["money"]) == (0, 0, 0, 0.0)


async def test_what_a_failed_shard_was_paid_for_is_told_before_it_is_committed(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    priced = recipe(tmp_path, "sampling: {samples: 4, wave: 2, adaptive: false}")
    (teacher,) = priced.teachers
    price = teacher.price.model_copy(update={"output_per_million": 1e6})
    run = builder.begin(priced.model_copy(update={"teachers": (teacher.model_copy(update={"price": price}),)}))
    builder.client.failure, builder.client.fails_after = TeacherLost("it is gone"), 6
    with pytest.raises(TeacherLost):
        await builder.shard(run, 0)

    (failed,) = shards_of_run(lake, run.run_id)
    assert (failed["committed"], failed["samples"]) == (False, 0)
    assert (failed["paid"], failed["owed_at_most"]) == (len(builder.client.paid), 2) == (6, 2)
    assert failed["passed"] in (4, 5, 6)  # what came last may not have been judged
    assert failed["money"] == failed["completion_tokens"] > 0

    builder.client.failure = None
    await builder.shard(run, 0)
    (done,) = shards_of_run(lake, run.run_id)
    assert (done["committed"], done["paid"], done["samples"], done["owed_at_most"]) == (True, 8, 8, 0)
    assert done["money"] == done["completion_tokens"] > failed["completion_tokens"]


def test_a_journal_that_cannot_be_read_is_told_as_unknown(lake: Lake, tmp_path: Path) -> None:
    run = Builder(lake).begin(recipe(tmp_path, TWO_SHARDS))
    place = shard_journal(lake, run.run_id, 1)
    assert isinstance(place, Path)
    place.mkdir(parents=True)
    first, second = shards_of_run(lake, run.run_id)
    assert (first["paid"], second["paid"]) == (0, None)
    assert second["owed_at_most"] == 4


async def test_the_funnel_counts_each_step_of_one_run(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    run, snapshot = await builder.build(recipe(tmp_path, TWO_SHARDS))
    assert snapshot is not None
    counts = funnel(lake, run.run_id)
    assert counts["prompts"] == 2
    assert counts["samples"] == counts["passed"] == 4
    assert counts["kept"] == counts["published"] == snapshot.rows
    assert funnel(lake, "another-r1") == dict.fromkeys(counts, 0)


async def test_an_unfinished_run_is_open_and_a_finished_one_is_not(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path, TWO_SHARDS))
    assert open_runs(lake) == [run.run_id]
    assert run_state(lake, run.run_id)[0] is RunState.OPENED
    await builder.build(recipe(tmp_path, TWO_SHARDS))
    assert open_runs(lake) == []
    assert run_state(lake, run.run_id)[0] is RunState.PUBLISHED


def test_a_run_that_does_not_exist_is_an_error(lake: Lake) -> None:
    for ask in (run_state, shards_of_run):
        with pytest.raises(RecipeError, match="no run 'none-r1'"):
            ask(lake, "none-r1")
