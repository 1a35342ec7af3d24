"""The catalogue itself says which keys may have been committed, and never that one has not that has."""

from datetime import datetime, timedelta

import pytest

from stillroom.lake import Lake
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
