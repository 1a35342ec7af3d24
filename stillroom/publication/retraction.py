"""Retraction: what turns out to be bad is taken out of every dataset, with all that depends on it.

The next version lacks it, and names every row of it that some version holds and none has taken out: where versions
hold only what is new, those of older ones too. Earlier versions stay as they were published. The retraction itself
stays too: curation stops what depends on it (`stillroom/runs/retracting.py`), so that no later build brings it back.
"""

from collections.abc import Sequence
from typing import Any

from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake, Row
from stillroom.publication.publish import RETRACTED, Snapshot, next_version, snapshots
from stillroom.records import ID_DIGITS
from stillroom.runs import Cause

KINDS = ("seed", "prompt", "teacher", "verifier", "image")

_RADIUS = "SELECT * FROM lake.blast_radius($kind, $cause_id)"
_DATASETS = f"""
SELECT DISTINCT r.dataset FROM ({_RADIUS}) b JOIN lake.runs r USING (run_id)
UNION
SELECT r.dataset FROM lake.teachers t JOIN lake.runs r USING (run_id)
WHERE $kind = 'teacher' AND $cause_id IN (t.teacher_id, t.name)
ORDER BY ALL
"""  # noqa: S608 - constants
_AFFECTED = f"""
SELECT DISTINCT m.name, m.example_id, m.sample_id, m.prompt_id
FROM ({_RADIUS}) b JOIN lake.runs r ON r.run_id = b.run_id
JOIN lake.published_members m ON m.example_id = b.item AND m.name = r.dataset AND m.published_at = b.published_at
WHERE b.what = 'example' ORDER BY m.name, m.example_id
"""  # noqa: S608 - constants; what was published once more, on other grounds, stands on those


def datasets_of(lake: Lake, cause: Cause) -> list[str]:
    """The datasets that have anything of ``cause``, published or not: whoever retracts it holds the leases on them."""
    return [row["dataset"] for row in lake.rows(_DATASETS, _asked(cause))]


def affected_members(lake: Lake, cause: Cause) -> dict[str, list[dict[str, Any]]]:
    """By dataset, what depends on ``cause``, is a member of some version and was not taken out since, if anything."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in lake.rows(_AFFECTED, _asked(cause)):
        found.setdefault(row["name"], []).append(row)
    return found


def retract(lake: Lake, cause: Cause) -> list[Snapshot]:
    """Retract ``cause``; returns the versions that this published, none where no published row depends on it.

    Call it under the leases on all of ``datasets_of``. Cut off and called again, it publishes what is missing.

    Raises:
        LakeError: the lake cannot be written.
    """
    row = {"kind": cause.kind, "cause_id": cause.cause_id}
    lake.commit(f"retraction:{cause.kind}:{cause.cause_id}", {"retractions": [row]}, run_id="")
    affected = affected_members(lake, cause)
    return [_publish_without(lake, cause, _newest(lake, name), rows) for name, rows in affected.items()]


def _publish_without(lake: Lake, cause: Cause, newest: Snapshot, members: Sequence[dict[str, Any]]) -> Snapshot:
    candidate = fingerprint(["retraction", cause.kind, cause.cause_id, newest.name, newest.version], length=ID_DIGITS)
    removed: list[Row] = [
        {
            **{key: row[key] for key in ("example_id", "sample_id", "prompt_id")},
            "kind": cause.kind,
            "cause_id": cause.cause_id,
            "reason": RETRACTED,
        }
        for row in members
    ]
    lake.commit(
        f"publish:{candidate}",
        lambda: next_version(lake, newest.name, candidate, mode=newest.mode, removed=removed),
        run_id=newest.run_id,
    )
    return _newest(lake, newest.name)


def _newest(lake: Lake, name: str) -> Snapshot:
    return snapshots(lake, name)[-1]


def _asked(cause: Cause) -> dict[str, object]:
    return {"kind": cause.kind, "cause_id": cause.cause_id}
