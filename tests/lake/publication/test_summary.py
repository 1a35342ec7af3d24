"""What a summary says of cost is what the build that made it printed."""

from pathlib import Path

from stillroom.cli.outcome import outcome_of
from stillroom.lake import Lake
from stillroom.publication import Snapshot, manifest
from stillroom.publication.summary import summary
from stillroom.recipe import Recipe
from stillroom.runs import Run
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe


def keeping(folder: Path, number: int) -> Recipe:
    return recipe(folder, f"sampling: {{adaptive: false, samples: 4}}\nselection: {{keep: {number}}}")


def printed(lake: Lake, run: Run, snapshot: Snapshot) -> float:
    """Completion tokens of an example, as the build's end says."""
    found = outcome_of(lake, run, snapshot.label, seconds=1.0, first_sample_seconds=None)["tokens_per_example"]
    assert isinstance(found, float)
    return found


async def test_a_run_that_is_derived_again_shares_its_cost_among_all_that_it_has_published(
    lake: Lake, tmp_path: Path
) -> None:
    builder = Builder(lake)
    run, first = await builder.build(keeping(tmp_path, 1))
    assert first is not None
    tokens, told = printed(lake, run, first), summary(manifest(lake, first), tmp_path)
    assert f"A new example cost {tokens:,.0f} completion tokens" in told

    again, second = await builder.build(keeping(tmp_path, 2))

    assert second is not None
    assert (again.run_id, second.new_rows, second.rows) == (run.run_id, 2, 4)
    half = printed(lake, again, second)
    assert half == tokens / 2
    said = f"Each of the 4 examples that its run has published cost {half:,.0f} completion tokens"
    assert said in summary(manifest(lake, second), tmp_path)
    assert summary(manifest(lake, first), tmp_path) == told, "as the lake was when it was published"
