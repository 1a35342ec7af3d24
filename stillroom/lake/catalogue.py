"""The catalogue as a file: found, copied while others write, and put back."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from stillroom.errors import LakeError, RequestError
from stillroom.lake.location import existing
from stillroom.lake.own_folder import own_folder

CATALOGUE = "catalogue.sqlite"


def catalogue_file(root: Path) -> Path:
    """The file that is the catalogue of the lake in the folder ``root``.

    Raises:
        RequestError: there is no lake, or its catalogue is in PostgreSQL.
    """
    catalogue = existing(root).catalogue
    if isinstance(catalogue, str):
        raise RequestError(
            f"the catalogue of the lake at {root} is in PostgreSQL; this needs one in a file. Back it up with `pg_dump "
            "--schema=stillroom` first, then the data files and the lake's folder by the tools of where they are."
        )
    return catalogue


def catalogue_in_one_folder(root: Path) -> Path:
    """The same of a lake whose data files are in its folder, too.

    Raises:
        RequestError: there is no lake, or a part of it is elsewhere.
    """
    catalogue, data = catalogue_file(root), existing(root).data
    if data != root / "data":
        raise RequestError(
            f"the data files of the lake at {root} are at {data}; a backup knows only those in the lake's folder. Copy "
            f"{catalogue} first, then the data files by the tools of where they are, and the lake's folder."
        )
    return catalogue


@contextmanager
def own_catalogue(root: Path) -> Generator[Path | str]:
    """A copy of the catalogue as it is now, for the length of the block; of PostgreSQL, the catalogue itself.

    A reader of the catalogue itself would hold SQLite's read lock for the length of its query, and a build's
    commit would fail meanwhile ("database is locked" after some seconds). Data files are never changed, and not
    removed for some time after the catalogue has let go of them, so the copy stays good.

    Raises:
        RequestError: there is no lake.
        LakeError: the catalogue cannot be read, or there is no room for the copy.
    """
    catalogue = existing(root).catalogue
    if isinstance(catalogue, str):
        yield catalogue
        return
    with ExitStack() as kept:
        try:
            folder = kept.enter_context(own_folder())
        except OSError as error:
            raise LakeError(
                f"the lake's catalogue {catalogue} is read from a copy, and no folder can be made for it: {error}. "
                "Free some space there, or name a folder that you may write to in TMPDIR."
            ) from error
        copy = folder / CATALOGUE
        copy_catalogue(root, copy)
        yield copy


def copy_catalogue(root: Path, copy: Path) -> None:
    """Write the catalogue as it is now into the file ``copy``.

    Raises:
        RequestError: there is no lake.
        LakeError: the catalogue cannot be read, or the copy not be written.
    """
    catalogue = catalogue_file(root)
    _back_up(
        f"{catalogue.as_uri()}?{_how_to_read(root)}", copy, problem=f"cannot read the lake's catalogue {catalogue}"
    )


def put_back(copy: Path, root: Path) -> None:
    """Make the catalogue what ``copy`` is; nobody may have it open.

    Raises:
        LakeError: it cannot be written.
    """
    catalogue = catalogue_file(root)
    _back_up(f"{copy.as_uri()}?mode=ro", catalogue, problem=f"cannot put {copy} back as the catalogue {catalogue}")


def _back_up(source: str, target: Path, *, problem: str) -> None:
    try:
        with closing(sqlite3.connect(source, uri=True)) as opened, closing(sqlite3.connect(target)) as written:
            opened.backup(written)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise LakeError(
                f"{problem}: no space is left for {target}. Free some there; copies to read go where TMPDIR says."
            ) from error
        raise LakeError(f"{problem}: {error}") from error


def _how_to_read(root: Path) -> str:
    """SQLite makes its shared memory beside a catalogue with a log, unless it is told that nobody writes.

    Where the log is not there and no file can be made, nobody does.
    """
    is_at_rest = not (root / f"{CATALOGUE}-wal").exists() and not os.access(root, os.W_OK)
    return "mode=ro&immutable=1" if is_at_rest else "mode=ro"
