"""What one invocation of the command line was told about its surroundings, and how it reads the lake."""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stillroom.errors import LakeError, RequestError

if TYPE_CHECKING:
    import duckdb

    from stillroom.lake import Lake

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
    """The folder of the lake that this invocation is about."""
    return ctx.ensure_object(Session).lake.expanduser().resolve()


@contextmanager
def reading(ctx: typer.Context) -> "Generator[Lake]":
    """The lake, attached read-only: whatever is executed, no row of it can change.

    Raises:
        RequestError: there is no lake in the folder.
        LakeError: it cannot be opened, or is of another schema version.
    """
    from stillroom.lake import Lake

    with connected(ctx, read_only=True) as connection:
        yield Lake(lake_folder(ctx), connection=connection)


@contextmanager
def connected(ctx: typer.Context, *, read_only: bool) -> "Generator[duckdb.DuckDBPyConnection]":
    """A DuckDB connection that uses the lake; one that may write holds the lake's write lock.

    Raises:
        RequestError: there is no lake in the folder.
        LakeError: it cannot be opened, or is of another schema version.
    """
    from filelock import FileLock

    from stillroom.lake.connection import connect
    from stillroom.lake.schema import SCHEMA_VERSION

    root = lake_folder(ctx)
    catalogue = root / "catalogue.sqlite"
    if not catalogue.exists():
        raise RequestError(f"there is no lake at {root}. Build a recipe first, or name another with --lake.")
    with nullcontext() if read_only else FileLock(root / "leases" / "write.lock"):  # the lock of Lake.commit
        connection = connect(catalogue, root / "data", read_only=read_only, spill=root / "tmp")
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
