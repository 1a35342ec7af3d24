"""Settles a merge that was cut off before its rows were compared: it is compared now, or undone.

A merge replaces files by one that nobody has read yet, and what is replaced is removed in time. So before housekeeping
removes anything, a copy of the catalogue that the one before it left behind is held against the lake. Where a person
has put another catalogue into its place since, the copy says nothing about that one, and both are left as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.compaction import VersionRows, columns_of, table_files, version_rows
from stillroom.lake.connection import connect
from stillroom.lake.files import METADATA
from stillroom.lake.location import Location
from stillroom.lake.spare import Spare

_NEWEST = "SELECT snapshot_id, snapshot_time::VARCHAR FROM {}.ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1"
_MADE_AT = "SELECT snapshot_time::VARCHAR FROM {}.ducklake_snapshot WHERE snapshot_id = ?"
_CHANGES = "SELECT changes_made FROM {}.ducklake_snapshot_changes WHERE snapshot_id > ?"
_MERGE = "merge_adjacent:"  # as DuckLake writes down what a version of the catalogue has changed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """What the copy says of the lake.

    Attributes:
        columns: of the tables that were to be merged.
        rows: of each of these, by version.
        newest: the catalogue's newest version.
        made_at: when that was made.
    """

    columns: dict[str, list[str]]
    rows: dict[str, VersionRows]
    newest: int
    made_at: str


def settle(location: Location, spare: Spare, say: Callable[[str], None]) -> None:
    """Compare what a merge has left behind, and undo it where rows differ or cannot be read; most have left nothing.

    Call it with the lake to oneself, and with no connection to it open.

    Args:
        location: the lake.
        spare: the copy of the catalogue from before the merge, if there is one.
        say: told where there is.

    Raises:
        LakeError: the rows cannot be compared; or the catalogue is not the one that was merged; or rows differ, and
            others have written since, so that nothing can be put back. Nothing was changed or removed.
    """
    if not spare.is_there:
        return
    say("comparing the rows of a merge that was cut off")
    wrong, is_written = _now(location, spare, _before(location, spare))
    if wrong and is_written:
        raise LakeError(
            f"the rows of {wrong} are not those from before its files were merged by a `stillroom lake maintain` that "
            "was cut off, and the lake has been written since, so the merge cannot be undone. Nothing was removed: "
            f"{spare.name} is the catalogue from before, and all files that it names are there. Copy both before "
            "anything else, and report this with the versions of DuckDB and DuckLake. Where you know why the rows "
            "differ, remove that catalogue and run the command again."
        )
    if wrong:
        say(f"undoing the merge, since the rows of {wrong} are not what they were")
        spare.put_back()
    spare.discard()


def _before(location: Location, spare: Spare) -> _Before:
    connection = spare.opened(location.data, location.root / "tmp")
    try:
        merged = [name for name, one in table_files(connection).items() if one.mergeable]
        columns = {name: columns_of(connection, name) for name in merged}
        rows = {name: version_rows(connection, name, columns[name]) for name in merged}
        ((newest, made_at),) = connection.execute(_NEWEST.format(METADATA)).fetchall()
        return _Before(columns=columns, rows=rows, newest=newest, made_at=made_at)
    except duckdb.Error as error:
        raise LakeError(
            "a `stillroom lake maintain` was cut off before the rows that it had merged were compared, and what was "
            f"there before cannot be read: {error}. Nothing was removed. Where `stillroom verify-snapshot` finds all "
            f"well, remove {spare.name} and run the command again."
        ) from error
    finally:
        connection.close()


def _now(location: Location, spare: Spare, before: _Before) -> tuple[str, bool]:
    """The first table whose rows differ, "" where none does; and whether anybody has written since but the merge."""
    connection = connect(location.catalogue, location.data, read_only=True, spill=location.root / "tmp")
    try:
        _refuse_another(connection, spare, before)
        changes = [str(made) for (made,) in connection.execute(_CHANGES.format(METADATA), [before.newest]).fetchall()]
        is_written = any(not one.startswith(_MERGE) for made in changes for one in made.split(","))
        return next((name for name in before.rows if _differs(connection, name, before)), ""), is_written
    finally:
        connection.close()


def _refuse_another(connection: duckdb.DuckDBPyConnection, spare: Spare, before: _Before) -> None:
    """Refuse a catalogue without the copy's newest version: a merge adds versions and takes none away."""
    if connection.execute(_MADE_AT.format(METADATA), [before.newest]).fetchall() == [(before.made_at,)]:
        return
    ((newest, made_at),) = connection.execute(_NEWEST.format(METADATA)).fetchall()
    raise LakeError(
        "a `stillroom lake maintain` was cut off while it merged files, and the catalogue is another since: its newest "
        f"version is {newest} of {made_at}; expected version {before.newest} of {before.made_at}, or one that "
        "follows it. Was an older catalogue put back? Nothing was changed or removed. "
        f"{spare.name} is the catalogue from before the merge, and all files that it names are there: copy it, or put "
        "it back if it is the one that you want. Then remove it and run the command again."
    )


def _differs(connection: duckdb.DuckDBPyConnection, table: str, before: _Before) -> bool:
    """Whether what the versions up to the copy's newest brought is not what it was; what cannot be read is not."""
    try:
        found = version_rows(connection, table, before.columns[table])
    except duckdb.Error:
        return True
    return {version: rows for version, rows in found.items() if version <= before.newest} != before.rows[table]
