"""Which tables a curation compares texts with, and what is stated of them.

A run that is being built was recorded with the content of its tables, and another content stops it. A finished run is
decided about again, by `stillroom reverify` and when shards come late, against the tables that the dataset's newest
recipe names, as they are then: what that no longer names is compared with no more, so that no file that is gone keeps
an old run from being verified.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from stillroom.errors import RecipeError
from stillroom.lake import Lake, Row
from stillroom.recipe import Recipe, Stage, Table, find_tables, recorded_recipe, recorded_tables
from stillroom.runs.opening import Run, RunState, run_state

RISK, ROWS = "duplicates", "table_rows_compared_with"  # in `metrics`; the slice is NAME@SHA256

_COMPARED = """
SELECT left(m.slice, -65) AS "table", right(m.slice, 64) AS sha256, m.method AS kind, m.value::BIGINT AS table_rows,
       count(DISTINCT e.example_id) AS rows
FROM lake.snapshot_examples e JOIN lake.metrics m ON m.snapshot = e.curation_id
WHERE e.name = $name AND e.version = $version AND m.risk = $risk AND m.metric = $rows
    AND ($at IS NULL OR m.created_at <= $at)
GROUP BY ALL ORDER BY ALL
"""  # '@' and 64 hex digits end a slice


def tables_of_run(lake: Lake, run: Run, *, again: bool = False) -> list[Table]:
    """The tables that a curation of the run compares texts with.

    Args:
        lake: knows what they were when the run was last recorded, and the dataset's newest recipe.
        run: it may be finished.
        again: it was finished, though it may have been opened again and given up since.

    Raises:
        RecipeError: a table is not there, or not what it was when the run that is being built was begun.
        LakeError: what the dataset's newest run was recorded with is no recipe.
    """
    if again or run_state(lake, run.run_id)[0] is not RunState.OPENED:
        return find_tables(_newest(lake, run.recipe.dataset).curation.against)
    if not run.recipe.curation.against:
        return []
    found = find_tables(run.recipe.curation.against)
    query = "SELECT sections FROM lake.current_runs WHERE run_id = ?"
    section = json.loads(lake.rows(query, [run.run_id])[0]["sections"])[Stage.CURATION.value]
    _refuse_changed(run, recorded_tables(section), found)
    return found


def stated_tables(tables: Sequence[Table]) -> list[Row]:
    """Rows of ``metrics`` but for their snapshot, which say what was compared with.

    Raises:
        RecipeError: a table is not what the recipe says.
    """
    from stillroom.curation.given_tables import refuse_unusable_tables  # slow to import, and here alone needed

    rows = refuse_unusable_tables(tables)
    return [
        {
            "risk": RISK,
            "metric": ROWS,
            "slice": table.label,
            "value": float(rows[table.name]),
            "low": None,
            "high": None,
            "method": table.kind,
            "threshold": None,
        }
        for table in tables
    ]


def compared_tables(lake: Lake, name: str, version: int, *, at: datetime | None = None) -> list[dict[str, Any]]:
    """By table and content, how many rows of a version the curation that kept them had compared with it.

    Args:
        lake: where it was published.
        name: the dataset.
        version: its version.
        at: as it was then (UTC), else now.
    """
    return lake.rows(_COMPARED, {"name": name, "version": version, "risk": RISK, "rows": ROWS, "at": at})


def _newest(lake: Lake, dataset: str) -> Recipe:
    rows = lake.rows(
        "SELECT run_id, recipe FROM lake.current_runs WHERE dataset = ? "
        "ORDER BY TRY_CAST(string_split(run_id, '-r')[-1] AS INTEGER) DESC LIMIT 1",
        [dataset],
    )
    return recorded_recipe(rows[0]["recipe"], run_id=rows[0]["run_id"])


def _refuse_changed(run: Run, before: Mapping[str, str], found: Sequence[Table]) -> None:
    for table in found:
        if before.get(table.name) != table.sha256:
            raise RecipeError(
                f"curation.against: table {table.name!r} was sha256 {before.get(table.name)} when {run.run_id} was "
                f"begun, and is {table.sha256} now. Put it back, or build the recipe once more: what is paid for is "
                "then compared with it as it is now."
            )
