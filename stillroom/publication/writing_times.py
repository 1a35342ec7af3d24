"""Holds the times at which a version's rows were written against those at which their curations were published.

``lineage``, re-execution and the next version go by them. Rows of one curation in one dataset are written by the commit
that publishes it, so they have the time of its version. The frozen copy says nothing of that: a catalogue that was put
back publishes the same rows once more, at another time, beside the copy that stands.
"""

from stillroom.lake import Lake
from stillroom.publication.publish import Snapshot
from stillroom.publication.sealing import Comparison

WHAT = "times of the lake's rows, against their publications"
_ASTRAY = """
SELECT e.curation_id, count(*) AS rows, min(e.example_id) AS example_id
FROM lake.snapshot_examples e
JOIN (SELECT curation_id, list(created_at) AS times FROM lake.snapshots WHERE name = $name GROUP BY curation_id) p
    ON p.curation_id = e.curation_id
WHERE e.name = $name AND e.version = $version AND NOT list_contains(p.times, e.created_at)
GROUP BY e.curation_id ORDER BY e.curation_id
"""  # a curation that no version of the dataset is of is told where columns are compared


def against_publications(lake: Lake, snapshot: Snapshot) -> Comparison:
    """Whether each row was written when its curation was published; counts those that were not, by curation.

    Raises:
        LakeError: the lake cannot be read.
    """
    found = [
        f"{row['rows']:,} rows are not of the time at which curation {row['curation_id']} was published, "
        f"first {row['example_id']}"
        for row in lake.rows(_ASTRAY, {"name": snapshot.name, "version": snapshot.version})
    ]
    return Comparison(what=WHAT, is_same=not found, found="; ".join(found))
