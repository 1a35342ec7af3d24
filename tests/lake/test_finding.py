"""Rows that are read from their files without DuckLake are those that DuckLake finds, or DuckLake is asked."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import duckdb
import pytest

from stillroom.cli.descent import ancestors, behind
from stillroom.errors import LakeError
from stillroom.lake import TABLES, Lake
from stillroom.lake.connection import attach_statements
from stillroom.lake.maintenance import maintain
from stillroom.lake.reading import opened
from stillroom.lake.still import StillFiles
from tests.fakes.rows import row

RUN, OTHER = "r1", "r2"


def silent(_: str) -> None:
    """What housekeeping says is not looked at."""


def fill(root: Path, *runs: str) -> None:
    """One commit for each run, of a row of each table."""
    lake = Lake.open(root)
    for run in runs:
        rows = {name: [row(name)] for name in TABLES if name != "commits"}
        assert lake.commit(f"all:{run}", rows, run_id=run, shard=1)
    lake.close()


def by_ducklake(lake: Lake, table: str, run: str) -> list[dict[str, object]]:
    return lake.rows(f'SELECT * FROM lake."{table}" WHERE run_id = ?', [run])


def same(number: int, lake: Lake) -> int:
    return int(lake.rows("SELECT ? AS n", [number])[0]["n"])


@contextmanager
def written(root: Path, *, inlined: int = 0) -> Generator[duckdb.DuckDBPyConnection]:
    """A DuckDB shell that writes into a lake as DuckLake lets it."""
    *loads, attach, use = attach_statements(root / "catalogue.sqlite", root / "data", read_only=False)
    with duckdb.connect(config={"allow_unsigned_extensions": True}) as shell:
        limit = f"DATA_INLINING_ROW_LIMIT {inlined}"
        for statement in (*loads, attach.replace("DATA_INLINING_ROW_LIMIT 0", limit), use):
            shell.execute(statement)
        yield shell


def test_the_rows_of_every_table_are_those_that_ducklake_finds(lake_root: Path) -> None:
    fill(lake_root, RUN, OTHER)
    with opened(lake_root) as lake:
        for table in TABLES:
            found = lake.find(table, run_id=RUN)
            assert found
            assert found == by_ducklake(lake, table, RUN)
            assert lake.files(table)


def test_merged_files_beside_new_ones_are_read_whole(lake_root: Path) -> None:
    fill(lake_root, RUN, OTHER)
    maintain(lake_root, say=silent, keep_days=0)
    fill(lake_root, "r3")
    with opened(lake_root) as lake:
        assert len(lake.files("runs") or ()) == 2  # that of two commits, whose rows have a column of DuckLake's
        for run in (RUN, OTHER, "r3"):
            assert lake.find("runs", run_id=run) == by_ducklake(lake, "runs", run)
            assert lake.find("runs", run_id=run)


def test_files_that_cannot_hold_an_id_are_not_read(lake_root: Path) -> None:
    lake = Lake.open(lake_root)
    for one in ("aa", "bb", "cc"):
        lake.commit(one, {"prompts": [row("prompts", prompt_id=one)]}, run_id=RUN)
    lake.close()
    with opened(lake_root) as still:
        paths = still.files("prompts") or []
        assert len(paths) == 3
        asked = still.selection("prompts", keys={"prompt_id": "bb"})
        assert [path in asked for path in sorted(paths)] == [False, True, False]
        assert still.selection("prompts", keys={"prompt_id": "bc"}) == ""
        assert still.find("prompts", prompt_id="bc") == []
        assert still.selection("scores", keys={"run_id": RUN}) == ""  # there is no file at all
        of_files = still.selection("prompts", "prompt_id", files=paths[:1])
        assert [found["prompt_id"] for found in still.rows(of_files)] == ["aa"]


def test_only_what_is_wanted_of_a_row_is_read(lake_root: Path) -> None:
    fill(lake_root, RUN)
    lake = Lake.open(lake_root)
    with opened(lake_root) as still:
        for one in (still, lake):
            (brief,) = one.find("prompts", "task, filename", run_id=RUN)
            assert brief["task"] == "text"
            assert Path(brief["filename"]).is_relative_to(lake_root / "data")
            (rest,) = one.rows(one.selection("prompts", without=("tests", "reference")))
            assert set(rest) == {column.name for column in TABLES["prompts"].all_columns} - {"tests", "reference"}
    lake.close()


@pytest.mark.parametrize(
    ("change", "inlined"),
    [
        ("DELETE FROM lake.prompts WHERE prompt_id = 'bb'", 0),
        ("DELETE FROM lake.prompts WHERE prompt_id = 'bb'", 10),
        ("ALTER TABLE lake.prompts ADD COLUMN further VARCHAR", 0),
        ("ALTER TABLE lake.prompts RENAME COLUMN topic TO subject", 0),
        ("INSERT INTO lake.prompts (prompt_id, run_id) VALUES ('dd', 'r1')", 10),
    ],
    ids=["deleted", "deleted in the catalogue", "column", "renamed", "in the catalogue"],
)
def test_what_is_more_than_files_is_left_to_ducklake(lake_root: Path, change: str, inlined: int) -> None:
    lake = Lake.open(lake_root)
    rows = [row("prompts", prompt_id=one) for one in ("aa", "bb", "cc")]
    lake.commit("all", {"prompts": rows}, run_id=RUN)
    lake.close()
    with opened(lake_root) as before:
        assert before.files("prompts")
        unchanged = before.find("prompts", run_id=RUN)
    with written(lake_root, inlined=inlined) as shell:
        shell.execute(change)
    with opened(lake_root) as after:
        assert after.files("prompts") is None
        assert after.find("prompts", run_id=RUN) == by_ducklake(after, "prompts", RUN) != unchanged


def test_a_catalogue_of_another_form_is_left_to_ducklake(lake_root: Path) -> None:
    fill(lake_root, RUN)
    catalogue = lake_root / "catalogue.sqlite"
    assert StillFiles(catalogue, lake_root / "data").are_all_of("runs")
    with closing(sqlite3.connect(catalogue)) as changed:
        changed.execute("UPDATE ducklake_metadata SET value = '1.1' WHERE key = 'version'")
        changed.commit()
    assert not StillFiles(catalogue, lake_root / "data").are_all_of("runs")


def test_object_storage_is_left_to_ducklake_which_knows_the_sizes_of_files(lake_root: Path) -> None:
    fill(lake_root, RUN)
    assert not StillFiles(lake_root / "catalogue.sqlite", "s3://bucket/prefix").are_all_of("runs")


def test_a_folder_whose_name_is_a_pattern_is_no_pattern(lake_root: Path, tmp_path: Path) -> None:
    fill(lake_root, RUN)
    named = lake_root.rename(tmp_path / "la[kc]e's")
    with opened(named) as lake:
        assert len(lake.find("runs", run_id=RUN)) == 1


def test_a_missing_file_is_named(lake_root: Path) -> None:
    fill(lake_root, RUN)
    with opened(lake_root) as lake:
        path = (lake.files("runs") or [""])[0]
        Path(path).unlink()
        with pytest.raises(LakeError, match=r"a file of the table runs is missing: .*\.parquet"):
            lake.find("runs", run_id=RUN)


def test_questions_that_are_left_over_are_each_answered_once_and_in_order(lake_root: Path) -> None:
    fill(lake_root, RUN)
    lake = Lake.open(lake_root)
    with opened(lake_root, askers=2) as still:
        for one in (still, lake):
            with one.moment():
                answers = one.both(lambda _: "one", lambda _: 2, [partial(same, number) for number in range(7)])
            assert answers == ("one", 2, [*range(7)])
    lake.close()


def test_ancestors_are_the_same_in_many_files_and_in_few(lake_root: Path) -> None:
    """A line of ten prompts, each with a seed of its own, and one that was similar and has a parent itself."""
    line = [f"p{number}" for number in range(10)]
    lake = Lake.open(lake_root)
    for number, one in enumerate(line):
        parents = [f"seed{number}", *line[:number][-1:], "gone"]
        rows = [
            row("prompts", prompt_id=one, parents=parents, nearest_prompt_id="near"),
            row("prompts", prompt_id=f"seed{number}", parents=[], nearest_prompt_id=""),
        ]
        lake.commit(one, {"prompts": rows}, run_id=RUN)
    aside = [row("prompts", prompt_id=one, parents=["beyond"], nearest_prompt_id="") for one in ("near", "beyond")]
    lake.commit("near", {"prompts": aside}, run_id=RUN)
    lake.close()

    def found() -> tuple[int, set[str], list[str]]:
        with opened(lake_root, askers=2) as still, still.moment():
            there = behind(still, line[-1], RUN).rows(still, RUN)
            return len(still.files("prompts") or ()), set(there), list(ancestors(there[line[-1]], there))

    in_many = found()
    maintain(lake_root, say=silent, keep_days=0)
    in_few = found()

    assert (in_many[0], in_few[0]) == (len(line) + 1, 1)
    assert in_many[1:] == in_few[1:]
    assert in_few[1] == {*line, *(f"seed{number}" for number in range(10)), "near"}
    assert in_few[2][:2] == ["seed9", "p8"]
    assert len(in_few[2]) == 19
