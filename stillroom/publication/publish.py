"""Publishes a curation as the next version of its dataset, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from stillroom.lake import Lake, Row
from stillroom.publication.candidate import content_hash, new_examples
from stillroom.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One published version.

    Attributes:
        rows: all members.
        new_rows: members that the parent version lacks.
        path: folder of the frozen copy, relative to the lake.
    """

    name: str
    version: int
    rows: int
    new_rows: int
    content_hash: str
    path: str
    curation_id: str
    run_id: str

    @property
    def label(self) -> str:
        """``NAME@N``."""
        return f"{self.name}@{self.version}"


def publish(lake: Lake, run: Run, curation_id: str) -> Snapshot | None:
    """Publish what ``curation_id`` kept; None where it kept nothing that is new.

    A cumulative version holds its parent's members and the new ones. The number is given inside the
    transaction; publishing the same curation again gives the same version.

    Raises:
        GateError: something that must not be published was selected.
    """
    key = f"publish:{curation_id}"
    if not lake.committed(key):
        examples = new_examples(lake, curation_id, allow_unverified=run.recipe.snapshot.allow_unverified)
        if not examples:
            return None
        lake.commit(key, lambda: _version_rows(lake, run, curation_id, examples), run_id=run.run_id)
    return next(one for one in snapshots(lake, run.recipe.dataset) if one.curation_id == curation_id)


def published_but_open(lake: Lake, run: Run) -> Snapshot | None:
    """The version that a build of this run published and died before it could close the run."""
    rows = lake.rows(
        "SELECT s.curation_id FROM lake.snapshots s JOIN lake.current_runs r USING (run_id) "
        "WHERE s.run_id = ? AND r.state = 'opened' AND s.created_at > r.created_at ORDER BY s.version DESC LIMIT 1",
        [run.run_id],
    )
    ids = {row["curation_id"] for row in rows}
    return next((one for one in snapshots(lake, run.recipe.dataset) if one.curation_id in ids), None)


def snapshots(lake: Lake, name: str | None = None) -> list[Snapshot]:
    """All versions (of one dataset), oldest first."""
    rows = lake.rows(
        "SELECT name, version, rows, new_rows, content_hash, path, curation_id, run_id FROM lake.snapshots "
        "WHERE $name IS NULL OR name = $name ORDER BY name, version",
        {"name": name},
    )
    return [Snapshot(**row) for row in rows]


def _version_rows(lake: Lake, run: Run, curation_id: str, examples: list[Row]) -> dict[str, list[Row]]:
    name, mode = run.recipe.dataset, run.recipe.snapshot.mode
    parent = lake.rows("SELECT coalesce(max(version), 0) AS n FROM lake.snapshots WHERE name = ?", [name])[0]["n"]
    inherited: Sequence[Row] = []
    if mode == "cumulative" and parent:
        inherited = lake.rows(
            "SELECT example_id, messages, answer FROM lake.snapshot_examples WHERE name = ? AND version = ?",
            [name, parent],
        )
    members = {str(row["example_id"]): row for row in (*inherited, *examples)}
    version = parent + 1
    snapshot: Row = {
        "name": name,
        "version": version,
        "curation_id": curation_id,
        "parent_version": parent if mode == "cumulative" else 0,
        "mode": mode,
        "rows": len(members),
        "new_rows": len(examples),
        "content_hash": content_hash(list(members.values())),
        "path": f"snapshots/{name}/{version}",
    }
    return {
        "examples": examples,
        "snapshots": [snapshot],
        "snapshot_members": [{"name": name, "version": version, "example_id": id_} for id_ in sorted(members)],
    }
