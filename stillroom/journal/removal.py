"""Finds the journals of a lake, in its folder or its database, and renames or removes one that nobody writes."""

import fcntl
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stillroom.errors import LakeError
from stillroom.journal.database import InDatabase
from stillroom.journal.place import JournalPlace
from stillroom.lake.location import locate

_LIST = """
SELECT journal, sum(octet_length(record))::bigint FROM stillroom.journal_records GROUP BY journal ORDER BY journal
"""
_SIZES = """
SELECT journal, sum(octet_length(record))::bigint FROM stillroom.journal_records WHERE journal = ANY(%s)
GROUP BY journal
"""
# Each name from the one before it by the index, whose entries are as many as records.
_NAMES = """
WITH RECURSIVE named AS (
    (SELECT journal FROM stillroom.journal_records ORDER BY journal LIMIT 1)
    UNION ALL
    SELECT (SELECT journal FROM stillroom.journal_records WHERE journal > named.journal ORDER BY journal LIMIT 1)
    FROM named WHERE named.journal IS NOT NULL
)
SELECT journal FROM named WHERE journal IS NOT NULL
"""
_RENAME = "UPDATE stillroom.journal_records SET journal = %s WHERE journal = %s"
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


def stored_journals(root: Path) -> list[StoredJournal]:
    """The journals of the lake in the folder ``root``, by name.

    Raises:
        LakeError: PostgreSQL does not answer, or the folder cannot be read.
    """
    location = locate(root)
    if location.journals_in_catalogue and isinstance(location.catalogue, str):
        return _in_database(location.catalogue)
    try:
        files = [(path, path.stat().st_size) for path in sorted((root / "journal").glob("*/*.jsonl"))]
    except OSError as error:
        raise LakeError(f"cannot look at the journals in {root / 'journal'}: {error}") from error
    return [StoredJournal(run_id=path.parent.name, stem=path.stem, place=path, size=size) for path, size in files]


def journals_of(root: Path, is_sought: Callable[[str], bool]) -> list[tuple[str, str]]:
    """Run id and piece of work of the journals of such runs, by name; of a run that is not sought nothing is listed.

    Raises:
        LakeError: PostgreSQL does not answer, or the folder cannot be read.
    """
    location = locate(root)
    if location.journals_in_catalogue and isinstance(location.catalogue, str):
        parted = (name.rpartition("/") for name in _names(location.catalogue))
        return sorted((run_id, stem) for run_id, _, stem in parted if is_sought(run_id))
    folder = root / "journal"
    try:
        runs = [one for one in folder.iterdir() if is_sought(one.name)] if folder.is_dir() else []
        return sorted((run.name, path.stem) for run in runs for path in run.glob("*.jsonl"))
    except OSError as error:
        raise LakeError(f"cannot look at the journals in {folder}: {error}") from error


def _names(database: str) -> list[str]:
    import psycopg

    from stillroom.lake.postgres import connect

    try:
        with connect(database, "looks at journals") as connection:
            return [str(name) for (name,) in connection.execute(_NAMES)]
    except psycopg.Error as error:
        raise LakeError(f"cannot look at the journals in PostgreSQL ({database}): {error}") from error


def sizes_of(places: Sequence[JournalPlace]) -> list[int]:
    """The sizes in bytes of some journals of one lake.

    Raises:
        LakeError: PostgreSQL does not answer, or a file cannot be looked at.
    """
    try:
        files = {place: place.stat().st_size for place in places if isinstance(place, Path)}
    except OSError as error:
        raise LakeError(f"cannot look at a journal: {error}") from error
    names = {place.name: place.database for place in places if isinstance(place, InDatabase)}
    rows = {} if not names else _sizes(next(iter(names.values())), [*names])
    return [files[place] if isinstance(place, Path) else rows.get(place.name, 0) for place in places]


def _sizes(database: str, names: list[str]) -> dict[str, int]:
    import psycopg

    from stillroom.lake.postgres import connect

    try:
        with connect(database, "looks at journals") as connection:
            return {str(name): int(size) for name, size in connection.execute(_SIZES, [names])}
    except psycopg.Error as error:
        raise LakeError(f"cannot look at the journals in PostgreSQL ({database}): {error}") from error


def rename_journal(root: Path, stem: str, run_id: str, new_run_id: str) -> None:
    """Have a journal be that of the same piece of work of another run, which has none.

    Raises:
        LakeError: it cannot be renamed.
    """
    location = locate(root)
    if location.journals_in_catalogue and isinstance(location.catalogue, str):
        _rename_rows(location.catalogue, f"{run_id}/{stem}", f"{new_run_id}/{stem}")
        return
    here, there = (root / "journal" / one / f"{stem}.jsonl" for one in (run_id, new_run_id))
    try:
        there.parent.mkdir(exist_ok=True)
        here.rename(there)
    except OSError as error:
        raise LakeError(f"the journal {here} cannot be set aside as {there}: {error}") from error


def _rename_rows(database: str, name: str, new_name: str) -> None:
    import psycopg

    from stillroom.lake.postgres import connect

    try:
        with connect(database, f"journal {name}") as connection:
            connection.execute(_RENAME, [new_name, name])
    except psycopg.Error as error:
        raise LakeError(f"the journal {name} in PostgreSQL ({database}) cannot be set aside: {error}") from error


def _in_database(database: str) -> list[StoredJournal]:
    import psycopg

    from stillroom.lake.postgres import connect

    try:
        with connect(database, "looks at journals") as connection:
            found = connection.execute(_LIST).fetchall()
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
