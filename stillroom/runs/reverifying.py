"""Finished runs whose samples are to be judged again: which they are, under which verification, and what changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from stillroom.lake import Lake
from stillroom.recipe import Execution, Verification, recorded_recipe
from stillroom.runs.newest import NEWEST, ORDINAL
from stillroom.runs.opening import RunState

_RUNS = f"""
SELECT run_id, state, recipe,
       run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset AND state <> 'opened') AS was_finished,
       run_id IN (SELECT run_id FROM ({NEWEST})) AS is_newest
FROM lake.current_runs
WHERE dataset = $dataset AND ($version IS NULL OR run_id IN (
    SELECT run_id FROM lake.snapshots WHERE name = $dataset AND version <= $version))
ORDER BY {ORDINAL}, run_id
"""  # noqa: S608 - constants
_CHANGES = """
WITH newest AS (
    SELECT * FROM lake.verdicts WHERE run_id IN (SELECT unnest($runs))
    QUALIFY row_number() OVER (PARTITION BY run_id, sample_id, verifier_id, check_id ORDER BY created_at DESC) = 1
), now AS (
    SELECT * FROM newest WHERE verifier_id IN (SELECT unnest($verifiers))
    QUALIFY row_number() OVER (PARTITION BY run_id, sample_id, verifier_id ORDER BY created_at DESC) = 1
), before AS (
    SELECT * FROM newest ANTI JOIN now USING (run_id, sample_id, verifier_id, check_id)
    QUALIFY row_number() OVER (
        PARTITION BY run_id, sample_id, split_part(verifier, '@', 1) ORDER BY created_at DESC) = 1
)
SELECT before.outcome AS "from", now.outcome AS "to", now.reason, count(*) AS verdicts
FROM now JOIN before ON before.run_id = now.run_id AND before.sample_id = now.sample_id
                    AND split_part(before.verifier, '@', 1) = split_part(now.verifier, '@', 1)
WHERE before.outcome <> now.outcome
GROUP BY ALL ORDER BY verdicts DESC, before.outcome, now.outcome, now.reason
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRuns:
    """The runs of a dataset, oldest first.

    Attributes:
        finished: ids of those that came to their end; also of one that was opened again and given up for another.
        unfinished: the newest where it is not; its samples are judged when a build goes on with it.
        abandoned: ids of those that were given up before they were finished.
        verification: the newest run's.
        execution: likewise.
    """

    finished: tuple[str, ...]
    unfinished: tuple[str, ...]
    abandoned: tuple[str, ...]
    verification: Verification
    execution: Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChange:
    """How many samples' verdicts went from one outcome to another, for one reason of the newer verdict."""

    before: str
    now: str
    reason: str
    verdicts: int


def dataset_runs(lake: Lake, dataset: str, version: int | None = None) -> DatasetRuns:
    """The runs of a dataset that exists, or those that had published by one of its versions.

    Raises:
        LakeError: what the newest was recorded with is no recipe.
    """
    rows = lake.rows(_RUNS, {"dataset": dataset, "version": version})
    going_on = [row["run_id"] for row in rows if row["is_newest"] and row["state"] == RunState.OPENED.value]
    others = [row for row in rows if row["run_id"] not in going_on]
    newest = next((row for row in rows if row["is_newest"]), rows[-1])
    recipe = recorded_recipe(newest["recipe"], run_id=newest["run_id"])
    return DatasetRuns(
        finished=tuple(row["run_id"] for row in others if row["was_finished"]),
        unfinished=tuple(going_on),
        abandoned=tuple(row["run_id"] for row in others if not row["was_finished"]),
        verification=recipe.verification,
        execution=recipe.execution,
    )


def verdict_changes(lake: Lake, run_ids: Sequence[str], verifier_ids: Sequence[str]) -> list[VerdictChange]:
    """Where verdicts of these verifiers differ from the newest of another version, limit, image or check."""
    rows = lake.rows(_CHANGES, {"runs": [*run_ids], "verifiers": [*verifier_ids]})
    return [
        VerdictChange(before=row["from"], now=row["to"], reason=row["reason"], verdicts=row["verdicts"]) for row in rows
    ]
