"""A lake of an earlier version in PostgreSQL is brought up whole or not at all, with its catalogue kept beside it."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg
import pytest

from stillroom.errors import LakeError, LeaseHeld
from stillroom.lake import Lake
from stillroom.lake.layout import layout_changes
from stillroom.lake.location import REMEMBERED
from stillroom.lake.migrations import STEPS, into_files_by_id
from stillroom.lake.presence import present
from stillroom.lake.schema import SCHEMA_VERSION
from tests.fakes.lakes import attached
from tests.lake.housekeeping.test_migrate import bring_up, make_old
from tests.lake.postgres.test_postgres_housekeeping import contents


@pytest.fixture
def old_root(built_root: Path, _duckdb_on_postgres: duckdb.DuckDBPyConnection) -> Path:
    """The built lake as version 1 had it."""
    with attached(_duckdb_on_postgres, built_root) as lake:
        make_old(lake)
    return built_root


@pytest.fixture
def samples(old_root: Path, _duckdb_on_postgres: duckdb.DuckDBPyConnection) -> Callable[[], list[tuple[object, ...]]]:
    """All samples of the lake, whatever its version, when it is called."""

    def look() -> list[tuple[object, ...]]:
        with attached(_duckdb_on_postgres, old_root) as lake:
            return lake.query("SELECT * FROM samples t ORDER BY hash(t)").rows()

    return look


def test_it_keeps_its_rows_and_its_catalogue_as_it_was(
    old_root: Path, samples: Callable[[], list[tuple[object, ...]]]
) -> None:
    before = samples()
    foreseen = bring_up(old_root, dry_run=True)
    assert any('ALTER TABLE lake."selections" SET PARTITIONED BY (run_id)' in one for one in foreseen.statements)

    done = bring_up(old_root)

    assert (done.before, done.after) == (1, SCHEMA_VERSION)
    assert samples() == before
    assert contents(old_root)["test_strengths"] == []
    lake = Lake.open(old_root)
    assert layout_changes(lake._connection) == []
    lake.close()
    schema = done.catalogue_copy.removeprefix("the schema ").partition(" of ")[0]
    with psycopg.connect(json.loads((old_root / REMEMBERED).read_text())["catalogue"], autocommit=True) as database:
        newest = "SELECT count(*) FROM {}.ducklake_table WHERE table_name = 'test_strengths' AND end_snapshot IS NULL"
        assert database.execute(newest.format(schema)).fetchone() == (0,)
        assert database.execute(newest.format("stillroom")).fetchone() == (1,)


def test_a_step_that_fails_leaves_the_version_before_it(
    old_root: Path, samples: Callable[[], list[tuple[object, ...]]]
) -> None:
    before = samples()
    with pytest.raises(LakeError, match=r"the step from version 1 to 2 failed.*the schema stillroom_catalogue_of"):
        bring_up(old_root, steps={**STEPS, 1: lambda it: [*into_files_by_id(it), "SELECT error('cut off')"]})
    assert bring_up(old_root).before == 1
    assert samples() == before


def test_it_has_the_lake_to_itself(old_root: Path) -> None:
    with present(old_root), pytest.raises(LeaseHeld, match="stillroom lake migrate needs the lake"):
        bring_up(old_root)
