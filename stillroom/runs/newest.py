"""Which run of a dataset builds work on: the newest that has come to anything.

A build that finds nothing to do leaves a finished run without a shard. Nothing can be derived from that one again:
what a change in the recipe is about are the samples of the run before it.
"""

import json
from collections.abc import Mapping
from typing import Any

from stillroom.lake import Lake
from stillroom.recipe import Stage

ORDINAL = "TRY_CAST(string_split(run_id, '-r')[-1] AS INTEGER)"
"""The number at the end of a run's id, NAME-rN."""
NEWEST = f"""
SELECT * FROM lake.current_runs
WHERE state <> 'empty' OR run_id IN (SELECT run_id FROM lake.shards)
QUALIFY row_number() OVER (PARTITION BY dataset ORDER BY {ORDINAL} DESC) = 1
"""  # noqa: S608 - constant
"""The row of each dataset's newest run."""
_FINISHED = """
SELECT run_id, sections FROM lake.current_runs
WHERE run_id = $run OR (state <> 'opened' AND run_id IN (SELECT run_id FROM lake.shards)
    AND dataset IN (SELECT dataset FROM lake.runs WHERE run_id = $run))
"""
_DECIDING = (Stage.VERIFICATION, Stage.SELECTION, Stage.CURATION)


def newest_run(lake: Lake, dataset: str) -> dict[str, Any] | None:
    """The row in ``current_runs`` of the run that a build goes on with or starts from; None where there is none."""
    rows = lake.rows(f"SELECT * FROM ({NEWEST}) WHERE dataset = ?", [dataset])  # noqa: S608 - constant
    return rows[0] if rows else None


def decided_otherwise(lake: Lake, run_id: str) -> dict[str, str]:
    """The finished runs of the run's dataset that were decided about by other rules than this run, oldest first.

    A build decides about one run: what was published of others stays as it is when a rule changes.

    Returns:
        By run id, a field of the recipe that was another.
    """
    rows = lake.rows(f"{_FINISHED} ORDER BY {ORDINAL}", {"run": run_id})
    sections = {row["run_id"]: json.loads(row["sections"]) for row in rows}
    own = sections.pop(run_id, {})
    found = {other: _first_difference(own, theirs) for other, theirs in sections.items()}
    return {other: field for other, field in found.items() if field}


def _first_difference(own: Mapping[str, Mapping[str, Any]], other: Mapping[str, Mapping[str, Any]]) -> str:
    for stage in _DECIDING:
        here, there = own.get(stage.value, {}), other.get(stage.value, {})
        for field in sorted(here.keys() | there.keys()):
            if here.get(field) != there.get(field):
                return f"{stage.value}.{field}"
    return ""
