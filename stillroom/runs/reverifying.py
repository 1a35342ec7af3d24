"""Finished runs whose samples are to be judged again: which they are, under which verification, and what changed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stillroom.errors import RequestError
from stillroom.lake import Lake
from stillroom.recipe import Execution, Verification, recorded_recipe
from stillroom.records.libraries import Libraries
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
    """The runs of a dataset, oldest first, whether anything of it is published or not.

    Attributes:
        finished: ids of those that came to their end; also of one that was opened again and given up for another.
        unfinished: the newest where it is not; its samples are judged when a build goes on with it.
        abandoned: ids of those that were given up before they were finished.
        execution: the newest run's.
    """

    finished: tuple[str, ...]
    unfinished: tuple[str, ...]
    abandoned: tuple[str, ...]
    execution: Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What runs are to be judged under: each its own verification, but for what is asked for.

    Attributes:
        base: a section that takes the place of all theirs; None: none does.
        limits: fields of it, by name, that are to be others.
        libraries: what answers may import; None: what they may now.
    """

    base: Verification | None = None
    limits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    libraries: Libraries | None = None

    def of(self, own: Verification) -> Verification:
        """The verification that a run is judged under which has this one."""
        verification = (self.base or own).model_copy(update=dict(self.limits))
        if self.libraries is None:
            return verification
        sandbox = verification.sandbox.model_copy(update={"requirements": self.libraries})
        return verification.model_copy(update={"sandbox": sandbox})


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
        RequestError: it has none.
        LakeError: what the newest was recorded with is no recipe.
    """
    rows = lake.rows(_RUNS, {"dataset": dataset, "version": version})
    if not rows:
        raise RequestError(f"there is no run of {dataset!r}; `stillroom runs` lists them")
    going_on = [row["run_id"] for row in rows if row["is_newest"] and row["state"] == RunState.OPENED.value]
    others = [row for row in rows if row["run_id"] not in going_on]
    newest = next((row for row in rows if row["is_newest"]), rows[-1])
    recipe = recorded_recipe(newest["recipe"], run_id=newest["run_id"])
    return DatasetRuns(
        finished=tuple(row["run_id"] for row in others if row["was_finished"]),
        unfinished=tuple(going_on),
        abandoned=tuple(row["run_id"] for row in others if not row["was_finished"]),
        execution=recipe.execution,
    )


def verdict_changes(lake: Lake, verifier_ids: Mapping[str, Sequence[str]]) -> list[VerdictChange]:
    """Where verdicts differ from the newest of another version, limit, image or check; most frequent first.

    Args:
        lake: has them.
        verifier_ids: by run, whose verdicts count now.
    """
    runs: dict[tuple[str, ...], list[str]] = {}
    for run_id, ids in verifier_ids.items():
        runs.setdefault(tuple(ids), []).append(run_id)
    counts = Counter[tuple[str, str, str]]()
    for ids, run_ids in runs.items():
        for row in lake.rows(_CHANGES, {"runs": run_ids, "verifiers": [*ids]}):
            counts[row["from"], row["to"], row["reason"]] += row["verdicts"]
    found = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [VerdictChange(before=old, now=new, reason=why, verdicts=n) for (old, new, why), n in found]
