"""What the members of a version were checked for contamination against, as curations have left it in the lake.

Each curation states its benchmarks in `metrics`, also where nothing was found: the slice is NAME@SHA256. A version may
hold rows of several curations, so what is stated of it counts rows.
"""

from datetime import datetime
from typing import Any

from stillroom.lake import Lake

RISK = "contamination"
ITEMS, CHECKED, TOO_SHORT = "benchmark_items", "benchmark_items_checked", "benchmark_items_too_short"

_CHECKED = """
WITH checks AS (
    SELECT snapshot AS curation_id, slice, method, (max(value) FILTER (metric = $items))::BIGINT AS items,
           (max(value) FILTER (metric = $checked))::BIGINT AS items_checked,
           (max(value) FILTER (metric = $too_short))::BIGINT AS items_too_short
    FROM lake.metrics
    WHERE risk = $risk AND metric IN ($items, $checked, $too_short) AND ($at IS NULL OR created_at <= $at) GROUP BY ALL
), members AS (
    SELECT DISTINCT e.example_id, e.sample_id, e.prompt_id, c.curation_id
    FROM lake.snapshot_examples e
    JOIN lake.selections c ON c.run_id = e.run_id AND c.sample_id = e.sample_id
    WHERE e.name = $name AND e.version = $version AND ($at IS NULL OR c.created_at <= $at)
      AND c.curation_id IN (SELECT curation_id FROM checks)
), overlapping AS (
    SELECT DISTINCT m.example_id, h.curation_id, h.benchmark, h.method
    FROM lake.contamination_hits h
    JOIN members m ON m.curation_id = h.curation_id
        AND (m.sample_id = h.sample_id OR (h.side = 'prompt' AND m.prompt_id = h.prompt_id))
)
SELECT left(k.slice, -65) AS benchmark, right(k.slice, 64) AS sha256, k.method, k.items, k.items_checked,
       k.items_too_short, count(DISTINCT m.example_id) AS rows, count(DISTINCT o.example_id) AS overlapping_rows
FROM checks k JOIN members m USING (curation_id)
LEFT JOIN overlapping o ON o.curation_id = k.curation_id AND o.example_id = m.example_id
    AND o.benchmark = left(k.slice, -65) AND o.method = k.method
GROUP BY k.slice, k.method, k.items, k.items_checked, k.items_too_short ORDER BY benchmark, sha256, k.method
"""  # '@' and 64 hex digits end a slice


def checked_against(lake: Lake, name: str, version: int, *, at: datetime | None = None) -> list[dict[str, Any]]:
    """By benchmark and method, how many rows of a version were checked, and how many of these overlap.

    A row that overlaps was published before its run was checked against that benchmark: what is published stays.

    Args:
        lake: where it was published.
        name: the dataset.
        version: its version.
        at: as it was then (UTC), else now.
    """
    metrics = {"items": ITEMS, "checked": CHECKED, "too_short": TOO_SHORT}
    return lake.rows(_CHECKED, {"name": name, "version": version, "at": at, "risk": RISK, **metrics})
