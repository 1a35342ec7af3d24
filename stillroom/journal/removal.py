"""Finds the journals of a lake, and removes one that nobody writes: files in its folder, or rows in its database."""

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stillroom.errors import LakeError
from stillroom.journal.database import InDatabase
from stillroom.journal.place import JournalPlace
from stillroom.lake.location import locate

_LIST = """
SELECT journal, sum(octet_length(record))::bigint FROM stillroom.journal_records
WHERE starts_with(journal, %s) GROUP BY journal ORDER BY journal
"""
_REMOVE = "DELETE FROM stillroom.journal_records WHERE journal = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJournal:
    """A journal that is there: of which run and piece of work (such as ``shard-3``), and its size in bytes."""

    run_id: str
    stem: str
    place: JournalPlace
    size: int

    @property
    def name(self) -> str:
        """For a person."""
        return f"{self.run_id}/{self.stem}"


def stored_journals(root: Path, beginning: str = "") -> list[StoredJournal]:
    """The journals of the lake in the folder ``root`` of runs whose ids begin so, by name.

    Raises:
        LakeError: PostgreSQL does not answer, or the folder cannot be read.
    """
    location = locate(root)
    if location.journals_in_catalogue and isinstance(location.catalogue, str):
        return _in_database(location.catalogue, beginning)
    try:
        paths = [one for one in sorted((root / "journal").glob("*/*.jsonl")) if one.parent.name.startswith(beginning)]
        files = [(path, path.stat().st_size) for path in paths]
    except OSError as error:
        raise LakeError(f"cannot look at the journals in {root / 'journal'}: {error}") from error
    return [StoredJournal(run_id=path.parent.name, stem=path.stem, place=path, size=size) for path, size in files]


def _in_database(database: str, beginning: str) -> list[StoredJournal]:
    import psycopg

    from stillroom.lake.postgres import connect

    try:
        with connect(database, "looks at journals") as connection:
            found = connection.execute(_LIST, [beginning]).fetchall()
    except psycopg.Error as error:
        raise LakeError(f"cannot look at the journals in PostgreSQL ({database}): {error}") from error
    return [
        StoredJournal(
            run_id=str(name).rpartition("/")[0],
            stem=str(name).rpartition("/")[2],
            place=InDatabase(database, str(name)),
            size=int(size),
        )
        for name, size in found
    ]


def remove_journal(place: JournalPlace) -> bool:
    """Remove a journal; False where a process has it open for appending, and nothing was removed.

    Raises:
        LakeError: it cannot be removed.
    """
    return _remove_file(place) if isinstance(place, Path) else _remove_rows(place)


def _remove_file(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(file)
    except BlockingIOError:
        return False
    except OSError as error:
        raise LakeError(f"the journal {path} cannot be removed: {error}. Run the command again.") from error
    with suppress(OSError):  # the run has other journals
        path.parent.rmdir()
    return True


def _remove_rows(place: InDatabase) -> bool:
    import psycopg

    from stillroom.lake.postgres import connect, try_lock

    work = f"journal {place.name}"
    try:
        with connect(place.database, work) as connection:
            if not try_lock(connection, work):
                return False
            connection.execute(_REMOVE, [place.name])
    except psycopg.Error as error:
        raise LakeError(
            f"the journal {place.name} in PostgreSQL ({place.database}) cannot be removed: {error}. "
            "Run the command again."
        ) from error
    return True
