"""How diverse the candidate of a version was measured to be, for a person and for the manifest."""

from collections.abc import Iterable, Mapping
from typing import Any

from stillroom.lake import Lake

RISKS = ("style_collapse", "monoculture", "diminishing_returns")
_DIVERSITY = """
SELECT risk, metric, slice, value, low, high, method FROM lake.metrics
WHERE snapshot = $curation AND list_contains($risks, risk) ORDER BY risk, metric, slice
"""


def diversity_of(lake: Lake, curation_id: str) -> list[dict[str, Any]]:
    """All figures of the curation's candidate: risk, metric, slice, value, interval and method."""
    return lake.rows(_DIVERSITY, {"curation": curation_id, "risks": [*RISKS]})


def in_short(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For a person: of each measure the figure of the largest draw, with as many digits as mean something."""
    largest: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        about, size = _parts(row["slice"])
        before = largest.get((row["metric"], about))
        if before is None or size >= _parts(before["slice"])[1]:
            largest[row["metric"], about] = row
    return [
        {
            "measure": row["metric"],
            "of": row["slice"] or "all",
            "figure": f"{row['value']:.4g}",
            "95 %": "" if row["low"] is None else f"{row['low']:.4g} to {row['high']:.4g}",
            "method": row["method"],
        }
        for row in largest.values()
    ]


def _parts(slice_: str) -> tuple[str, int]:
    """What a slice is of, and how large a draw: ``answers/500-texts``; 0 where it is no draw."""
    about, _, drawn = slice_.rpartition("/")
    size, _, unit = drawn.partition("-")
    return (f"{about}/{unit}", int(size)) if size.isdecimal() and unit in ("texts", "words", "bytes") else (slice_, 0)
