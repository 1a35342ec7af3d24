"""Backs a lake up into a folder that is then a lake itself, adding only what is new since the last time.

Data files and frozen snapshots never change, so what is there already stays. The catalogue comes last and by rename:
a backup that is cut off leaves the one before it as it was.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from stillroom.errors import LakeError, RequestError
from stillroom.lake.backup_files import (
    Added,
    add_copies,
    add_file,
    add_journals,
    discard_other_copies,
    discard_others,
)
from stillroom.lake.catalogue import CATALOGUE, catalogue_in_one_folder, copy_catalogue
from stillroom.lake.connection import connect
from stillroom.lake.copies import FrozenCopy, named_copies
from stillroom.lake.files import DataFile, data_files, missing_files
from stillroom.lake.location import locate
from stillroom.lake.presence import alone, present
from stillroom.lake.script import keep_script
from stillroom.lake.writing import FileWriting

MARK = "backup.json"
"""File in a backup: of which lake it is, and which states of its catalogue this module has put there."""
_BEFORE_THE_MARK = ("leases", "tmp")  # what a backup that was cut off at once has left
_LAKE_ID = "SELECT schema_uuid FROM ducklake_schema ORDER BY schema_id, begin_snapshot LIMIT 1"
_STATE = "SELECT snapshot_id || ' of ' || snapshot_time FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1"


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What ``MARK`` holds."""

    lake: str
    source: str = msgspec.field(name="from")
    states: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """What a backup holds, in data files and their bytes.

    Attributes:
        new_files: of any kind, that were not there before.
        linked_files: of these, hard links.
    """

    folder: str
    files: int
    bytes: int
    new_files: int
    new_bytes: int
    linked_files: int


def back_up(root: Path, folder: Path, *, say: Callable[[str], None]) -> BackedUp:
    """Make ``folder`` a backup of the lake at ``root`` as it is now.

    Builds may go on meanwhile; what they commit after the catalogue has been copied is for the next backup.

    Args:
        root: the lake's folder.
        folder: new, empty, or an earlier backup of this lake.
        say: told about each step.

    Raises:
        RequestError: there is no lake, or the folder is something else or was written into since.
        LeaseHeld: housekeeping has the lake, or somebody writes into the folder.
        LakeError: a data file is missing in the lake, or the folder cannot be written.
    """
    catalogue = catalogue_in_one_folder(root)
    _refuse_nested(root, folder)
    lake_id = _asked(catalogue, _LAKE_ID)
    known = _known_states(folder, lake_id)
    try:
        with present(root), alone(folder, "stillroom lake backup"):
            new = folder / "tmp" / "catalogue-new.sqlite"
            new.parent.mkdir(parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            with FileWriting(root).turn():
                copy_catalogue(root, new)
            _write_mark(folder, root, lake_id, [*known, _asked(new, _STATE)])
            named, copies = _named(new, root / "data")
            added = _add_all(named, copies, root, folder, say)
            say("comparing the backup with its catalogue")
            _refuse_missing(missing_files(_named(new, folder / "data")[0]), folder)
            _put_in_place(new, folder / CATALOGUE)
            _write_mark(folder, root, lake_id, [_asked(folder / CATALOGUE, _STATE)])
            discard_others(folder / "data", {folder / "data" / one.path.relative_to(root / "data") for one in named})
            discard_other_copies(copies, folder)
            add_copies(copies, root, folder, added)  # whose place was taken until now
            keep_script(locate(folder))
    except OSError as error:
        raise LakeError(
            f"the backup in {folder} is not finished: {error}. The one before it is as it was; free some space or name "
            "another folder, and run the command again."
        ) from error
    return BackedUp(
        folder=str(folder),
        files=len(named),
        bytes=sum(one.size for one in named),
        new_files=added.files,
        new_bytes=added.bytes,
        linked_files=added.linked,
    )


def _add_all(
    named: Sequence[DataFile], copies: Sequence[FrozenCopy], root: Path, folder: Path, say: Callable[[str], None]
) -> Added:
    _refuse_missing(missing_files(named), root)
    added = Added()
    for number, one in enumerate(named, start=1):
        say(f"data file {number:,} of {len(named):,}")
        add_file(one.path, folder / "data" / one.path.relative_to(root / "data"), added)
    say("frozen snapshots and journals")
    add_copies(copies, root, folder, added)  # of versions that come meanwhile the catalogue's copy knows nothing
    add_journals(root / "journal", folder / "journal", added)
    return added


def _named(catalogue: Path, data: Path) -> tuple[list[DataFile], list[FrozenCopy]]:
    """What a catalogue names: data files, below ``data``, and frozen copies."""
    connection = connect(catalogue, data, read_only=True, spill=catalogue.parent)
    try:
        return data_files(connection, data), named_copies(connection)
    finally:
        connection.close()


def _refuse_missing(missing: Sequence[DataFile], where: Path) -> None:
    if missing:
        raise LakeError(
            f"the catalogue names {len(missing):,} files that are not in {where} or have another size, first "
            f"{missing[0].path} of the table {missing[0].table}. The backup before this one is as it was."
        )


def _put_in_place(new: Path, catalogue: Path) -> None:
    """Rename, once nothing of the old catalogue's log is left that SQLite would apply to the new one."""
    if catalogue.exists():
        with closing(sqlite3.connect(catalogue)) as old:
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for log in ("-wal", "-shm"):
        catalogue.with_name(f"{catalogue.name}{log}").unlink(missing_ok=True)
    with new.open("rb") as written:
        os.fsync(written.fileno())
    new.rename(catalogue)


def _refuse_nested(root: Path, folder: Path) -> None:
    if folder == root or root in folder.parents or folder in root.parents:
        raise RequestError(f"a backup has to lie outside of the lake: {folder} and {root} do not. Name another folder.")


def _known_states(folder: Path, lake_id: str) -> list[str]:
    """The states of the catalogue that earlier backups have put into ``folder``.

    Raises:
        RequestError: the folder is no backup of this lake, or has been written into.
    """
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise RequestError(f"a backup is a folder, but {folder} is a file. Name a folder.")
    mark = _read_mark(folder)
    if mark is None:
        if any(one.name not in _BEFORE_THE_MARK for one in folder.iterdir()):
            raise _no_backup(folder)
        return []
    if mark.lake != lake_id:
        raise RequestError(f"{folder} is the backup of another lake ({mark.source}). Name another folder.")
    if (folder / CATALOGUE).exists() and _asked(folder / CATALOGUE, _STATE) not in mark.states:
        raise RequestError(
            f"somebody has written into the backup {folder} since it was made; a new one would undo that. Name another "
            "folder."
        )
    return mark.states


def _read_mark(folder: Path) -> _Mark | None:
    """What ``_write_mark`` wrote there; None where nothing has the name."""
    try:
        return msgspec.json.decode((folder / MARK).read_bytes(), type=_Mark)
    except FileNotFoundError:
        return None
    except msgspec.ValidationError as error:
        raise _no_backup(folder) from error
    except (OSError, ValueError) as error:
        raise RequestError(f"{folder / MARK} cannot be read: {error}. Name another folder.") from error


def _no_backup(folder: Path) -> RequestError:
    return RequestError(f"{folder} is neither empty nor a backup of this lake. Name a new or empty folder.")


def _write_mark(folder: Path, root: Path, lake_id: str, states: Sequence[str]) -> None:
    mark = _Mark(lake=lake_id, source=str(root), states=list(states))
    temporary = folder / "tmp" / MARK
    temporary.write_bytes(msgspec.json.encode(mark) + b"\n")
    temporary.rename(folder / MARK)


def _asked(catalogue: Path, query: str) -> str:
    """A single value of a catalogue."""
    try:
        with closing(sqlite3.connect(f"{catalogue.as_uri()}?mode=ro", uri=True)) as opened:
            return str(opened.execute(query).fetchone()[0])
    except (sqlite3.Error, TypeError) as error:
        raise LakeError(f"cannot read the catalogue {catalogue}: {error}") from error
