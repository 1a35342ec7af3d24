"""The lake: a unit of work is written whole and once, by however many processes, and read back typed."""

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stillroom.errors import LakeError, RequestError
from stillroom.lake import NO_SHARD, TABLES, Lake, Row
from stillroom.lake.definitions import VIEWS
from stillroom.lake.reading import opened
from tests.fakes.rows import row

ROOT = Path(__file__).parents[2]
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["sqlite", "postgres"])
def lake(request: pytest.FixtureRequest) -> Lake:
    """An empty lake, in files and in PostgreSQL in turn."""
    return request.getfixturevalue({"sqlite": "lake_in_files", "postgres": "lake_in_postgres"}[request.param])


def keys(lake: Lake) -> list[str]:
    return [one["key"] for one in lake.rows("SELECT key FROM lake.commits ORDER BY key")]


def scores(lake: Lake) -> list[str]:
    return [one["sample_id"] for one in lake.rows("SELECT sample_id FROM lake.scores ORDER BY sample_id")]


def score(sample_id: str, **values: object) -> Row:
    return row("scores", sample_id=sample_id, **values)


def test_second_commit_of_a_key_does_nothing(lake: Lake) -> None:
    assert lake.commit("k", {"scores": [score("a")]}, run_id="r")
    assert not lake.commit("k", {"scores": [score("b")]}, run_id="r")

    assert scores(lake) == ["a"]
    assert keys(lake) == ["k"]
    assert lake.committed("k")
    assert not lake.committed("other")


def test_commits_stay_in_order_where_the_clock_is_set_back(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    noon = datetime(2026, 5, 1, 12)
    for key, clock in (
        ("first", noon),
        ("second", noon - timedelta(days=1)),
        ("third", noon),
        ("later", noon + SECOND),
    ):
        monkeypatch.setattr("stillroom.lake.store._utc_now", lambda clock=clock: clock)
        lake.commit(key, {"scores": [score(key)]}, run_id="r")

    in_order = lake.rows("SELECT key, created_at FROM lake.commits ORDER BY created_at")

    assert [one["key"] for one in in_order] == ["first", "second", "third", "later"]
    assert len({one["created_at"] for one in in_order}) == 4
    assert in_order[-1]["created_at"] == noon + SECOND  # the clock counts again once it has caught up


def test_every_table_takes_a_full_row_and_gives_it_back(lake: Lake) -> None:
    given = {table: [row(table)] for table in TABLES if table != "commits"}
    lake.commit("k", given, run_id="r", shard=5)

    for table, (expected,) in given.items():
        back = lake.rows(f'SELECT * FROM lake."{table}"')[0]
        assert {name: back[name] for name in expected} == dict(expected), table
        assert (back["run_id"], back["shard"]) == ("r", 5)
        assert back["created_at"] is not None
    receipt = json.loads(lake.rows("SELECT row_counts FROM lake.commits")[0]["row_counts"])
    assert receipt == dict.fromkeys(given, 1)


def test_nulls_and_empty_lists_survive(lake: Lake) -> None:
    lake.commit(
        "k",
        {"metrics": [row("metrics", low=None, threshold=None)], "prompts": [row("prompts", parents=[])]},
        run_id="r",
    )

    assert lake.rows("SELECT low, threshold FROM lake.metrics") == [{"low": None, "threshold": None}]
    assert lake.rows("SELECT parents FROM lake.prompts") == [{"parents": []}]


def test_text_survives_as_it_is(lake: Lake) -> None:
    text = "quote ' \" \\ \n\r\n\t \x00 \u2028 \U0001f600"
    lake.commit("k'; DROP TABLE lake.scores; --", {"scores": [score(text)]}, run_id="r'")

    assert scores(lake) == [text]


def test_row_may_name_its_own_shard(lake: Lake) -> None:
    lake.commit("k", {"scores": [score("a", shard=7), score("b")]}, run_id="r")

    assert lake.rows("SELECT sample_id, shard FROM lake.scores ORDER BY ALL") == [
        {"sample_id": "a", "shard": 7},
        {"sample_id": "b", "shard": NO_SHARD},
    ]


class Interrupted(BaseException):
    """Stands for Ctrl-C."""


def _interrupt() -> Mapping[str, Sequence[Row]]:
    raise Interrupted


@pytest.mark.parametrize(
    ("tables", "error"),
    [
        pytest.param({"scores": [score("a")], "shards": [row("shards", position="third")]}, LakeError, id="wrong type"),
        pytest.param({"scores": [score("a")], "shards": [row("shards", position=2**40)]}, LakeError, id="out of range"),
        pytest.param({"scores": [score("a")], "shards": [{"position": 1}]}, LakeError, id="missing column"),
        pytest.param({"scores": [score("a")], "no_such_table": [{}]}, LakeError, id="unknown table"),
        pytest.param(_interrupt, Interrupted, id="interrupted"),
    ],
)
def test_commit_writes_all_or_nothing(lake: Lake, tables: Any, error: type[BaseException]) -> None:
    with pytest.raises(error):
        lake.commit("k", tables, run_id="r")

    assert scores(lake) == []
    assert not lake.committed("k")
    assert lake.commit("k", {"scores": [score("b")]}, run_id="r"), "the lake is usable after a failed commit"


def test_rows_may_depend_on_what_is_committed(lake: Lake) -> None:
    def numbered() -> dict[str, list[Row]]:
        number = lake.rows("SELECT count(*) AS n FROM lake.scores")[0]["n"]
        return {"scores": [score(f"number {number}")]}

    for key in "abc":
        lake.commit(key, numbered, run_id="r")

    assert scores(lake) == ["number 0", "number 1", "number 2"]


def test_what_was_committed_is_there_after_reopening(lake: Lake) -> None:
    lake.commit("k", {"scores": [score("a")]}, run_id="r")

    again = Lake.open(lake.root, create=True)

    assert scores(again) == ["a"]
    again.close()


def test_threads_may_share_a_lake(lake: Lake) -> None:
    def work(name: str) -> None:
        for number in range(5):
            lake.commit(f"{name}{number}", {"scores": [score(f"{name}{number}")]}, run_id="r")
            lake.query("SELECT count(*) FROM lake.scores")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(scores(lake)) == len(set(scores(lake))) == 15


def test_lake_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=f"there is no lake at {tmp_path / 'nowhere'}"):
        Lake.open(tmp_path / "nowhere")

    assert not (tmp_path / "nowhere").exists()


def test_lake_of_another_schema_version_is_refused_with_both_versions(lake: Lake) -> None:
    lake._connection.execute("INSERT INTO lake.stillroom_schema VALUES (99)")

    with pytest.raises(LakeError, match=r"has schema version 99, this Stillroom reads \d+\..* install that"):
        Lake.open(lake.root)


def test_lake_that_lacks_a_newer_column_gets_it_and_keeps_its_rows(lake_root: Path) -> None:
    older = Lake.open(lake_root)
    older.query('ALTER TABLE lake.calibrations DROP COLUMN "misjudged"')
    older.query("INSERT INTO lake.calibrations (calibration_id) VALUES ('old')")
    older.close()

    newer = Lake.open(lake_root)

    assert newer.rows("SELECT calibration_id, misjudged FROM lake.calibrations") == [
        {"calibration_id": "old", "misjudged": None}
    ]
    newer.close()


def test_lake_from_before_a_table_was_added_gets_it(lake: Lake) -> None:
    lake._connection.execute("DROP TABLE lake.test_strengths")
    with opened(lake.root) as before:
        assert not before.holds("test_strengths")

    Lake.open(lake.root).close()

    with opened(lake.root) as after:
        assert after.holds("test_strengths")
        assert after.holds("selections", "measure_id")
        assert not after.holds("selections", "another")
    assert lake.rows("SELECT * FROM lake.test_strengths") == []


def test_catalogue_that_is_no_catalogue_is_a_lake_error(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite").write_text("not a database " * 100)

    with pytest.raises(LakeError, match="catalogue"):
        Lake.open(tmp_path)


def test_catalogue_that_lost_its_tables_is_a_lake_error(lake_root: Path) -> None:
    with sqlite3.connect(lake_root / "catalogue.sqlite") as catalogue:
        catalogue.execute("DROP TABLE ducklake_snapshot")
    catalogue.close()

    with pytest.raises(LakeError, match="catalogue"):
        Lake.open(lake_root)


def test_folder_that_cannot_be_made_is_a_lake_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LakeError, match="cannot create the lake's folders"):
        Lake.open(tmp_path / "file" / "lake", create=True)


@pytest.mark.parametrize("sql", ["SELEC 1", "SELECT * FROM lake.nothing", "SELECT 1/x", "SELECT ?::INTEGER"])
def test_query_that_duckdb_refuses_is_a_lake_error(lake: Lake, sql: str) -> None:
    with pytest.raises(LakeError, match="the query failed"):
        lake.query(sql)

    assert lake.rows("SELECT 1 AS one") == [{"one": 1}]


def test_parameters_are_bound_by_place_and_by_name(lake: Lake) -> None:
    assert lake.rows("SELECT ? AS a, ? AS b", [1, "x"]) == [{"a": 1, "b": "x"}]
    assert lake.rows("SELECT $b AS b", {"b": "it's"}) == [{"b": "it's"}]


def test_views_answer_on_an_empty_lake(lake: Lake) -> None:
    assert [view for view in VIEWS if not lake.query(f'SELECT * FROM lake."{view}"').is_empty()] == []


def test_large_tables_lie_in_folders_by_what_is_written_at_once(lake: Lake) -> None:
    lake.commit("k", {"scores": [score("a", shard=3), score("b", shard=4)]}, run_id="run-1")

    folders = {str(path.parent.relative_to(lake.root / "data")) for path in (lake.root / "data").rglob("*.parquet")}

    assert {folder for folder in folders if "scores" in folder} == {"main/scores/run_id=run-1"}


def test_no_row_is_kept_inside_the_catalogue(lake: Lake) -> None:
    lake.commit("k", {"scores": [score("a")], "costs": [row("costs")]}, run_id="r")

    tables = {path.relative_to(lake.root / "data").parts[1] for path in (lake.root / "data").rglob("*.parquet")}

    assert tables >= {"scores", "costs", "commits"}


def test_duckdb_shell_reads_the_lake_with_the_written_script_and_cannot_write(lake_root: Path) -> None:
    lake = Lake.open(lake_root)  # which writes the script for the folder it lies in now
    lake.commit("k", {"scores": [score("from the shell")]}, run_id="r")
    lake.close()
    shell = [Path(sys.executable).parent / "duckdb", "-init", lake_root / "duckdb.sql", "-csv"]
    sql = "SELECT sample_id FROM scores; SELECT count(*) FROM lake.lineage; DELETE FROM scores;"

    done = subprocess.run([*shell, "-c", sql], capture_output=True, text=True, timeout=60, check=False)

    assert "from the shell" in done.stdout
    assert "read-only" in done.stderr


def test_lake_may_be_moved(lake: Lake, tmp_path: Path) -> None:
    lake.commit("k", {"scores": [score("a")]}, run_id="r")
    there = tmp_path / "it's elsewhere"
    shutil.copytree(lake.root, there)

    moved = Lake.open(there)

    assert scores(moved) == ["a"]
    assert str(there).replace("'", "''") in (there / "duckdb.sql").read_text()
    moved.close()
