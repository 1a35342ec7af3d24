"""Which shards a run has planned, and which of them are done, by the keys of their commits."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from stillroom.errors import RequestError
from stillroom.fingerprint import Plain, fingerprint
from stillroom.lake import Lake
from stillroom.recipe import Recipe, Stage, recorded_recipe, verification_section
from stillroom.runs.opening import Run

_AFTER_SHARDS = {"min_test_strength", "untrusted_tests"}  # parts of verification that look at whole prompts
_COMMITTED = """
SELECT shard, key FROM lake.commits
WHERE run_id = $run AND starts_with(key, 'shard:') AND ($at IS NULL OR created_at <= $at)
"""
_RECORDED = """
WITH r AS (SELECT version, recipe, state FROM lake.runs WHERE run_id = $run AND ($at IS NULL OR created_at <= $at))
SELECT recipe FROM r WHERE version >= (SELECT max(version) FROM r WHERE state = 'opened') ORDER BY version
"""
_CHANGED = """
WITH ends AS (SELECT run_id, max(version) AS n FROM lake.runs WHERE state <> 'opened' GROUP BY run_id),
r AS (  -- since when a run had been open that is finished, also where it was opened once more and given up
    SELECT run_id, max(version) FILTER (state = 'opened' AND version < ends.n) AS opened
    FROM lake.runs JOIN ends USING (run_id)
    WHERE dataset = $dataset GROUP BY run_id HAVING count(*) FILTER (state = 'opened') > 1
)
SELECT run_id, recipe, sections FROM lake.runs JOIN r USING (run_id) WHERE version >= r.opened ORDER BY version
"""
_KEYS = """
SELECT run_id, shard, key FROM lake.commits
WHERE run_id IN (SELECT unnest($runs)) AND starts_with(key, 'shard:')
"""


def unfinished_shards(lake: Lake, run: Run) -> list[int]:
    """Planned shards of which samples or verdicts are owed under the run's recipe, in order."""
    done = committed_shards(lake, run)
    return [shard for shard in _planned(lake, run) if shard not in done]


def refuse_unplanned(lake: Lake, run: Run, shard: int) -> None:
    """Refuse a number that no shard of the run has, or none has yet: committed now, it would count as done for good.

    Raises:
        RequestError: naming the shards that are planned.
    """
    planned = _planned(lake, run)
    if shard not in planned:
        there = f"shards {planned[0]} to {planned[-1]}" if planned else "none yet"  # numbered without gaps
        raise RequestError(
            f"run {run.run_id} has no shard {shard}: planned are {there}. Nothing was done. The run's build starts "
            f"each shard that it plans; `stillroom status {run.run_id}` lists them."
        )


def committed_shards(lake: Lake, run: Run, *, at: datetime | None = None) -> set[int]:
    """The shards that are done under the run's recipe; ``at``: that were by then (UTC), else now.

    A run that is finished owes nothing because it was verified again since, under another verification.
    """
    rows = lake.rows(_COMMITTED, {"run": run.run_id, "at": at})
    recipes = [run.recipe, *_finished_under(lake, run, at)]
    return {
        row["shard"] for row in rows if any(row["key"] == _shard_key(run.run_id, row["shard"], one) for one in recipes)
    }


def half_done_shards(lake: Lake, dataset: str) -> set[tuple[str, int]]:
    """Run ids and numbers of shards of finished runs that are committed, but not with what their run was to have.

    Only a run whose recipe changed has such. It was published before they had what the new recipe asks for; or it was
    opened again for more samples and given up before they had as many. One that was opened again for another
    verification, or for fewer samples, owes its shards nothing: what they have is in versions, and
    ``stillroom reverify`` judges it again. The recipes are read as they were recorded: that one of them can still be
    used is not needed.
    """
    recorded: dict[str, list[Mapping[str, str]]] = {}
    for row in lake.rows(_CHANGED, {"dataset": dataset}):
        recorded.setdefault(row["run_id"], []).append(row)
    keys: dict[tuple[str, int], set[str]] = {}
    for row in lake.rows(_KEYS, {"runs": [*recorded]}) if recorded else ():
        keys.setdefault((row["run_id"], row["shard"]), set()).add(row["key"])
    return {
        (run_id, shard)
        for (run_id, shard), done in keys.items()
        if done.isdisjoint(_keys_of_enough(run_id, shard, recorded[run_id]))
    }


def shard_key(run: Run, shard: int) -> str:
    """Commit key of a shard's samples and verdicts.

    It names N and the verification, so that a shard owes work again when the recipe asks for more samples or
    another verification; what the lake has of it is not paid for twice. The strength of tests is measured after
    the shards.
    """
    return _shard_key(run.run_id, shard, run.recipe)


def _planned(lake: Lake, run: Run) -> list[int]:
    planned = lake.rows("SELECT DISTINCT shard AS n FROM lake.shards WHERE run_id = ? ORDER BY n", [run.run_id])
    return [row["n"] for row in planned]


def _finished_under(lake: Lake, run: Run, at: datetime | None) -> list[Recipe]:
    """The recipes that a finished run had from its last build on; none where it is open, or this is another recipe."""
    recorded = lake.rows(_RECORDED, {"run": run.run_id, "at": at})
    recipes = [recorded_recipe(row["recipe"], run_id=run.run_id) for row in recorded]
    return recipes if recipes and recipes[-1] == run.recipe else []


def _keys_of_enough(run_id: str, shard: int, recorded: Sequence[Mapping[str, str]]) -> set[str]:
    """The keys under what rows of ``runs``, oldest first, recorded: those of no fewer samples than the newest."""
    asked: list[int] = [json.loads(row["recipe"])["sampling"]["samples"] for row in recorded]
    verifications = [json.loads(row["sections"])[Stage.VERIFICATION.value] for row in recorded]
    return {
        _key(run_id, shard, samples, verification)
        for samples, verification in zip(asked, verifications, strict=True)
        if samples >= asked[-1]
    }


def _shard_key(run_id: str, shard: int, recipe: Recipe) -> str:
    return _key(run_id, shard, recipe.sampling.samples, verification_section(recipe.verification))


def _key(run_id: str, shard: int, samples: int, section: Mapping[str, Plain]) -> str:
    asked: list[Plain] = [
        samples,
        {name: value for name, value in section.items() if name not in _AFTER_SHARDS},
    ]
    return f"shard:{run_id}:{shard}:{fingerprint(asked, length=12)}"
