"""The catalogue itself says which keys may have been committed, and never that one has not that has."""

from datetime import datetime, timedelta

import pytest

from stillroom.lake import Lake
from stillroom.lake.connection import attach_statements
from stillroom.lake.files import METADATA
from stillroom.lake.location import locate
from stillroom.lake.receipts import receipts
from tests.lake.test_store import score

KEYS = ["k", "k'--", 'k"', "K", "k\\", "ключ", "k\n", "k%s", "x" * 3_000, "\U0001f600", "-1"]


@pytest.fixture(params=["sqlite", "postgres"])
def lake(request: pytest.FixtureRequest) -> Lake:
    return request.getfixturevalue({"sqlite": "lake_in_files", "postgres": "lake_in_postgres"}[request.param])


def may_hold(lake: Lake, key: str) -> bool:
    return receipts(lake._connection, key, lake._writing.catalogue_query).may_hold


def newest(lake: Lake) -> datetime | None:
    return receipts(lake._connection, "k", lake._writing.catalogue_query).newest


def test_every_key_is_found_whatever_is_in_it_and_others_are_not(lake: Lake) -> None:
    for key in KEYS:
        assert not may_hold(lake, key)
        assert lake.commit(key, {"scores": [score("a")]}, run_id="r")
    for key in KEYS:
        assert may_hold(lake, key)
        assert not lake.commit(key, {"scores": [score("a")]}, run_id="r")
    assert not may_hold(lake, "k'")
    assert len(lake.rows("SELECT key FROM lake.commits")) == len(KEYS)


def test_a_key_between_those_of_a_file_of_several_is_looked_up(lake: Lake) -> None:
    for key in ("a", "c", "e"):
        lake.commit(key, {"scores": [score(key)]}, run_id="r")
    assert not may_hold(lake, "b")
    lake._connection.execute("CALL ducklake_merge_adjacent_files('lake')")
    assert may_hold(lake, "b")

    assert lake.commit("b", {"scores": [score("b")]}, run_id="r")
    assert not lake.commit("c", {"scores": [score("c")]}, run_id="r")
    assert not lake.commit("b", {"scores": [score("b")]}, run_id="r")


def test_the_newest_commit_is_known_to_the_microsecond(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert newest(lake) is None
    noon = datetime(2026, 5, 1, 12, 0, 0, 120)
    for number in range(3):
        monkeypatch.setattr("stillroom.lake.store._utc_now", lambda at=noon - timedelta(days=number): at)
        lake.commit(f"k{number}", {"scores": [score("a")]}, run_id="r")
    assert newest(lake) == noon + timedelta(microseconds=2)
    assert lake.rows("SELECT max(created_at) AS newest FROM lake.commits")[0]["newest"] == newest(lake)


def commit(lake: Lake, key: str) -> bool:
    return lake.commit(key, {"scores": [score("a")]}, run_id="r")


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param("DELETE FROM {metadata}.ducklake_file_column_stats", id="no row"),
        pytest.param("UPDATE {metadata}.ducklake_file_column_stats SET min_value = NULL", id="no least value"),
        pytest.param("UPDATE {metadata}.ducklake_file_column_stats SET max_value = NULL", id="no greatest value"),
    ],
)
def test_a_file_of_which_nothing_is_known_may_hold_any_key(lake: Lake, lost: str) -> None:
    assert commit(lake, "k")
    lake._connection.execute(lost.format(metadata=METADATA))

    assert may_hold(lake, "k")
    assert may_hold(lake, "other")
    assert newest(lake) is None
    assert not commit(lake, "k")
    assert commit(lake, "other")
    assert not commit(lake, "other")
    assert len(lake.rows("SELECT key FROM lake.commits")) == 2


def test_rows_in_the_catalogue_itself_are_looked_up(lake: Lake) -> None:
    attach_with_inlining(lake)
    lake._connection.execute("INSERT INTO lake.commits (key, created_at) VALUES ('k', TIMESTAMP '2099-01-01')")
    assert lake.rows(f"SELECT count(*) AS n FROM {METADATA}.ducklake_inlined_data_tables") == [{"n": 1}]

    assert may_hold(lake, "k")
    assert newest(lake) is None
    assert not commit(lake, "k")
    assert commit(lake, "other")
    assert not commit(lake, "other")
    assert lake.rows("SELECT created_at FROM lake.commits WHERE key = 'other'")[0]["created_at"] > datetime(2099, 1, 1)


def attach_with_inlining(lake: Lake) -> None:
    """What another program may have set in the lake: it counts before what is said when it is attached."""
    connection, location = lake._connection, locate(lake.root)
    connection.execute(
        f"INSERT INTO {METADATA}.ducklake_metadata (key, value) VALUES ('data_inlining_row_limit', '100')"
    )
    connection.execute("USE memory")
    connection.execute("DETACH lake")
    for statement in attach_statements(location.catalogue, lake._writing.data, read_only=False)[-2:]:
        connection.execute(statement)


def test_a_table_of_the_same_name_in_another_schema_says_nothing(lake: Lake) -> None:
    assert commit(lake, "a")
    lake._connection.execute("CREATE SCHEMA lake.mine")
    lake._connection.execute("CREATE TABLE lake.mine.commits (key VARCHAR, created_at VARCHAR)")
    lake._connection.execute("INSERT INTO lake.mine.commits VALUES ('k', 'zero hour')")
    before = newest(lake)

    assert before is not None
    assert not may_hold(lake, "k")
    assert commit(lake, "k")
    assert not commit(lake, "k")
    assert newest(lake) == lake.rows("SELECT max(created_at) AS at FROM lake.commits")[0]["at"] > before


def test_a_table_of_the_same_name_that_was_dropped_says_nothing(lake: Lake) -> None:
    lake._connection.execute("CREATE SCHEMA lake.mine")
    lake._connection.execute("CREATE TABLE lake.mine.commits (key VARCHAR, created_at VARCHAR)")
    lake._connection.execute("DROP TABLE lake.mine.commits")
    lake._connection.execute("DROP SCHEMA lake.mine")

    assert commit(lake, "k")
    assert not may_hold(lake, "other")
    assert newest(lake) is not None


def test_a_time_that_cannot_be_read_is_not_known(lake: Lake) -> None:
    assert commit(lake, "k")
    lake._connection.execute(f"UPDATE {METADATA}.ducklake_table_column_stats SET max_value = 'yesterday'")

    assert newest(lake) is None
