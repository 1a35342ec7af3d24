"""Whether something was published that a curation did not see, so that what it keeps may duplicate that.

Between a decision and its publication somebody else may publish: a build that died or was refused in between goes on
hours later, and builds of two datasets that are compared with each other go on side by side. Each curation notes the
versions that there were before it looked. Of what is taken out since, ``giving_way.py`` tells.
"""

from stillroom.errors import Overtaken
from stillroom.lake import Lake, Row
from stillroom.runs.opening import Run

RISK, VERSION = "duplicates", "version_compared_with"  # in `metrics`; the slice is the dataset

_VERSIONS = """
SELECT name, max(version) AS version FROM lake.snapshots WHERE $all OR name = $dataset GROUP BY name ORDER BY name
"""
_NEWER = """
SELECT s.name, max(s.version) AS version FROM lake.snapshots s
LEFT JOIN (SELECT slice AS name, max(value) AS version FROM lake.metrics
           WHERE snapshot = $curation AND risk = $risk AND metric = $metric GROUP BY slice) c ON c.name = s.name
WHERE ($all OR s.name = $dataset) AND s.new_rows > 0 AND s.version > coalesce(c.version, 0)
GROUP BY s.name ORDER BY s.name
"""  # a curation of before this was noted has seen none: it is made once more
_KEPT = "SELECT 1 FROM lake.selections WHERE curation_id = ? AND gate = 'kept' LIMIT 1"


def versions_compared(lake: Lake, run: Run) -> list[Row]:
    """Rows of ``metrics`` but for their snapshot: the newest version of each dataset that the run is compared with.

    Call it before anything of these is read: what is published in between may have been seen or not.
    """
    found = {row["name"]: row["version"] for row in lake.rows(_VERSIONS, _asked(run))}
    return [
        {
            "risk": RISK,
            "metric": VERSION,
            "slice": name,
            "value": float(version),
            "low": None,
            "high": None,
            "method": "",
            "threshold": None,
        }
        for name, version in found.items()
    ]


def is_overtaken(lake: Lake, run: Run, curation_id: str) -> bool:
    """Whether a curation keeps what is still to be published, and versions with new rows came since it looked."""
    if lake.committed(f"publish:{curation_id}") or not lake.rows(_KEPT, [curation_id]):
        return False
    return bool(_newer(lake, run, curation_id))


def refuse_overtaken(lake: Lake, run: Run, curation_id: str) -> None:
    """Call it inside the transaction that publishes what the curation keeps: none can come in between then.

    Raises:
        Overtaken: versions with new rows came since the curation looked. Curated again, the run is compared with them.
    """
    if newer := _newer(lake, run, curation_id):
        raise Overtaken(
            f"{', '.join(newer)} came after {run.run_id} was compared with what is published, so what it keeps may "
            "duplicate them, and is not published as it stands. Decided about again, it is compared with them, too."
        )


def _newer(lake: Lake, run: Run, curation_id: str) -> list[str]:
    """The newest version, NAME@N, of each dataset that has published since."""
    asked = {**_asked(run), "curation": curation_id, "risk": RISK, "metric": VERSION}
    return [f"{row['name']}@{row['version']}" for row in lake.rows(_NEWER, asked)]


def _asked(run: Run) -> dict[str, object]:
    return {"dataset": run.recipe.dataset, "all": run.recipe.curation.published == "all"}
