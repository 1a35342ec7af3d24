"""A lake of an earlier version is brought to the present one whole, or stays what it was; one of a later is refused."""

import asyncio
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from stillroom.cli.app import make_app
from stillroom.errors import LakeError, LeaseHeld
from stillroom.lake import TABLES, Lake
from stillroom.lake.connection import connect
from stillroom.lake.layout import layout_changes
from stillroom.lake.migrations import STEPS, Migrated, into_files_by_id, migrate
from stillroom.lake.presence import present
from stillroom.lake.questions import Questions
from stillroom.lake.schema import SCHEMA_VERSION
from tests.fakes.builds import Builder
from tests.fakes.lakes import attached
from tests.fakes.rows import row
from tests.lake.housekeeping.conftest import At, Contents, Differences, tiny

ROOT = Path(__file__).parents[3]
OF_VERSION_1 = ("samples", "verdicts", "scores", "selections", "examples")
KILLED = """
import os, signal, sys
from pathlib import Path
from stillroom.lake import migrations

real = migrations.into_files_by_id
def step(connection):
    class Dying(list):
        def __iter__(self):
            yield from super().__iter__()
            os.kill(os.getpid(), signal.SIGKILL)
    return Dying(real(connection))
migrations.migrate(Path(sys.argv[1]), say=lambda line: None, steps={**migrations.STEPS, 1: step})
"""


def make_old(lake: Lake) -> None:
    """Make a lake what version 1 had: other partitions, no order, a view and a macro of then."""
    execute = lake._connection.execute
    for name in TABLES:
        execute(f'ALTER TABLE lake."{name}" RESET SORTED BY')
        execute(f'ALTER TABLE lake."{name}" RESET PARTITIONED BY')
    for name in OF_VERSION_1:
        execute(f'ALTER TABLE lake."{name}" SET PARTITIONED BY (run_id, shard)')
    execute("CREATE OR REPLACE VIEW lake.lineage AS SELECT 1 AS old")
    execute("CREATE OR REPLACE MACRO lake.blast_radius(kind, id) AS TABLE SELECT kind AS old")
    execute("DROP VIEW lake.cost_per_example")
    execute('ALTER TABLE lake.removals DROP COLUMN "reason"')
    execute("DROP TABLE lake.test_strengths")
    execute("UPDATE lake.stillroom_schema SET version = 1")


@pytest.fixture
def old_root(root: Path, _duckdb: duckdb.DuckDBPyConnection) -> Path:
    """The built lake as version 1 had it."""
    with attached(_duckdb, root) as lake:
        make_old(lake)
    return root


def bring_up(root: Path, **options: object) -> Migrated:
    return migrate(root, say=lambda line: None, **options)  # pyright: ignore[reportArgumentType]


def samples(at: At, root: Path) -> list[tuple[object, ...]]:
    with at(root) as lake:
        return lake.query("SELECT * FROM samples t ORDER BY hash(t)").rows()


def test_a_lake_of_version_1_keeps_its_rows_and_is_like_a_new_one(
    old_root: Path, at: At, contents: Contents, differences: Differences
) -> None:
    before = samples(at, old_root)

    done = bring_up(old_root)

    assert (done.before, done.after) == (1, SCHEMA_VERSION)
    assert samples(at, old_root) == before
    assert differences() == []
    assert contents()["test_strengths"] == []
    lake = Lake.open(old_root)
    assert layout_changes(lake._connection) == []
    lake.commit("k", {"selections": [row("selections", shard=n) for n in range(3)]}, run_id="new")
    lake.close()
    assert len(list((old_root / "data" / "main" / "selections").glob("run_id=new/*.parquet"))) == 1


def test_views_and_macros_say_what_they_say_now(old_root: Path, at: At) -> None:
    bring_up(old_root)
    with at(old_root) as lake:
        assert "example_id" in lake.query("SELECT * FROM lineage").columns
        assert not lake.query("SELECT * FROM cost_per_example").is_empty()
        columns = lake.query("SELECT * FROM blast_radius('seed', 'none')").columns
        assert columns == ["what", "item", "run_id", "rows", "published_at"]


def test_a_lake_of_version_2_gets_the_views_of_now(root: Path, at: At) -> None:
    with at(root) as lake:
        lake._connection.execute("CREATE OR REPLACE VIEW lake.lineage AS SELECT 1 AS old")
        lake._connection.execute("UPDATE lake.stillroom_schema SET version = 2")

    done = bring_up(root)

    assert (done.before, done.after) == (2, SCHEMA_VERSION)
    with at(root) as lake:
        (examples,) = lake.rows("SELECT count(*) AS n FROM examples")
        assert lake.rows("SELECT count(outcome) AS n FROM lineage") == [examples]


COMMANDS = (
    ["snapshots"],
    ["runs"],
    ["show", "tiny"],
    ["sql", "select 1"],
    ["sql", "select 1", "--write"],
    ["sql", "select 1", "--as-of", "tiny@1"],
    ["lineage", "0"],
    ["why", "0"],
    ["diff", "tiny@1", "tiny@2"],
    ["blast-radius", "teacher", "fake"],
    ["blast-radius", "teacher", "fake", "--retract", "--yes"],
    ["verify-snapshot", "tiny"],
    ["reverify", "tiny"],
    ["lake", "maintain"],
    ["lake", "maintain", "--dry-run"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_asks_for_it(old_root: Path, stillroom, command: list[str]) -> None:
    result = stillroom(*command)
    assert result.exit_code == 1
    assert f"has schema version 1, this Stillroom reads {SCHEMA_VERSION}" in result.stderr
    assert f"stillroom lake migrate --lake {old_root}" in result.stderr


def test_it_is_asked_for_wherever_the_lake_is_opened(old_root: Path, stillroom) -> None:
    advice = f"has schema version 1, this Stillroom reads {SCHEMA_VERSION}"
    with pytest.raises(LakeError, match=f"{advice}.*lake migrate --lake {old_root}"):
        Lake.open(old_root)

    assert stillroom("lake", "migrate").exit_code == 0
    assert stillroom("snapshots").exit_code == 0


@pytest.fixture
def published_by_version_1(empty_lake: Path, _duckdb: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    """A lake of version 1 that was so already when tiny@1 was published."""
    root = Path(shutil.copytree(empty_lake, tmp_path / "before"))
    with attached(_duckdb, root) as lake:
        lake._connection.execute("UPDATE lake.stillroom_schema SET version = 1")
        asyncio.run(Builder(lake).build(tiny(tmp_path)))
        make_old(lake)
    return root


def test_what_was_published_before_a_migration_is_asked_as_it_was(published_by_version_1: Path) -> None:
    root = published_by_version_1

    def asked(query: str) -> Result:
        return CliRunner().invoke(make_app(), ["--lake", str(root), "sql", query, "--as-of", "tiny@1", "--json"])

    refused = asked("select 1")
    assert (refused.exit_code, "Run `stillroom lake migrate" in refused.stderr) == (1, True)
    bring_up(root)
    lake = Lake.open(root)
    lake.commit("later", {"samples": [row("samples", sample_id="later")]}, run_id="later")
    lake.close()

    found = asked("select count(*) as n, count(*) filter (sample_id = 'later') as later from samples")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout) == [{"n": 8, "later": 0}]
    assert json.loads(asked("select max(version) as n from lake.stillroom_schema").stdout) == [{"n": 1}]
    assert json.loads(asked("select count(*) as n from lineage").stdout) == [{"n": 4}]


def test_a_dry_run_says_the_sql_and_does_nothing(old_root: Path, stillroom) -> None:
    catalogue = (old_root / "catalogue.sqlite").read_bytes()
    told = stillroom("lake", "migrate", "--dry-run")
    assert told.exit_code == 0, told.output
    assert 'ALTER TABLE lake."selections" SET PARTITIONED BY (run_id)' in told.stdout
    assert 'CREATE TABLE lake."test_strengths"' in told.stdout
    assert (old_root / "catalogue.sqlite").read_bytes() == catalogue
    assert not list(old_root.glob("catalogue-of-version-*"))


def test_the_catalogue_as_it_was_is_kept(old_root: Path, at: At) -> None:
    done = bring_up(old_root)
    copy = Path(done.catalogue_copy)
    connection = connect(copy, old_root / "data", read_only=True, spill=old_root / "tmp")
    assert connection.execute("SELECT version FROM lake.stillroom_schema").fetchall() == [(1,)]
    assert connection.execute("SELECT count(*) FROM lake.samples").fetchall()[0][0] == len(samples(at, old_root))
    connection.close()
    with sqlite3.connect(copy) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    opened.close()


def test_a_step_that_fails_leaves_the_version_before_it(old_root: Path, at: At) -> None:
    before = samples(at, old_root)
    with pytest.raises(LakeError, match=r"the step from version 1 to 2 failed.*The lake is of version 1"):
        bring_up(old_root, steps={**STEPS, 1: lambda it: [*into_files_by_id(it), "SELECT error('cut off')"]})
    with at(old_root) as lake:
        assert not Questions.holds(lake, "test_strengths")
    assert bring_up(old_root).before == 1
    assert samples(at, old_root) == before


def test_killed_before_its_commit_it_is_done_again(old_root: Path, at: At) -> None:
    before = samples(at, old_root)
    done = subprocess.run([sys.executable, "-c", KILLED, old_root], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert samples(at, old_root) == before
    assert bring_up(old_root).before == 1
    assert samples(at, old_root) == before


def test_a_lake_of_this_version_is_left_alone(root: Path, stillroom) -> None:
    before = (root / "catalogue.sqlite").read_bytes()
    assert "nothing to do" in stillroom("lake", "migrate").stdout
    assert (root / "catalogue.sqlite").read_bytes() == before


def test_a_newer_lake_is_refused_with_who_wrote_it(root: Path, at: At, stillroom) -> None:
    with at(root) as lake:
        lake.query("INSERT INTO lake.stillroom_schema VALUES (99)")
        lake._connection.execute("UPDATE lake.commits SET code_version = '7.1.0'")
    for command in (["lake", "migrate"], ["lake", "migrate", "--dry-run"], ["runs"]):
        result = stillroom(*command)
        assert result.exit_code == 1
        assert "schema version 99" in result.stderr
        assert "Stillroom 7.1.0 wrote it: install that" in result.stderr


def test_it_has_the_lake_to_itself(old_root: Path) -> None:
    with present(old_root), pytest.raises(LeaseHeld, match="stillroom lake migrate needs the lake"):
        bring_up(old_root)
