"""Keeps house in a lake: lays files out as declared, merges them, lets old versions go, removes what is left over.

It works wherever the catalogue and the data files are, and never touches what a snapshot needs: rows are only ever
moved into larger files or put in order, and every version of the catalogue in which a snapshot was published stays, so
that ``--as-of NAME@N`` goes on to work. Only who asks for it lets old snapshots go (``retention.py``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from stillroom.errors import FileLost, LakeError, RequestError
from stillroom.lake.catalogue import own_catalogue
from stillroom.lake.claim import refuse_others
from stillroom.lake.compaction import TableFiles, merge_tables, table_files
from stillroom.lake.connection import connect
from stillroom.lake.damage import damage
from stillroom.lake.full_disk import told
from stillroom.lake.layout import apply_layout, layout_changes
from stillroom.lake.leftovers import Leftover, find_leftovers, remove, timestamp_literal, waiting
from stillroom.lake.location import Location, existing
from stillroom.lake.ordering import unordered_tables, write_in_order
from stillroom.lake.presence import Assurance, alone
from stillroom.lake.retention import Version, retire, retired, to_retire
from stillroom.lake.settling import settle
from stillroom.lake.spare import Spare, spare
from stillroom.lake.versions import refuse_other_version
from stillroom.lake.writing import Writing, writing

KEEP_DAYS = 7.0
GRACE_MINUTES = 60.0
MOST_KEEP_DAYS = 36_500.0  # a century: dates end somewhere
MOST_GRACE_MINUTES = MOST_KEEP_DAYS * 24 * 60
_EXPIRABLE = """
SELECT snapshot_id FROM ducklake_snapshots('lake')
WHERE snapshot_time < {moment}
  AND snapshot_id <> (SELECT max(snapshot_id) FROM ducklake_snapshots('lake'))
  AND coalesce(commit_message, '') NOT IN (
    SELECT 'publish:' || curation_id FROM lake.snapshots WHERE NOT list_contains($let_go::VARCHAR[], curation_id))
ORDER BY snapshot_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChange:
    """What became of one table's files.

    Attributes:
        files_after: where nothing was done: how many there would be, about.
        bytes_after: None where nothing was done.
    """

    table: str
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintained:
    """What housekeeping did, or would do.

    Attributes:
        dry_run: nothing was done.
        layout: what was declared since the lake was made of how files are parted and ordered, in words.
        in_order: tables that were written anew since their rows lay in no order.
        tables: those that have files.
        versions: of the catalogue, before.
        expired: of these, let go.
        retired: NAME@N of the snapshots that were let go.
        removed: files that were left over.
        waiting_files: replaced files that a later run removes, once nobody can be reading them any more.
        doubt: why files of killed writers were not looked for, and what to do; "" where they were.
    """

    dry_run: bool
    layout: list[str]
    in_order: list[str]
    tables: list[TableChange]
    versions: int
    expired: int
    retired: list[str]
    removed: list[Leftover]
    waiting_files: int
    doubt: str


def maintain(
    root: Path,
    *,
    say: Callable[[str], None],
    keep_days: float = KEEP_DAYS,
    grace_minutes: float = GRACE_MINUTES,
    keep_versions: int | None = None,
    dry_run: bool = False,
) -> Maintained:
    """Keep house in the lake at ``root``.

    Args:
        root: the lake's folder.
        say: told about each step.
        keep_days: versions of the catalogue younger than this stay, whoever needs them.
        grace_minutes: a file is removed when nothing has named it for this long: readers have their own copy of the
            catalogue, and open its files by name.
        keep_versions: of each dataset, the newest snapshots that stay; None keeps all.
        dry_run: only say what would be done; needs no lock.

    Raises:
        RequestError: a time is none or longer than a century; or there is no lake, or its data files are in the place
            of another.
        LeaseHeld: somebody writes into it; the message says who.
        LakeError: it cannot be written or is of another schema version, or rows were not the same after merging (then
            nothing has changed); or a merge that was cut off can be neither compared nor undone.
    """
    _refuse_beyond(keep_days, MOST_KEEP_DAYS, "days that versions of the catalogue are kept")
    _refuse_beyond(grace_minutes, MOST_GRACE_MINUTES, "minutes of grace before a file is removed")
    now = datetime.now(UTC)
    old, left = now - timedelta(days=keep_days), now - timedelta(minutes=grace_minutes)
    location = existing(root)
    try:
        if dry_run:
            with own_catalogue(root) as copy:
                connection = connect(copy, location.data, read_only=True, spill=root / "tmp")
                try:
                    refuse_other_version(connection, root)
                    return _foresee(connection, location, old, left, keep_versions)
                finally:
                    connection.close()
        how = writing(location)
        try:
            with alone(root, "stillroom lake maintain") as assure:
                settle(location, _before_merging(location), say)
                connection = connect(location.catalogue, how.data, read_only=False, spill=root / "tmp")
                try:
                    refuse_other_version(connection, root)
                    refuse_others(location, connection, by_any_name=False)
                    gone = [] if keep_versions is None else retire(location, connection, how, keep_versions)
                    with how.turn():
                        return _do(connection, location, how, old, left, assure, say, gone)
                finally:
                    connection.close()
        finally:
            how.close()
    except duckdb.Error as error:
        lost = damage(error, location.data)
        if isinstance(lost, FileLost):  # one that housekeeping wrote and cannot read is put aside by the next one
            raise FileLost(f"{lost} Housekeeping in {root} stopped there and changed no row.") from error
        raise LakeError(
            f"housekeeping in {root} stopped: {told(error, root, location.data)}. No row was lost; run it again."
        ) from error


def _refuse_beyond(given: float, most: float, what: str) -> None:
    if not 0 <= given <= most:  # nor is what is no number
        raise RequestError(f"found {given} {what}, expected a number from 0 to {most:,.0f}. Nothing was done.")


def _do(
    connection: duckdb.DuckDBPyConnection,
    location: Location,
    how: Writing,
    old: datetime,
    left: datetime,
    assure: Assurance,
    say: Callable[[str], None],
    gone: list[Version],
) -> Maintained:
    layout = layout_changes(connection)
    apply_layout(connection, layout, how.landing, say)
    before = table_files(connection)
    merge_tables(connection, before, _before_merging(location), how.landing, say)
    unordered = unordered_tables(connection)
    assure()
    write_in_order(connection, unordered, how.landing, say)
    versions, expirable = _versions(connection), _expirable(connection, old, retired(connection))
    assure()
    if expirable:
        say(f"letting {len(expirable):,} of {versions:,} versions of the catalogue go")
        connection.execute(f"CALL ducklake_expire_snapshots('lake', versions => {expirable})")
    found = find_leftovers(connection, location, left)
    if found.leftovers:
        say(f"removing {len(found.leftovers):,} files that are left over")
    assure()
    remove(connection, location, found, left)
    after = table_files(connection)
    return Maintained(
        dry_run=False,
        layout=[one.what for one in layout],
        in_order=unordered,
        tables=[_change(one, after[name].files, after[name].size) for name, one in before.items()],
        versions=versions,
        expired=len(expirable),
        retired=[one.label for one in gone],
        removed=found.leftovers,
        waiting_files=waiting(connection, left),
        doubt=found.doubt,
    )


def _before_merging(location: Location) -> Spare:
    return spare(location, "catalogue-before-merging", is_kept=False)


def _foresee(
    connection: duckdb.DuckDBPyConnection,
    location: Location,
    old: datetime,
    left: datetime,
    keep_versions: int | None,
) -> Maintained:
    going = [] if keep_versions is None else to_retire(connection, keep_versions)
    tables = table_files(connection)
    replaced = sum(one.mergeable for one in tables.values())
    found = find_leftovers(connection, location, left)
    return Maintained(
        dry_run=True,
        layout=[one.what for one in layout_changes(connection)],
        in_order=unordered_tables(connection),
        tables=[_change(one, one.merged, None) for one in tables.values()],
        versions=_versions(connection),
        expired=len(_expirable(connection, old, [*retired(connection), *going])),
        retired=[one.label for one in going],
        removed=found.leftovers,
        waiting_files=replaced + waiting(connection, left),
        doubt=found.doubt,
    )


def _change(before: TableFiles, files_after: int, bytes_after: int | None) -> TableChange:
    return TableChange(
        table=before.table,
        files_before=before.files,
        files_after=files_after,
        bytes_before=before.size,
        bytes_after=bytes_after,
    )


def _versions(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.execute("SELECT count(*) FROM ducklake_snapshots('lake')").fetchall()[0][0])


def _expirable(connection: duckdb.DuckDBPyConnection, old: datetime, gone: Sequence[Version]) -> list[int]:
    """Versions older than ``old``, neither the newest nor one in which a snapshot that stays was published.

    Args:
        connection: with the lake attached.
        old: from when on they stay.
        gone: snapshots that were let go.
    """
    query = _EXPIRABLE.format(moment=timestamp_literal(old))
    rows = connection.execute(query, {"let_go": [one.curation_id for one in gone]}).fetchall()
    return [int(version) for (version,) in rows]
