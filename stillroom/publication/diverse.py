"""How diverse the candidate of a version was measured to be, for a person and for the manifest."""

from collections.abc import Iterable, Mapping
from typing import Any

from stillroom.lake import Lake
from stillroom.runs.diversity_rows import STAYED, UNKNOWN, UNMEASURED, WANTED

RISKS = ("style_collapse", "monoculture", "diminishing_returns")
_SAID = (WANTED, STAYED, UNKNOWN, UNMEASURED)  # in sentences, not among the measures
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
        if row["metric"] in _SAID:
            continue
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


def in_words(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """What a person must know of these figures: what was not measured, and which settings could not do their work."""
    found = {(row["metric"], row["slice"]): int(row["value"]) for row in rows if row["metric"] in _SAID}
    said: list[str] = []
    if (UNMEASURED, "") in found:
        said.append("Nothing that hangs on embeddings was measured of it: the endpoint that makes them gave no answer.")
    wanted, stayed = found.get((WANTED, ""), 0), found.get((STAYED, ""), 0)
    if stayed < wanted:
        said.append(
            f"Quotas left room for {stayed:,} of the {wanted:,} samples that the gate of diversity was to keep."
        )
    said += [
        f"{count:,} of the samples that the gate of diversity was asked about have no {quota}, and its quota does not "
        "limit them."
        for (metric, quota), count in found.items()
        if metric == UNKNOWN
    ]
    return said


def _parts(slice_: str) -> tuple[str, int]:
    """What a slice is of, and how large a draw: ``answers/500-texts``; 0 where it is no draw."""
    about, _, drawn = slice_.rpartition("/")
    size, _, unit = drawn.partition("-")
    return (f"{about}/{unit}", int(size)) if size.isdecimal() and unit in ("texts", "words", "bytes") else (slice_, 0)
