"""Other runs are asked about only where one of them has planned the same prompts."""

from pathlib import Path

from stillroom.lake import Lake
from stillroom.runs import is_shared, shard_prompts
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe


def test_a_shard_is_shared_once_another_run_has_planned_a_prompt_of_it(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    first = builder.begin(recipe(tmp_path, "execution: {prompts_per_shard: 1}"))
    assert not is_shared(lake, first, 0)

    second = builder.begin(recipe(tmp_path, "execution: {prompts_per_shard: 1}"), new_run=True)

    assert second.run_id != first.run_id
    assert is_shared(lake, second, 0)
    assert is_shared(lake, first, 0)


def test_a_shard_has_its_own_prompts_in_their_order(lake: Lake, tmp_path: Path) -> None:
    run = Builder(lake).begin(recipe(tmp_path, "execution: {prompts_per_shard: 1}"))
    planned = lake.rows("SELECT shard, prompt_id FROM lake.shards WHERE run_id = ? ORDER BY shard", [run.run_id])

    assert len(planned) > 1
    for row in planned:
        assert [one.prompt_id for one, _ in shard_prompts(lake, run, row["shard"])] == [row["prompt_id"]]
