"""Housekeeping where the catalogue is in PostgreSQL: it does the same, and nothing that can be asked changes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg
import pytest
from typer.testing import CliRunner

from stillroom.cli.app import make_app
from stillroom.errors import LakeError
from stillroom.lake import TABLES, Lake, compaction
from stillroom.lake.leftovers import Kind
from stillroom.lake.location import locate
from stillroom.lake.maintenance import Maintained, maintain
from stillroom.lake.reading import opened
from stillroom.lake.spare_schema import SpareSchema
from stillroom.publication import compare, snapshots
from tests.fakes.broken_wire import BrokenWire
from tests.fakes.lakes import attached
from tests.fakes.postgres import PostgresServer
from tests.lake.housekeeping.conftest import data_paths
from tests.lake.housekeeping.test_kills import MAINTAIN
from tests.lake.postgres.test_postgres_presence import end_connection

ROOT = Path(__file__).parents[3]


def keep_house(root: Path, *, say: Callable[[str], None] = lambda line: None, **options: float) -> Maintained:
    return maintain(root, say=say, **options)  # pyright: ignore[reportArgumentType]


def contents(root: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows; and every published snapshot is what its frozen copy says."""
    with opened(root) as lake:
        differing = [one for snapshot in snapshots(lake) for one in compare(lake, snapshot) if not one.is_same]
        assert not differing
        return {name: lake.query(f'SELECT * FROM lake."{name}" t ORDER BY hash(t)').rows() for name in TABLES}


def examples_as_of(root: Path, label: str) -> str:
    asked = ["--lake", str(root), "sql", "select count(*) as n from examples", "--as-of", label, "--json"]
    done = CliRunner().invoke(make_app(), asked)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_files_become_few_every_row_stays_and_each_snapshot_can_be_asked_as_it_was(built_root: Path) -> None:
    before = contents(built_root)
    published = [examples_as_of(built_root, label) for label in ("tiny@1", "tiny@2")]
    files = data_paths(built_root)

    done = keep_house(built_root, keep_days=0)

    assert contents(built_root) == before
    assert [examples_as_of(built_root, label) for label in ("tiny@1", "tiny@2")] == published
    (commits,) = [one for one in done.tables if one.table == "commits"]
    assert (commits.files_before, commits.files_after) == (len(before["commits"]), 1)
    assert done.expired > 0
    assert files <= data_paths(built_root), "who reads may still read them"
    assert done.waiting_files > 0
    assert keep_house(built_root).removed == []

    again = keep_house(built_root, grace_minutes=0)

    assert {one.path for one in again.removed if one.kind is Kind.REPLACED} == files - data_paths(built_root)
    assert len(again.removed) == done.waiting_files
    assert again.waiting_files == 0
    assert contents(built_root) == before
    lake = Lake.open(built_root)
    assert lake.missing_files() == []
    lake.close()


@pytest.fixture
def of_no_order(built_root: Path, _duckdb_on_postgres: duckdb.DuckDBPyConnection) -> None:
    """The built lake has commits of before they had an order."""
    with attached(_duckdb_on_postgres, built_root) as lake:
        lake._connection.execute("ALTER TABLE lake.commits RESET SORTED BY")
        for _ in range(3):
            lake._connection.execute(
                "INSERT INTO lake.commits (key, row_counts, run_id, shard, created_at) "
                "SELECT uuid(), '{}', 'many', -1, '2026-01-01' FROM range(1500)"
            )
        compaction.merge(lake._connection, "commits")


@pytest.mark.usefixtures("of_no_order")
def test_a_layout_of_before_is_brought_up_to_date(built_root: Path) -> None:
    before = contents(built_root)
    published = [examples_as_of(built_root, label) for label in ("tiny@1", "tiny@2")]

    done, again = keep_house(built_root), keep_house(built_root)

    assert (done.layout, done.in_order) == (["commits: sorted by key"], ["commits"])
    assert (again.layout, again.in_order) == ([], [])
    assert contents(built_root) == before
    assert [examples_as_of(built_root, label) for label in ("tiny@1", "tiny@2")] == published


def test_files_of_killed_writers_go_once_they_are_old(built_root: Path) -> None:
    orphan = built_root / "data" / "main" / "samples" / "ducklake-orphan.parquet"
    orphan.write_bytes(b"half")
    assert keep_house(built_root).removed == []
    then = time.time() - 7200
    os.utime(orphan, (then, then))

    done = keep_house(built_root)

    assert [(one.kind, one.path, one.size) for one in done.removed] == [(Kind.ORPHAN, orphan, 4)]
    assert not orphan.exists()


def test_a_dry_run_does_nothing_and_foresees_what_is_done(built_root: Path) -> None:
    before = data_paths(built_root)
    foreseen = keep_house(built_root, keep_days=0, dry_run=True)
    assert data_paths(built_root) == before

    done = keep_house(built_root, keep_days=0)

    assert [(one.table, one.files_after) for one in foreseen.tables] == [
        (one.table, one.files_after) for one in done.tables
    ]
    assert foreseen.waiting_files == done.waiting_files


def test_rows_that_differ_after_merging_put_everything_back(built_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(built_root)
    merge = compaction.merge

    def merge_and_lose(connection, table: str) -> None:
        merge(connection, table)
        if table == "commits":
            connection.execute("COMMIT")
            connection.execute("DELETE FROM lake.commits WHERE starts_with(key, 'plan:')")
            connection.execute("BEGIN TRANSACTION")

    with monkeypatch.context() as patch:
        patch.setattr(compaction, "merge", merge_and_lose)
        with pytest.raises(LakeError, match="the rows of commits were not the same"):
            keep_house(built_root, keep_days=0, grace_minutes=0)

    assert contents(built_root) == before
    assert schemas(built_root) == {"stillroom"}
    keep_house(built_root, keep_days=0, grace_minutes=0)
    assert contents(built_root) == before


def schemas(root: Path) -> set[str]:
    """Those of ours in the database."""
    with psycopg.connect(str(locate(root).catalogue)) as database:
        found = database.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'stillroom')").fetchall()
    return {str(name) for (name,) in found}


@pytest.mark.parametrize(
    "moment", ["while it merges", "before it compares", "after a merge", "letting", "while it removes"]
)
def test_killed_at_any_step_it_loses_nothing(built_root: Path, moment: str) -> None:
    if moment == "while it removes":
        keep_house(built_root, keep_days=0)
    before = contents(built_root)

    done = subprocess.run(
        [sys.executable, "-c", MAINTAIN, moment, built_root], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == -signal.SIGKILL, done.stderr
    assert contents(built_root) == before
    for _ in range(2):
        again = keep_house(built_root, keep_days=0, grace_minutes=0)
    assert again.waiting_files == 0
    assert contents(built_root) == before
    assert len(data_paths(built_root)) == sum(one.files_after for one in again.tables)


def test_a_merge_whose_answer_is_lost_keeps_its_files(
    server: PostgresServer, new_built_root: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = BrokenWire(server.port)
    root = new_built_root(wire.port)
    before = contents(root)
    merge = compaction.merge

    def merge_then_break(connection, table: str) -> None:
        merge(connection, table)
        wire.breaks_at = b"COMMIT"

    with monkeypatch.context() as patch:
        patch.setattr(compaction, "merge", merge_then_break)
        with pytest.raises(LakeError, match="No row was lost; run it again"):
            keep_house(root, grace_minutes=0)

    assert wire.broken == 1
    assert contents(root) == before
    keep_house(root, grace_minutes=0)
    assert contents(root) == before
    wire.close()


def test_nothing_is_removed_once_others_may_have_come_in(built_root: Path) -> None:
    keep_house(built_root)
    before = data_paths(built_root)

    def say(line: str) -> None:
        if line.startswith("removing"):
            end_connection(built_root, "stillroom lake")

    with pytest.raises(LakeError, match="not its own any more"):
        keep_house(built_root, say=say, grace_minutes=0)

    assert data_paths(built_root) == before


def test_a_backup_is_refused_with_what_to_do(built_root: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(make_app(), ["--lake", str(built_root), "lake", "backup", str(tmp_path / "backup")])
    assert done.exit_code == 2
    assert "pg_dump --schema=stillroom" in done.stderr


def test_a_server_that_is_gone_is_not_taken_for_a_right_that_lacks(server: PostgresServer, built_root: Path) -> None:
    wire = BrokenWire(server.port)
    wire.breaks_at = b"pg_namespace"
    database = str(locate(built_root).catalogue).replace(f"port={server.port}", f"port={wire.port}")

    with pytest.raises(LakeError, match=r"cannot be looked for.*Start the server if it is down") as found:
        _ = SpareSchema(database, "stillroom_copy").is_there

    assert "GRANT" not in str(found.value)
    wire.close()


def test_a_role_that_may_not_make_a_copy_is_told_which_right_it_needs(built_root: Path) -> None:
    database = str(locate(built_root).catalogue)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS keeper")
        owner.execute("CREATE ROLE keeper LOGIN")
        copy = SpareSchema(database.replace("user=postgres", "user=keeper"), "stillroom_copy")

        with pytest.raises(LakeError, match=r"cannot be kept.*permission denied.*GRANT CREATE ON DATABASE"):
            copy.make()

        owner.execute("DROP ROLE keeper")
