"""What one invocation of the command line was told about its surroundings, and how it reads the lake."""

import os
import sqlite3
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stillroom.errors import LakeError, RequestError

if TYPE_CHECKING:
    import duckdb

    from stillroom.lake import Lake
    from stillroom.lake.location import Location

LAKE_VARIABLE = "STILLROOM_LAKE"
DEFAULT_LAKE = Path("data/lake")


@dataclass(slots=True, kw_only=True)
class Session:
    """The options that belong to no single command.

    Attributes:
        lake: folder of the lake.
        debug: show tracebacks.
    """

    lake: Path = DEFAULT_LAKE
    debug: bool = False


def lake_folder(ctx: typer.Context) -> Path:
    """The folder of the lake that this invocation is about.

    Raises:
        RequestError: a file is in its place.
    """
    root = ctx.ensure_object(Session).lake.expanduser().resolve()
    if root.exists() and not root.is_dir():
        raise RequestError(f"the lake is to be a folder, but {root} is a file. Name a folder with --lake.")
    return root


@contextmanager
def reading(ctx: typer.Context) -> Generator["Lake"]:
    """The lake, attached read-only: whatever is executed, no row of it can change.

    Raises:
        RequestError: there is no lake in the folder.
        LakeError: it cannot be opened, or is of another schema version.
    """
    from stillroom.lake import Lake

    with connected(ctx, read_only=True) as connection:
        yield Lake(lake_folder(ctx), connection=connection)


@contextmanager
def connected(
    ctx: typer.Context, *, read_only: bool, as_of: str | None = None
) -> Generator["duckdb.DuckDBPyConnection"]:
    """A DuckDB connection that uses the lake.

    Args:
        ctx: the invocation.
        read_only: whether nothing may be written.
        as_of: a published snapshot, to see the lake as it was when that had just been published.

    Raises:
        RequestError: there is no lake in the folder, or no such snapshot.
        LakeError: it cannot be opened, or is of another schema version.
    """
    from stillroom.lake.connection import connect
    from stillroom.lake.schema import SCHEMA_VERSION

    root = lake_folder(ctx)
    location = _location(root)
    with (_own_catalogue if read_only else _locked_catalogue)(location) as catalogue:
        version = _version_of(catalogue, location, as_of) if as_of else None
        connection = connect(catalogue, location.data, read_only=read_only, spill=root / "tmp", version=version)
        try:
            row = connection.execute("SELECT max(version) FROM lake.stillroom_schema").fetchone()
            if row != (SCHEMA_VERSION,):
                raise LakeError(
                    f"the lake at {root} has schema version {row and row[0]}, this Stillroom reads {SCHEMA_VERSION}. "
                    "Use the Stillroom version that wrote it, or another --lake."
                )
            yield connection
        finally:
            connection.close()


def _version_of(catalogue: Path | str, location: "Location", label: str) -> int:
    """DuckLake's number of the commit that published a snapshot; commits carry their keys as messages."""
    from stillroom.cli.naming import find_snapshot
    from stillroom.lake import Lake
    from stillroom.lake.connection import connect

    root = location.root
    lake = Lake(root, connection=connect(catalogue, location.data, read_only=True, spill=root / "tmp"))
    try:
        snapshot = find_snapshot(lake, label)
        found = lake.rows(
            "SELECT min(snapshot_id) AS version FROM ducklake_snapshots('lake') WHERE commit_message = ?",
            [f"publish:{snapshot.curation_id}"],
        )[0]["version"]
    finally:
        lake.close()
    if found is None:
        raise LakeError(f"the lake no longer holds the state in which {snapshot.label} was published; it was expired")
    return found


@contextmanager
def _own_catalogue(location: "Location") -> Generator[Path | str]:
    """A copy of a catalogue in SQLite as it is now; PostgreSQL gives every reader its own view of it.

    A reader of the SQLite file itself would hold its read lock for the length of its query, and a build's
    commit would fail meanwhile ("database is locked" after some seconds). Data files are never changed or removed
    under a reader, so the copy stays good.
    """
    catalogue = location.catalogue
    if isinstance(catalogue, str):
        yield catalogue
        return
    with tempfile.TemporaryDirectory(prefix="stillroom-") as folder:
        copy = Path(folder) / "catalogue.sqlite"
        try:
            with (
                closing(sqlite3.connect(f"{catalogue.as_uri()}?{_how_to_read(location.root)}", uri=True)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
        except sqlite3.Error as error:
            raise LakeError(f"cannot read the lake's catalogue {catalogue}: {error}") from error
        yield copy


def _how_to_read(root: Path) -> str:
    """SQLite makes its shared memory beside a catalogue with a log, unless it is told that nobody writes.

    Where the log is not there and no file can be made, nobody does.
    """
    is_at_rest = not (root / "catalogue.sqlite-wal").exists() and not os.access(root, os.W_OK)
    return "mode=ro&immutable=1" if is_at_rest else "mode=ro"


@contextmanager
def _locked_catalogue(location: "Location") -> Generator[Path | str]:
    """The catalogue itself, while no ``Lake.commit`` runs."""
    from stillroom.lake.writing import writing

    how = writing(location)
    try:
        with how.turn():
            yield location.catalogue
    finally:
        how.close()


def _location(root: Path) -> "Location":
    from stillroom.lake.location import locate

    location = locate(root)
    if not location.exists:
        raise RequestError(f"there is no lake at {root}. Build a recipe first, or name another with --lake.")
    return location
