"""Brings a lake of an earlier version to the present one, step by step.

A step is a function that says, for the lake at hand, which SQL makes it one version newer. Its SQL is one transaction
with the new version's number, so a lake is of one version or of the next and never between. The catalogue is copied
before the first step. No step changes a data file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.catalogue import own_catalogue
from stillroom.lake.connection import connect
from stillroom.lake.creation import additions
from stillroom.lake.definitions import definitions
from stillroom.lake.layout import layout_changes
from stillroom.lake.location import existing
from stillroom.lake.presence import alone
from stillroom.lake.schema import SCHEMA_VERSION
from stillroom.lake.spare import spare
from stillroom.lake.versions import MARK, refuse_other_version, schema_version
from stillroom.lake.writing import Writing, writing

Step = Callable[[duckdb.DuckDBPyConnection], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """What a migration did, or would do.

    Attributes:
        before: the version that was found.
        after: the version it is now, or would be.
        statements: the SQL of all steps; of a dry run that of the first alone, since the others start from what it
            leaves.
        catalogue_copy: where the catalogue as it was is, a file or a schema; "" where nothing was done.
    """

    dry_run: bool
    before: int
    after: int
    statements: list[str]
    catalogue_copy: str


def into_files_by_id(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """1 → 2: files are parted by what is written at once and sorted by the id that rows are looked up by.

    What came into the schema meanwhile is added, and every view and macro says what it says now.
    """
    arranged = [one.statement for one in layout_changes(connection)]
    return [*additions(connection), *arranged, *definitions()]


def as_it_was_published(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """2 → 3: views tell of the verdict by which an example was published, and of its own dataset's prompts."""
    return [*additions(connection), *definitions()]


STEPS: Mapping[int, Step] = {1: into_files_by_id, 2: as_it_was_published}
"""The step that starts from each earlier version."""


def migrate(
    root: Path, *, say: Callable[[str], None], dry_run: bool = False, steps: Mapping[int, Step] = STEPS
) -> Migrated:
    """Bring the lake at ``root`` to the present version; nothing is done where it is of that.

    Args:
        root: the lake's folder.
        say: told about each step.
        dry_run: only say what would be done; needs no lock.
        steps: by the version they start from.

    Raises:
        RequestError: there is no lake.
        LeaseHeld: somebody writes into it.
        LakeError: it is of a newer version, or a step failed, which left it as it was before that step.
    """
    location = existing(root)
    if dry_run:
        with own_catalogue(root) as own:
            connection = connect(own, location.data, read_only=True, spill=root / "tmp")
            try:
                found = _refuse_newer(connection, root)
                statements = steps[found](connection) if found < SCHEMA_VERSION else []
                return _migrated(found, statements, dry_run=True)
            finally:
                connection.close()
    how = writing(location)
    try:
        with alone(root, "stillroom lake migrate"), how.turn():
            connection = connect(location.catalogue, how.data, read_only=False, spill=root / "tmp")
            try:
                found = _refuse_newer(connection, root)
                if found == SCHEMA_VERSION:
                    return _migrated(found, [], dry_run=False)
                stem = f"catalogue-of-version-{found}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
                copy = spare(location, stem, is_kept=True)
                copy.make()
                done: list[str] = []
                for version in range(found, SCHEMA_VERSION):
                    say(f"from version {version} to {version + 1}")
                    done += _step(connection, how, version, steps[version], copy.name)
                return _migrated(found, done, dry_run=False, copy=copy.name)
            finally:
                connection.close()
    finally:
        how.close()


def _step(connection: duckdb.DuckDBPyConnection, how: Writing, version: int, step: Step, copy: str) -> list[str]:
    statements = step(connection)
    try:
        connection.execute("BEGIN TRANSACTION")
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"INSERT INTO lake.{MARK} VALUES (?)", [version + 1])  # noqa: S608 - our own name
        with how.landing(connection):
            connection.execute("COMMIT")
    except duckdb.Error as error:
        raise LakeError(
            f"the step from version {version} to {version + 1} failed: {error}. The lake is of version {version}, as "
            f"before this step; {copy} is its catalogue before the first. Run the command again."
        ) from error
    return statements


def _refuse_newer(connection: duckdb.DuckDBPyConnection, root: Path) -> int:
    found = schema_version(connection, root)
    if found > SCHEMA_VERSION:
        refuse_other_version(connection, root)
    return found


def _migrated(before: int, statements: list[str], *, dry_run: bool, copy: str = "") -> Migrated:
    return Migrated(
        dry_run=dry_run,
        before=before,
        after=SCHEMA_VERSION,
        statements=statements,
        catalogue_copy=copy,
    )
