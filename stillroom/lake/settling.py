"""Settles a merge that was cut off before its rows were compared: it is compared now, or undone.

A merge replaces files by one that nobody has read yet, and what is replaced is removed in time. So before housekeeping
removes anything, a copy of the catalogue that the one before it left behind is held against the lake.
"""

from collections.abc import Callable

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.compaction import VersionRows, columns_of, table_files, version_rows
from stillroom.lake.connection import connect
from stillroom.lake.files import METADATA
from stillroom.lake.location import Location
from stillroom.lake.spare import Spare

_NEWEST = f"SELECT max(snapshot_id) FROM {METADATA}.ducklake_snapshot"  # noqa: S608 - a constant
_CHANGES = f"SELECT changes_made FROM {METADATA}.ducklake_snapshot_changes WHERE snapshot_id > ?"  # noqa: S608 - a constant
_MERGE = "merge_adjacent:"  # as DuckLake writes down what a version of the catalogue has changed


def settle(location: Location, spare: Spare, say: Callable[[str], None]) -> None:
    """Compare what a merge has left behind, and undo it where rows differ or cannot be read; most have left nothing.

    Call it with the lake to oneself, and with no connection to it open.

    Args:
        location: the lake.
        spare: the copy of the catalogue from before the merge, if there is one.
        say: told where there is.

    Raises:
        LakeError: the rows cannot be compared; or they differ, and others have written since, so that nothing can be
            put back. Nothing was removed.
    """
    if not spare.is_there:
        return
    say("comparing the rows of a merge that was cut off")
    columns, before, newest = _before(location, spare)
    wrong, is_written = _now(location, columns, before, newest)
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


def _before(location: Location, spare: Spare) -> tuple[dict[str, list[str]], dict[str, VersionRows], int]:
    """Of the tables that were to be merged, columns and rows by version; and the newest version."""
    connection = spare.opened(location.data, location.root / "tmp")
    try:
        merged = [name for name, one in table_files(connection).items() if one.mergeable]
        columns = {name: columns_of(connection, name) for name in merged}
        rows = {name: version_rows(connection, name, columns[name]) for name in merged}
        return columns, rows, int(connection.execute(_NEWEST).fetchall()[0][0])
    except duckdb.Error as error:
        raise LakeError(
            "a `stillroom lake maintain` was cut off before the rows that it had merged were compared, and what was "
            f"there before cannot be read: {error}. Nothing was removed. Where `stillroom verify-snapshot` finds all "
            f"well, remove {spare.name} and run the command again."
        ) from error
    finally:
        connection.close()


def _now(
    location: Location, columns: dict[str, list[str]], before: dict[str, VersionRows], newest: int
) -> tuple[str, bool]:
    """The first table whose rows differ, "" where none does; and whether anybody has written since but the merge."""
    connection = connect(location.catalogue, location.data, read_only=True, spill=location.root / "tmp")
    try:
        changes = [str(made) for (made,) in connection.execute(_CHANGES, [newest]).fetchall()]
        is_written = any(not one.startswith(_MERGE) for made in changes for one in made.split(","))
        return next((name for name in before if _differs(connection, name, columns, before, newest)), ""), is_written
    finally:
        connection.close()


def _differs(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: dict[str, list[str]],
    before: dict[str, VersionRows],
    newest: int,
) -> bool:
    """Whether what the versions up to ``newest`` brought is not what it was; what cannot be read is not."""
    try:
        found = version_rows(connection, table, columns[table])
    except duckdb.Error:
        return True
    return {version: rows for version, rows in found.items() if version <= newest} != before[table]
