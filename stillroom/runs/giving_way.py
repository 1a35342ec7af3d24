"""What gave way to something that no version holds any more: samples whose decision names it as what stayed.

A curation compares with what is published at its time. What is taken out later, with whatever depended on it or since
it passes no more, may have been all that kept others out: of the same run, of a later one, of another dataset.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stillroom.curation.decisions import ELSEWHERE, LOST, Gate
from stillroom.diversity import QUOTA
from stillroom.lake import Lake
from stillroom.runs.opening import open_runs
from stillroom.runs.retracting import retracted_samples

_LOSERS = """
WITH decided AS (
    SELECT s.run_id, o.dataset, s.sample_id, s.gate, s.reason, s.matched_id, s.verifier_ids,
           contains(s.matched_id, $elsewhere) AS is_elsewhere,
           CASE WHEN is_elsewhere THEN split_part(s.matched_id, $elsewhere, 1) ELSE o.dataset END AS name,
           CASE WHEN is_elsewhere THEN split_part(s.matched_id, $elsewhere, 2) ELSE s.matched_id END AS id
    FROM {selections} s JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) o ON o.run_id = s.run_id
    WHERE s.gate IN (SELECT unnest($gates))
), gone AS (
    SELECT DISTINCT name, unnest([sample_id, prompt_id]) AS id FROM lake.removals {removals}
)
SELECT d.* FROM decided d SEMI JOIN gone USING (name, id)
WHERE d.gate <> '{diversity}' OR starts_with(d.reason, '{quota}:') OR EXISTS (
    SELECT 1 FROM lake.samples m WHERE m.run_id = d.run_id AND m.sample_id = d.id)
ORDER BY d.dataset, d.run_id, d.sample_id
"""  # the gate of diversity keeps a share of the run's own: beside quotas only what was of the run took a place of it
_HELD = """
SELECT DISTINCT name, unnest([sample_id, prompt_id]) AS id FROM lake.published_members
WHERE sample_id IN (SELECT unnest($ids)) OR prompt_id IN (SELECT unnest($ids))
"""
_FINISHED = "SELECT DISTINCT run_id FROM lake.runs WHERE state <> 'opened'"
_OF_CURATION = "SELECT * FROM lake.selections WHERE run_id = $run AND curation_id = $curation"
_KEPT = f"SELECT unnest([sample_id, prompt_id]) AS id FROM ({_OF_CURATION}) WHERE kept"  # noqa: S608 - constant


@dataclass(frozen=True, slots=True, kw_only=True)
class GaveWay:
    """Samples that were dropped in favour of what a version took out, by dataset, and who decides about them again.

    Attributes:
        finished: of runs that were finished: ``stillroom reverify`` of that dataset.
        unfinished: of the newest run where it is open: the build that goes on with it.
    """

    finished: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    unfinished: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


def gave_way(lake: Lake, name: str, version: int) -> GaveWay:
    """The samples that were dropped in favour of what a version took out, and that nothing retracted stops.

    These are decisions of each run's newest curation, which stand until the run is decided about again. Nobody does
    that with a run that was given up before it was finished: the next one takes its samples over.

    Args:
        lake: where they are.
        name: the dataset whose version it is; of others those count that are compared with what it publishes.
        version: its number.
    """
    removals = "WHERE name = $name AND version = $version"
    rows = _losers(lake, "lake.current_selections", removals, {"name": name, "version": version})
    stopped = {
        run_id: retracted_samples(lake, run_id, dataset, verifiers)
        for run_id, (dataset, verifiers) in {
            row["run_id"]: (row["dataset"], row["verifier_ids"] or ()) for row in rows
        }.items()
    }
    found = GaveWay()
    open_ = set(open_runs(lake))
    finished = {row["run_id"] for row in lake.rows(_FINISHED)} - open_
    for by_dataset, run_ids in ((found.finished, finished), (found.unfinished, open_)):
        for row in rows:
            if row["run_id"] in run_ids and row["sample_id"] not in stopped[row["run_id"]]:
                by_dataset.setdefault(row["dataset"], []).append(row["sample_id"])
    return found


def names_what_is_gone(lake: Lake, run_id: str, curation_id: str) -> bool:
    """Whether a curation of a run dropped anything in favour of what was a member and is none any more, nor kept by it.

    To decide once more makes that untrue: whatever is compared with then is there.
    """
    if not lake.rows("SELECT 1 FROM lake.removals LIMIT 1"):
        return False
    curation = {"run": run_id, "curation": curation_id}
    rows = _losers(lake, f"({_OF_CURATION})", "", curation)
    kept = {row["id"] for row in lake.rows(_KEPT, curation)} if rows else set[str]()
    return any(row["id"] not in kept for row in rows)


def _losers(lake: Lake, selections: str, removals: str, asked: Mapping[str, object]) -> list[dict[str, Any]]:
    """Decisions of these selections for what was taken out by these removals, and nobody has published again since."""
    query = _LOSERS.format(selections=selections, removals=removals, diversity=Gate.DIVERSITY.value, quota=QUOTA)
    parameters = {**asked, "gates": [gate.value for gate in LOST], "elsewhere": ELSEWHERE}
    rows = lake.rows(query, parameters)
    if not rows:
        return []
    holders: dict[str, set[str]] = {}
    for one in lake.rows(_HELD, {"ids": sorted({row["id"] for row in rows})}):
        holders.setdefault(one["id"], set()).add(one["name"])
    return [row for row in rows if not _is_held(row, holders.get(row["id"], set()))]


def _is_held(row: Mapping[str, Any], holders: set[str]) -> bool:
    """Whether what it lost to is there: a text of another dataset may be named after any that has it."""
    return bool(holders - {row["dataset"]}) if row["is_elsewhere"] else row["dataset"] in holders
