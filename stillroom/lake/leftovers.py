"""Finds and removes what nobody needs: replaced files, files of killed writers, temporary files.

DuckLake's own functions for it do not serve: on a SQLite catalogue ``ducklake_cleanup_old_files`` takes no notice of
``older_than`` (DuckDB 1.5.5), so a file went the moment it was replaced, under a reader, and
``ducklake_delete_orphaned_files`` cannot be asked without writing, and takes every Parquet file for the lake's. So
files are looked at here. Of those that the catalogue does not name, only such count as DuckLake writes for a table of
this lake, and none where the place may be another lake's as well.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.claim import doubt
from stillroom.lake.data_place import data_place
from stillroom.lake.files import METADATA, named_files, table_folders
from stillroom.lake.location import Location
from stillroom.lake.own_folder import is_own

_SCHEDULED = """
SELECT path, CAST(schedule_start AS TIMESTAMPTZ) < {moment}
FROM {metadata}.ducklake_files_scheduled_for_deletion ORDER BY path
"""
_FORGET = """
DELETE FROM {metadata}.ducklake_files_scheduled_for_deletion
WHERE CAST(schedule_start AS TIMESTAMPTZ) < {moment}
"""

_WAITING = """
SELECT count(*) FROM {metadata}.ducklake_files_scheduled_for_deletion
WHERE NOT CAST(schedule_start AS TIMESTAMPTZ) < {moment}
"""


class Kind(StrEnum):
    """Why a file is left over."""

    REPLACED = "replaced"
    """Its rows are in a merged file, or no version that is kept holds them."""
    ORPHAN = "orphan"
    """DuckLake has written it for a table, and no catalogue row names it: its writer was killed before the commit."""
    TEMPORARY = "temporary"
    """Spilled rows, a catalogue's copy, or a frozen copy that was not finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A file or folder that can go, or an object's address; ``size`` in bytes."""

    kind: Kind
    path: Path | str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What has been left over.

    Attributes:
        leftovers: what can go.
        doubt: why orphans were not looked for, and what to do; "" where they were.
    """

    leftovers: list[Leftover]
    doubt: str


def find_leftovers(connection: duckdb.DuckDBPyConnection, location: Location, before: datetime) -> Found:
    """What has been left over since ``before`` (UTC).

    Raises:
        LakeError: the catalogue names a file that it also gave up.
        RequestError: the data files are in the place of another lake.
    """
    place = data_place(location.data, connection)
    query = _SCHEDULED.format(metadata=METADATA, moment=timestamp_literal(before))
    scheduled = {place.name(str(path)): bool(is_old) for path, is_old in connection.execute(query).fetchall()}
    named = {place.name(path) for _, path, _ in named_files(connection)}
    if wrong := sorted(named & scheduled.keys()):
        raise LakeError(
            f"the catalogue of {location.root} names {place.address(wrong[0])} and has given it up, both at once. "
            "Nothing was removed; please report this with the versions of DuckDB and DuckLake."
        )
    replaced = place.sizes({name for name, is_old in scheduled.items() if is_old})
    unsure = doubt(location, connection)
    orphans = {
        one.name: one.size
        for one in ([] if unsure else place.files(table_folders(connection)))
        if one.name not in named and one.name not in scheduled and one.changed_at < before
    }
    return Found(
        leftovers=[
            *(Leftover(kind=Kind.REPLACED, path=place.address(name), size=replaced[name]) for name in sorted(replaced)),
            *(Leftover(kind=Kind.ORPHAN, path=place.address(name), size=orphans[name]) for name in sorted(orphans)),
            *(Leftover(kind=Kind.TEMPORARY, path=path, size=_size(path)) for path in _temporary(location.root, before)),
        ],
        doubt=unsure,
    )


def remove(connection: duckdb.DuckDBPyConnection, location: Location, found: Found, before: datetime) -> None:
    """Remove what ``find_leftovers`` found for the same moment. Cut off, it goes on where it was the next time.

    The catalogue forgets replaced files last, so that none is left of which nobody knows what it was.

    Raises:
        LakeError: a file cannot be removed.
    """
    place = data_place(location.data, connection)
    place.remove([place.name(str(one.path)) for one in found.leftovers if one.kind is not Kind.TEMPORARY])
    try:
        for leftover in found.leftovers:
            if leftover.kind is Kind.TEMPORARY:
                _discard(Path(leftover.path))
    except OSError as error:
        raise LakeError(f"what is left over could not be removed: {error}. Run the command again.") from error
    connection.execute(_FORGET.format(metadata=METADATA, moment=timestamp_literal(before)))


def waiting(connection: duckdb.DuckDBPyConnection, before: datetime) -> int:
    """Files that have been replaced since ``before``: they are there until nobody can be reading them any more."""
    return int(
        connection.execute(_WAITING.format(metadata=METADATA, moment=timestamp_literal(before))).fetchall()[0][0]
    )


def timestamp_literal(moment: datetime) -> str:
    """A moment as SQL."""
    return f"TIMESTAMPTZ '{moment.isoformat()}'"


def _temporary(root: Path, before: datetime) -> Iterator[Path]:
    unfinished = (root / "snapshots").glob("*/.*-*")  # as publication names a frozen copy until it is whole
    spilled = (path for path in (root / "tmp").glob("*") if not is_own(path))  # those go with their processes
    return (path for path in sorted((*spilled, *unfinished)) if _is_older(path, before))


def _is_older(path: Path, moment: datetime) -> bool:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) < moment
    except FileNotFoundError:  # readers remove theirs meanwhile
        return False


def _size(path: Path) -> int:
    """Of a file, or of all files in a folder; what goes meanwhile counts for nothing."""
    if not path.is_dir():
        return _file_size(path)
    return sum(_file_size(Path(folder, name)) for folder, _, names in os.walk(path) for name in names)


def _file_size(path: Path) -> int:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def _discard(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
