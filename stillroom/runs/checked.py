"""What the members of a version were checked for contamination against, as curations have left it in the lake.

Each curation states its benchmarks in `metrics`, also where nothing was found: the slice is NAME@SHA256. A version may
hold rows of several curations, so what is stated of it counts rows. Of a row the newest curation of its run counts that
kept it or held it as published: what another one would have said of it is not why it is there. Where a benchmark had
gone by then, that curation stands on the checks of earlier ones, and says so.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from stillroom.lake import Lake

RISK = "contamination"
ITEMS, CHECKED, TOO_SHORT = "benchmark_items", "benchmark_items_checked", "benchmark_items_too_short"
GONE = "samples_without_gone_benchmark"  # those that pass, and that no curation checked against it while it was there

_OF_VERSION = """
    SELECT example_id, sample_id, prompt_id, run_id FROM lake.snapshot_examples
    WHERE name = $name AND version = $version
"""
_OF_EXAMPLE = "SELECT $example AS example_id, $sample AS sample_id, $prompt AS prompt_id, $run AS run_id"
_CHECKED = """
WITH checks AS (
    SELECT snapshot AS curation_id, slice, method, (max(value) FILTER (metric = $items))::BIGINT AS items,
           (max(value) FILTER (metric = $checked))::BIGINT AS items_checked,
           (max(value) FILTER (metric = $too_short))::BIGINT AS items_too_short
    FROM lake.metrics
    WHERE risk = $risk AND metric IN ($items, $checked, $too_short) AND ($at IS NULL OR created_at <= $at) GROUP BY ALL
), labels AS (
    SELECT DISTINCT curation_id, slice FROM checks
), decided AS (  -- about each of the rows, whenever it was
    SELECT r.*, c.curation_id, c.kept, c.gate, c.created_at
    FROM ({rows}) r JOIN lake.selections c ON c.run_id = r.run_id AND c.sample_id = r.sample_id
    WHERE $at IS NULL OR c.created_at <= $at
), keeping AS (
    SELECT example_id, sample_id, prompt_id, arg_max(curation_id, created_at) AS curation_id
    FROM decided WHERE kept GROUP BY example_id, sample_id, prompt_id
), earlier AS (  -- checks that the keeping curation stands on
    SELECT k.example_id, k.sample_id, k.prompt_id, g.slice, arg_max(d.curation_id, d.created_at) AS curation_id
    FROM keeping k
    JOIN (SELECT snapshot AS curation_id, slice FROM lake.metrics WHERE risk = $risk AND metric = $gone) g
        ON g.curation_id = k.curation_id
    JOIN decided d ON d.example_id = k.example_id AND d.gate <> 'verification'
    JOIN labels l ON l.curation_id = d.curation_id AND l.slice = g.slice
    GROUP BY k.example_id, k.sample_id, k.prompt_id, g.slice
), members AS (
    SELECT k.example_id, k.sample_id, k.prompt_id, l.slice, l.curation_id
    FROM keeping k JOIN labels l ON l.curation_id = k.curation_id
    UNION ALL
    SELECT example_id, sample_id, prompt_id, slice, curation_id FROM earlier
), overlapping AS (
    SELECT DISTINCT m.example_id, h.curation_id, h.benchmark, h.method
    FROM lake.contamination_hits h
    JOIN members m ON m.curation_id = h.curation_id AND left(m.slice, -65) = h.benchmark
        AND (m.sample_id = h.sample_id OR (h.side = 'prompt' AND m.prompt_id = h.prompt_id))
)
SELECT left(k.slice, -65) AS benchmark, right(k.slice, 64) AS sha256, k.method, k.items, k.items_checked,
       k.items_too_short, count(DISTINCT m.example_id) AS rows, count(DISTINCT o.example_id) AS overlapping_rows
FROM checks k JOIN members m ON m.curation_id = k.curation_id AND m.slice = k.slice
LEFT JOIN overlapping o ON o.curation_id = k.curation_id AND o.example_id = m.example_id
    AND o.benchmark = left(k.slice, -65) AND o.method = k.method
GROUP BY k.slice, k.method, k.items, k.items_checked, k.items_too_short ORDER BY benchmark, sha256, k.method
"""  # '@' and 64 hex digits end a slice
_NAMES = {"risk": RISK, "items": ITEMS, "checked": CHECKED, "too_short": TOO_SHORT, "gone": GONE}


def checked_against(lake: Lake, name: str, version: int, *, at: datetime | None = None) -> list[dict[str, Any]]:
    """By benchmark and method, how many rows of a version were checked, and how many of these overlap.

    A row that overlaps was published while it was not checked against that benchmark: what is published stays.

    Args:
        lake: where it was published.
        name: the dataset.
        version: its version.
        at: as it was then (UTC), else now.
    """
    return _checked(lake, _OF_VERSION, {"name": name, "version": version, "at": at})


def example_checked_against(
    lake: Lake, example: Mapping[str, Any], *, at: datetime | None = None
) -> list[dict[str, Any]]:
    """The same of one row alone, a row of ``examples``: benchmark and sha256."""
    asked = {of: example[f"{of}_id"] for of in ("example", "sample", "prompt", "run")}
    found = _checked(lake, _OF_EXAMPLE, {**asked, "at": at})
    pairs = dict.fromkeys((row["benchmark"], row["sha256"]) for row in found)
    return [{"benchmark": benchmark, "sha256": sha256} for benchmark, sha256 in pairs]


def never_looked_for(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of what ``checked_against`` gives: for each benchmark of which no method could look for any item, a sentence."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in checks:
        found.setdefault((row["benchmark"], row["sha256"]), []).append(row)
    said = [
        f"None of the {max(row['items'] for row in rows):,} items of `{benchmark}` (sha256 `{sha256[:12]}`) is long "
        "enough to be looked for."
        for (benchmark, sha256), rows in found.items()
        if not any(row["items_checked"] for row in rows)
    ]
    return [*said, "So it was checked for contamination against nothing."] if said and len(said) == len(found) else said


def _checked(lake: Lake, rows: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not lake.rows("SELECT 1 FROM lake.metrics WHERE risk = ? LIMIT 1", [RISK]):
        return []  # nothing in the lake ever was: no need to read all selections
    return lake.rows(_CHECKED.format(rows=rows), {**_NAMES, **asked})
