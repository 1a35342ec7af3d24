"""Opens a lake to write into it: who writes is known, then its folders, catalogue and tables are there."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from stillroom.errors import LakeError, RequestError
from stillroom.lake.claim import claim, refuse_others, refuse_taken
from stillroom.lake.connection import connect
from stillroom.lake.creation import is_whole, prepare
from stillroom.lake.location import Location, locate
from stillroom.lake.presence import Presence, enter
from stillroom.lake.writing import Writing, writing


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A lake that is open to be written; all three are to be closed."""

    connection: duckdb.DuckDBPyConnection
    writing: Writing
    presence: Presence


def open_to_write(root: Path, *, create: bool) -> Opened:
    """Open the lake of the folder ``root``, an absolute one; raises as ``Lake.open``."""
    location = locate(root)
    if not create and not location.exists:
        raise RequestError(f"there is no lake at {root}. Build a recipe first, or name another with --lake.")
    _make_folders(location)
    presence = enter(root)
    try:
        how = writing(location)
        try:
            with how.turn():
                return Opened(connection=_connected(location, how), writing=how, presence=presence)
        except BaseException:
            how.close()
            raise
    except BaseException:
        presence.leave()
        raise


def _make_folders(location: Location) -> None:
    root = location.root
    try:
        for folder in (*(root / name for name in ("journal", "leases", "snapshots", "tmp")), location.data):
            if isinstance(folder, Path):
                folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LakeError(f"cannot create the lake's folders in {root}: {error}") from error


def _connected(location: Location, how: Writing) -> duckdb.DuckDBPyConnection:
    """The lake with all its tables, made where they are not; call it in one's turn to write."""
    if location.has_data_elsewhere and not location.exists:
        refuse_taken(location)
    how.make_ready()
    location.remember()  # before there is a catalogue: a lake without it has all in its folder
    connection = connect(location.catalogue, how.data, read_only=False, spill=location.root / "tmp")
    try:
        if location.has_data_elsewhere and not is_whole(connection):
            claim(location, connection)
        refuse_others(location, connection, by_any_name=True)
        prepare(connection, location.root)
    except BaseException:
        connection.close()
        raise
    return connection
