"""Finds and removes what nobody needs: replaced files, files of killed writers, temporary files.

DuckLake's own functions for it do not serve: on a SQLite catalogue ``ducklake_cleanup_old_files`` takes no notice of
``older_than`` (DuckDB 1.5.5), so a file went the moment it was replaced, under a reader, and
``ducklake_delete_orphaned_files`` cannot be asked without writing.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.files import METADATA, data_files

_SCHEDULED = f"""
SELECT path, path_is_relative = 1, CAST(schedule_start AS TIMESTAMPTZ) < {{moment}}
FROM {METADATA}.ducklake_files_scheduled_for_deletion ORDER BY path
"""  # noqa: S608 - our own name
_FORGET = f"""
DELETE FROM {METADATA}.ducklake_files_scheduled_for_deletion
WHERE CAST(schedule_start AS TIMESTAMPTZ) < {{moment}}
"""  # noqa: S608 - our own name


class Kind(StrEnum):
    """Why a file is left over."""

    REPLACED = "replaced"
    """Its rows are in a merged file, or no version that is kept holds them."""
    ORPHAN = "orphan"
    """No catalogue row names it: its writer was killed before the commit."""
    TEMPORARY = "temporary"
    """Spilled rows, a catalogue's copy, or a frozen copy that was not finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A file or folder that can go; ``size`` in bytes."""

    kind: Kind
    path: Path
    size: int


def leftovers(connection: duckdb.DuckDBPyConnection, root: Path, before: datetime) -> list[Leftover]:
    """What has been left over since ``before`` (UTC).

    Raises:
        LakeError: the catalogue names a file that it also gave up.
    """
    data = root / "data"
    scheduled = {
        data / path if is_relative else Path(path): is_old
        for path, is_relative, is_old in connection.execute(
            _SCHEDULED.format(moment=timestamp_literal(before))
        ).fetchall()
    }
    named = {file.path for file in data_files(connection, data)}
    if wrong := sorted(named & scheduled.keys()):
        raise LakeError(
            f"the catalogue of {root} names {wrong[0]} and has given it up, both at once. Nothing was removed; please "
            "report this with the versions of DuckDB and DuckLake."
        )
    replaced = [path for path, is_old in scheduled.items() if is_old and path.exists()]
    orphans = [
        path
        for path in sorted(data.rglob("*"))
        if path.is_file() and path not in named and path not in scheduled and _is_older(path, before)
    ]
    return [
        *(Leftover(kind=Kind.REPLACED, path=path, size=_size(path)) for path in replaced),
        *(Leftover(kind=Kind.ORPHAN, path=path, size=_size(path)) for path in orphans),
        *(Leftover(kind=Kind.TEMPORARY, path=path, size=_size(path)) for path in _temporary(root, before)),
    ]


def remove(connection: duckdb.DuckDBPyConnection, found: list[Leftover], before: datetime) -> None:
    """Remove what ``leftovers`` found for the same moment. Cut off, it goes on where it was the next time.

    Raises:
        LakeError: a file cannot be removed.
    """
    try:
        for leftover in found:
            if leftover.path.is_dir():
                shutil.rmtree(leftover.path)
            else:
                leftover.path.unlink(missing_ok=True)
        connection.execute(_FORGET.format(moment=timestamp_literal(before)))
    except OSError as error:
        raise LakeError(f"what is left over could not be removed: {error}. Run the command again.") from error


def waiting(connection: duckdb.DuckDBPyConnection) -> int:
    """Replaced files that are there until nobody can be reading them any more."""
    count = f"SELECT count(*) FROM {METADATA}.ducklake_files_scheduled_for_deletion"  # noqa: S608 - our own name
    return int(connection.execute(count).fetchall()[0][0])


def timestamp_literal(moment: datetime) -> str:
    """A moment as SQL."""
    return f"TIMESTAMPTZ '{moment.isoformat()}'"


def _temporary(root: Path, before: datetime) -> Iterator[Path]:
    unfinished = (root / "snapshots").glob("*/.*-*")  # as publication names a frozen copy until it is whole
    return (path for path in sorted((*(root / "tmp").glob("*"), *unfinished)) if _is_older(path, before))


def _is_older(path: Path, moment: datetime) -> bool:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) < moment


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size
