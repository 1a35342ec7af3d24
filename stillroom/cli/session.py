"""What one invocation of the command line was told about its surroundings, and how it reads the lake."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stillroom.errors import LakeError, RequestError

if TYPE_CHECKING:
    import duckdb

    from stillroom.lake import Lake
    from stillroom.lake.location import Location

DEFAULT_LAKE = Path("data/lake")


@dataclass(slots=True, kw_only=True)
class Session:
    """The options that belong to no single command.

    Attributes:
        lake: folder of the lake.
        debug: show tracebacks.
        is_stopped: Ctrl-C ended the command, which has said so.
    """

    lake: Path = DEFAULT_LAKE
    debug: bool = False
    is_stopped: bool = False


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
def reading(ctx: typer.Context, *, askers: int = 1) -> Generator["Lake"]:
    """The lake, attached read-only: whatever is executed, no row of it can change.

    Args:
        ctx: the invocation.
        askers: as ``lake.reading.opened`` says.

    Raises:
        RequestError: there is no lake in the folder.
        LakeError: it cannot be opened, or is of another schema version.
    """
    from stillroom.lake.reading import opened

    with opened(lake_folder(ctx), askers=askers) as lake:
        yield lake


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
        RequestError: there is no lake in the folder, or no such snapshot; or it is to be written, and its data files
            are in the place of another lake.
        LakeError: it cannot be opened, or is of another schema version.
    """
    from stillroom.lake.catalogue import own_catalogue
    from stillroom.lake.claim import refuse_others
    from stillroom.lake.connection import connect
    from stillroom.lake.location import existing
    from stillroom.lake.versions import refuse_other_version

    root = lake_folder(ctx)
    location = existing(root)
    with (own_catalogue if read_only else _locked_catalogue)(root) as catalogue:
        version = _version_of(catalogue, location, as_of) if as_of else None
        connection = connect(catalogue, location.data, read_only=read_only, spill=root / "tmp", version=version)
        try:
            if version is None:  # a past state may be of an earlier version: it was looked at as it is now
                refuse_other_version(connection, root)
            if not read_only:
                refuse_others(location, connection, by_any_name=True)
            yield connection
        finally:
            connection.close()


def _version_of(catalogue: Path | str, location: "Location", label: str) -> int:
    """DuckLake's number of the commit that published a snapshot; commits carry their keys as messages.

    Raises:
        RequestError: there is no such snapshot.
        LakeError: the lake as it is now is of another schema version, or no longer holds that state.
    """
    from stillroom.cli.naming import find_kept_snapshot
    from stillroom.lake import Lake
    from stillroom.lake.connection import connect
    from stillroom.lake.versions import refuse_other_version
    from stillroom.lake.writing import FileWriting

    root = location.root
    connection = connect(catalogue, location.data, read_only=True, spill=root / "tmp")
    try:
        refuse_other_version(connection, root)
        lake = Lake(root, connection=connection, writing=FileWriting(root, location.data))
        snapshot = find_kept_snapshot(lake, label)
        found = lake.rows(
            "SELECT min(snapshot_id) AS version FROM ducklake_snapshots('lake') WHERE commit_message = ?",
            [f"publish:{snapshot.curation_id}"],
        )[0]["version"]
    finally:
        connection.close()
    if found is None:
        raise LakeError(f"the lake no longer holds the state in which {snapshot.label} was published; it was expired")
    return found


@contextmanager
def _locked_catalogue(root: Path) -> Generator[Path | str]:
    """The catalogue itself, while no ``Lake.commit`` runs."""
    from stillroom.lake.location import existing
    from stillroom.lake.presence import present
    from stillroom.lake.writing import writing

    location = existing(root)
    how = writing(location)
    try:
        with present(root), how.turn():
            yield location.catalogue
    finally:
        how.close()
