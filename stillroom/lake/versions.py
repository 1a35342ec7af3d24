"""Which form a lake has, and what is said where it is not the one that this Stillroom reads."""

from pathlib import Path

import duckdb

from stillroom import __version__
from stillroom.errors import LakeError
from stillroom.lake.schema import SCHEMA_VERSION

MARK = "stillroom_schema"
"""The table that says so; it is made last, so a lake without it is not whole."""
_NEWEST_WRITER = "SELECT code_version FROM lake.commits ORDER BY created_at DESC LIMIT 1"


def schema_version(connection: duckdb.DuckDBPyConnection, root: Path) -> int:
    """The version of the lake's schema.

    Raises:
        LakeError: the lake does not say; its creation was cut off, or it is none of ours.
    """
    try:
        found = connection.execute(f"SELECT max(version) FROM lake.{MARK}").fetchall()[0][0]  # noqa: S608 - our own name
    except duckdb.CatalogException as error:
        raise LakeError(
            f"the lake at {root} is not whole: its creation was cut off. A build makes it whole, or name another with "
            "--lake."
        ) from error
    return int(found or 0)


def refuse_other_version(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Let pass only a lake of the version that this Stillroom reads.

    Raises:
        LakeError: it is older or newer; the message says what to do.
    """
    found = schema_version(connection, root)
    if found == SCHEMA_VERSION:
        return
    about = f"the lake at {root} has schema version {found}, this Stillroom reads {SCHEMA_VERSION}."
    if found < SCHEMA_VERSION:
        raise LakeError(
            f"{about} Run `stillroom lake migrate --lake {root}`: it keeps every row, and a copy of the catalogue."
        )
    raise LakeError(
        f"{about} {_newer_stillroom(connection)} wrote it: install that (this is {__version__}), or name another lake "
        "with --lake."
    )


def _newer_stillroom(connection: duckdb.DuckDBPyConnection) -> str:
    try:
        rows = connection.execute(_NEWEST_WRITER).fetchall()
    except duckdb.Error:  # a form that we do not know
        rows = []
    return f"Stillroom {rows[0][0]}" if rows else "A newer Stillroom"
