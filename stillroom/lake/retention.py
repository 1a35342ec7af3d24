"""Lets old versions of datasets go: their frozen copies and the states of the catalogue that they were published in.

Tables are append-only, so their rows stay, and what was let go is a row too. A version is let go only where newer ones
that stay hold all of its rows that were not taken out since. So of a dataset whose versions hold only what is new
(``mode: delta``) none goes, but for those of which nothing is left.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from stillroom.errors import LakeError
from stillroom.fingerprint import fingerprint
from stillroom.lake.creation import TABLE_NAMES, additions
from stillroom.lake.location import Location
from stillroom.lake.store import Lake, Row
from stillroom.lake.writing import Writing

TABLE = "retirements"
_RETIRED = """
SELECT s.name, s.version, s.path, s.curation_id FROM lake.snapshots s
JOIN lake.retirements r ON r.name = s.name AND r.version = s.version ORDER BY s.name, s.version
"""
_LETTABLE = """
WITH ranked AS (
    SELECT name, version, path, curation_id,
           row_number() OVER (PARTITION BY name ORDER BY version DESC) > $keep AS is_old
    FROM lake.snapshots
), kept AS (
    SELECT m.name, m.version, m.example_id FROM lake.snapshot_members m
    JOIN ranked USING (name, version) WHERE NOT ranked.is_old
), needed AS (
    SELECT DISTINCT m.name, m.version FROM lake.snapshot_members m JOIN ranked USING (name, version)
    WHERE ranked.is_old
      AND NOT EXISTS (SELECT 1 FROM kept k WHERE k.name = m.name AND k.example_id = m.example_id)
      AND NOT EXISTS (SELECT 1 FROM lake.removals r
                      WHERE r.name = m.name AND r.example_id = m.example_id AND r.version > m.version)
)
SELECT name, version, path, curation_id FROM ranked
WHERE is_old AND (name, version) NOT IN (SELECT (name, version) FROM needed) ORDER BY name, version
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A published version, as far as letting it go is concerned."""

    name: str
    version: int
    path: str
    curation_id: str

    @property
    def label(self) -> str:
        """``NAME@N``."""
        return f"{self.name}@{self.version}"


def retired(connection: duckdb.DuckDBPyConnection) -> list[Version]:
    """The versions that were let go so far."""
    tables = {name for (name,) in connection.execute(TABLE_NAMES).fetchall()}
    return _versions(connection, _RETIRED) if TABLE in tables else []  # an earlier Stillroom kept all


def to_retire(connection: duckdb.DuckDBPyConnection, keep: int) -> list[Version]:
    """Of all but the newest ``keep`` versions of each name, those that may be let go and were not yet."""
    gone = {one.label for one in retired(connection)}
    return [one for one in _versions(connection, _LETTABLE, {"keep": keep}) if one.label not in gone]


def retire(location: Location, connection: duckdb.DuckDBPyConnection, how: Writing, keep: int) -> list[Version]:
    """Record that versions are let go, and remove their frozen copies; returns them.

    Call it with the lake to oneself, and not within a turn: it commits. Cut off, the next call goes on.

    Raises:
        LakeError: a row or a copy could not be written or removed.
    """
    with how.turn():
        for statement in additions(connection):
            connection.execute(statement)
    found = to_retire(connection, keep)
    if found:
        rows: list[Row] = [{"name": one.name, "version": one.version} for one in found]
        lake = Lake(location.root, connection=connection, writing=how)
        lake.commit(f"retire:{fingerprint([one.label for one in found], length=24)}", {TABLE: rows}, run_id="")
    _remove_copies(location.root, retired(connection))
    return found


def _remove_copies(root: Path, versions: Sequence[Version]) -> None:
    for folder in [root / one.path for one in versions]:
        try:
            if folder.exists():
                going = folder.with_name(
                    f".{folder.name}-retired"
                )  # as what is not finished is named, for whoever dies
                folder.rename(going)
                shutil.rmtree(going)
        except OSError as error:
            raise LakeError(
                f"the frozen copy {folder} of a version that was let go could not be removed: {error}. Run the command "
                "again."
            ) from error


def _versions(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, object] | None = None
) -> list[Version]:
    rows = connection.execute(query, parameters).fetchall()
    return [Version(name=name, version=version, path=path, curation_id=id_) for name, version, path, id_ in rows]
