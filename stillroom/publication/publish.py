"""Publishes a curation as the next version of its dataset, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stillroom.lake import Lake, Row
from stillroom.publication.candidate import content_hash, new_examples
from stillroom.runs import Run, refuse_overtaken

RETRACTED = "retracted"  # the gate of a selection, and the reason of a removal
VERDICT = "verdict"  # kind of a removal: the member was verified again and does not pass
_DROPPED = """
SELECT DISTINCT x.example_id, x.sample_id, x.prompt_id, c.gate, c.reason, c.matched_id, c.verifier_ids
FROM lake.selections c JOIN lake.examples x ON x.sample_id = c.sample_id AND x.run_id = c.run_id
JOIN lake.published_members m ON m.example_id = x.example_id AND m.name = $name
WHERE c.curation_id = $curation AND NOT c.kept ORDER BY x.example_id
"""
_OF_ENDS = """
WITH r AS (
    SELECT created_at, version, state, recipe, lag(recipe) OVER (ORDER BY version) AS before
    FROM lake.runs WHERE run_id = $run
), ends AS (  -- an end repeats the recipe: a row with another one says under which verification a finished run counts
    SELECT created_at, row_number() OVER (ORDER BY version DESC) AS nth
    FROM r WHERE state <> 'opened' AND coalesce(recipe = before, true)
), opened AS (  -- by the build that came to that end; by none where late shards did
    SELECT min(created_at) AS since FROM r WHERE state = 'opened'
      AND created_at > ALL (SELECT created_at FROM ends WHERE nth > $ends)
      AND created_at <= ALL (SELECT created_at FROM ends WHERE nth = $ends)
)
SELECT s.curation_id FROM lake.snapshots s
WHERE s.run_id = $run AND s.curation_id IN (SELECT curation_id FROM lake.selections WHERE run_id = $run)
  AND s.created_at > ALL (SELECT created_at FROM ends WHERE nth > $ends)
  AND s.created_at <= ALL (SELECT created_at FROM ends WHERE nth = $ends)
  AND ($ends = 0 OR coalesce(s.created_at > (SELECT since FROM opened), true))
ORDER BY s.version DESC LIMIT 1
"""  # by its decisions, so no retraction
_SINCE, _BEFORE = 0, 1  # the run's last end: published since then, or by what came to that end
_HELD = "SELECT example_id, messages, answer FROM lake.snapshot_examples WHERE name = $name AND version = $version"
_PUBLISHED = """
SELECT e.example_id, e.messages, e.answer FROM lake.examples e
LEFT JOIN (SELECT example_id, max(created_at) AS created_at FROM lake.removals WHERE name = $name GROUP BY ALL) r
    ON r.example_id = e.example_id
WHERE e.run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $name)
  AND (r.created_at IS NULL OR e.created_at > r.created_at)
QUALIFY row_number() OVER (PARTITION BY e.example_id ORDER BY e.created_at DESC) = 1
"""  # the members that `published_members` has, which counts the rows of all versions to say in which they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One published version.

    Attributes:
        rows: all members.
        new_rows: members that were published with it: newcomers, and what had been taken out and passes again.
        path: folder of the frozen copy, relative to the lake.
        parent_version: the version that it continues, 0 where none.
        mode: cumulative or delta.
        is_retired: its frozen copy and the state of the catalogue in which it was published were let go.
    """

    name: str
    version: int
    rows: int
    new_rows: int
    content_hash: str
    path: str
    curation_id: str
    run_id: str
    parent_version: int
    mode: str
    is_retired: bool

    @property
    def label(self) -> str:
        """``NAME@N``."""
        return f"{self.name}@{self.version}"


def publish(lake: Lake, run: Run, curation_id: str, *, as_newest: bool = False) -> Snapshot | None:
    """Publish what ``curation_id`` decided; None where it kept nothing that is new and dropped no member.

    A cumulative version holds what the dataset has published and not taken out, less what is dropped now, and the new
    ones. The number is given inside the transaction; publishing the same curation again gives the same version.

    Args:
        lake: where it was decided.
        run: what was decided about.
        curation_id: the decision.
        as_newest: in the mode of the dataset's newest version, where there is one, and not in the run's own: what comes
            of a run after its build is part of a dataset that may have been built in another mode since.

    Raises:
        GateError: something that must not be published was selected.
        Overtaken: it keeps what is new, and others have published since it was made. Curated again it can be published.
    """
    key = f"publish:{curation_id}"
    name, own = run.recipe.dataset, run.recipe.snapshot.mode
    if not lake.committed(key):
        examples = new_examples(lake, curation_id, allow_unverified=run.recipe.snapshot.allow_unverified)
        removed = _dropped_members(lake, name, curation_id)
        if not examples and not removed:
            return None

        def version() -> dict[str, list[Row]]:
            if examples:
                refuse_overtaken(lake, run, curation_id)
            mode = (newest_mode(lake, name) or own) if as_newest else own
            return next_version(lake, name, curation_id, mode=mode, new=examples, removed=removed)

        lake.commit(key, version, run_id=run.run_id)
    return next(one for one in snapshots(lake, name) if one.curation_id == curation_id)


def published_unnoted(lake: Lake, run: Run) -> Snapshot | None:
    """The version that was published of this run and is not noted with it yet, by ``finish_run`` or ``note_version``.

    Whoever published it notes it next, unless it dies. Then whoever goes on with the run does, whatever has been
    recorded of it meanwhile: its recipe may have been edited after the death.
    """
    return _of_ends(lake, run, _SINCE)


def published_by_build(lake: Lake, run: Run) -> Snapshot | None:
    """The version that the run's last build brought; None where that kept nothing new, whatever was published before.

    A run is derived again, curated once more for what came late, verified again: of its versions only the one counts
    that came between the run's last end and the end before it, and after the build had opened the run: what a
    reverification published is not its own, also where that was not noted.
    """
    return _of_ends(lake, run, _BEFORE)


def _of_ends(lake: Lake, run: Run, ends: int) -> Snapshot | None:
    """The newest version by the run's decisions after which the run has come to so many ends, and no more."""
    ids = {row["curation_id"] for row in lake.rows(_OF_ENDS, {"run": run.run_id, "ends": ends})}
    return next((one for one in snapshots(lake, run.recipe.dataset) if one.curation_id in ids), None)


def snapshots(lake: Lake, name: str | None = None) -> list[Snapshot]:
    """All versions (of one dataset), oldest first."""
    rows = lake.rows(
        "SELECT name, version, rows, new_rows, content_hash, path, curation_id, run_id, parent_version, mode "
        "FROM lake.snapshots WHERE $name IS NULL OR name = $name ORDER BY name, version",
        {"name": name},
    )
    gone = lake.rows("SELECT name, version FROM lake.retirements") if lake.holds("retirements") else []
    retired = {(row["name"], row["version"]) for row in gone}
    return [Snapshot(**row, is_retired=(row["name"], row["version"]) in retired) for row in rows]


def published_at(lake: Lake, snapshot: Snapshot) -> datetime:
    """When a version was committed. Commits' times are in the commits' order, also where a clock was set back."""
    query = "SELECT min(created_at) AS at FROM lake.snapshots WHERE name = ? AND version = ?"
    return lake.rows(query, [snapshot.name, snapshot.version])[0]["at"]


def newest_mode(lake: Lake, name: str) -> str:
    """The mode of the dataset's newest version; "" where it has none."""
    rows = lake.rows("SELECT mode FROM lake.snapshots WHERE name = ? ORDER BY version DESC LIMIT 1", [name])
    return rows[0]["mode"] if rows else ""


def next_version(
    lake: Lake, name: str, candidate: str, *, mode: str, new: Sequence[Row] = (), removed: Sequence[Row] = ()
) -> dict[str, list[Row]]:
    """Rows of the version that follows the newest one; call it inside the publishing transaction.

    Args:
        lake: where the newest version is.
        name: the dataset.
        candidate: the curation_id, or what else this version is published from.
        mode: cumulative or delta. One that is cumulative holds all that was published and not taken out, also by
            versions that held only what was new. A delta that only takes rows out holds all others of the newest one.
        new: rows of ``examples``.
        removed: rows of ``removals`` but for name and version.
    """
    parent = lake.rows("SELECT coalesce(max(version), 0) AS n FROM lake.snapshots WHERE name = ?", [name])[0]["n"]
    is_cumulative = mode == "cumulative"
    inherited: Sequence[Row] = []
    if is_cumulative:
        inherited = lake.rows(_PUBLISHED, {"name": name})
    elif not new:
        inherited = lake.rows(_HELD, {"name": name, "version": parent})
    gone = {row["example_id"] for row in removed}
    members = {str(row["example_id"]): row for row in (*inherited, *new) if row["example_id"] not in gone}
    version = parent + 1
    snapshot: Row = {
        "name": name,
        "version": version,
        "curation_id": candidate,
        "parent_version": parent if is_cumulative or not new else 0,
        "mode": mode,
        "rows": len(members),
        "new_rows": len(new),
        "content_hash": content_hash(list(members.values())),
        "path": f"snapshots/{name}/{version}",
    }
    return {
        "examples": list(new),
        "snapshots": [snapshot],
        "snapshot_members": [{"name": name, "version": version, "example_id": id_} for id_ in sorted(members)],
        "removals": [{"name": name, "version": version, **row} for row in removed],
    }


def _dropped_members(lake: Lake, name: str, curation_id: str) -> list[Row]:
    """Rows of ``removals``, without name and version, for what some version holds and the curation dropped."""
    return [
        {
            **{key: row[key] for key in ("example_id", "sample_id", "prompt_id")},
            "kind": row["reason"] if row["gate"] == RETRACTED else VERDICT,
            "cause_id": row["matched_id"] if row["gate"] == RETRACTED else row["verifier_ids"][0],
            "reason": RETRACTED if row["gate"] == RETRACTED else row["reason"],
        }
        for row in lake.rows(_DROPPED, {"name": name, "curation": curation_id})
    ]
