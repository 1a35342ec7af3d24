"""A catalogue that names files which are not there: whoever needs one is told which, and what to do."""

import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from stillroom.cli.app import make_app
from stillroom.doctor import State, examine
from stillroom.errors import LakeError
from stillroom.lake.damage import damage
from tests.lake.housekeeping.conftest import At


@pytest.fixture
def lost(root: Path) -> Path:
    """A data file of the table examples, which is gone."""
    file = next((root / "data" / "main" / "examples").rglob("*.parquet"))
    file.unlink()
    return file


@pytest.mark.parametrize(
    "command",
    [
        ["sql", "select * from examples"],
        ["show", "tiny"],
        ["diff", "tiny@1", "tiny@2"],
        ["blast-radius", "teacher", "fake"],
    ],
    ids=lambda command: command[0],
)
def test_a_command_that_needs_a_missing_file_names_it(lost: Path, stillroom, command: list[str]) -> None:
    result = stillroom(*command)
    assert result.exit_code == 1
    assert f"a file of the table examples is missing: {lost}" in result.stderr
    assert "Put it back from a backup" in result.stderr


@pytest.mark.parametrize(
    ("command", "of", "table"),
    [
        ("lineage", "example_id", "examples"),
        ("lineage", "example_id", "selections"),
        ("why", "sample_id", "samples"),
        ("why", "sample_id", "selections"),
    ],
)
def test_what_asks_about_one_row_names_a_missing_file_of_each_table_that_it_needs(
    root: Path, at: At, stillroom, command: str, of: str, table: str
) -> None:
    with at(root) as lake:
        (asked,) = lake.rows(f"SELECT max({of}) AS id FROM examples")
    for file in (root / "data" / "main" / table).rglob("*.parquet"):
        file.unlink()

    result = stillroom(command, asked["id"])

    assert result.exit_code == 1
    assert f"a file of the table {table} is missing: {root / 'data' / 'main' / table}" in result.stderr


@pytest.mark.parametrize("folder", ["o'neil", 'the "new" one'])
def test_it_is_named_also_where_the_lakes_own_name_holds_quotes(root: Path, tmp_path: Path, folder: str) -> None:
    quoted = root.rename(tmp_path / folder)
    lost = next((quoted / "data" / "main" / "examples").rglob("*.parquet"))
    lost.unlink()

    result = CliRunner().invoke(make_app(), ["--lake", str(quoted), "sql", "select * from examples"])

    assert result.exit_code == 1
    assert f"a file of the table examples is missing: {lost}. Put it back" in result.stderr


def test_other_tables_are_read_as_ever_and_other_files_are_not_the_lakes(lost: Path, stillroom) -> None:
    assert stillroom("sql", "select count(*) from samples").exit_code == 0
    elsewhere = stillroom("sql", "from read_parquet('/nowhere/main/x/file.parquet')")
    assert (elsewhere.exit_code, "backup" in elsewhere.stderr) == (2, False)


def test_a_file_that_was_cut_off_is_named_too(root: Path, at: At, stillroom) -> None:
    file = next((root / "data" / "main" / "examples").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-20])
    with at(root) as lake, pytest.raises(LakeError, match=f"of the table examples cannot be read: {file}"):
        lake.query("SELECT * FROM examples")
    found = stillroom("verify-snapshot", "tiny")
    assert found.exit_code == 1
    assert f"{file} of the table examples has another size" in found.stdout


def test_verify_snapshot_finds_it(lost: Path, stillroom) -> None:
    result = stillroom("verify-snapshot", "tiny")
    assert result.exit_code == 1
    assert f"{lost} of the table examples is missing" in result.stdout


def test_housekeeping_names_it_and_does_not_say_that_no_row_was_lost(lost: Path, root: Path, stillroom) -> None:
    result = stillroom("lake", "maintain")
    assert result.exit_code == 1
    told = " ".join(result.stderr.split())
    assert f"a file of the table examples is missing: {lost}. Put it back from a backup" in told
    assert f"Housekeeping in {root} stopped there and changed no row." in told
    assert "No row was lost" not in told


def test_nothing_is_judged_again_where_files_are_missing_and_what_was_compared_is_told(lost: Path, stillroom) -> None:
    as_json = stillroom("verify-snapshot", "tiny", "--re-execute", "--json")
    assert as_json.exit_code == 1
    told = json.loads(as_json.stdout)
    assert (told["is_intact"], [one["is_same"] for one in told["compared"]]) == (False, [False])
    assert "data files are missing" in told["re_executed"]["error"]
    shown = stillroom("verify-snapshot", "tiny", "--re-execute")
    assert shown.exit_code == 1
    assert f"{lost} of the table examples is missing" in shown.stdout
    assert "No member was judged again: data files are missing" in shown.stdout


def test_the_doctor_finds_it(lost: Path, root: Path) -> None:
    (lake,) = [one for one in examine(root) if one.name == "lake"]
    assert lake.state is State.PROBLEM
    assert f"{lost} of the table examples is missing" in lake.found
    assert "backup" in lake.todo


NOT_FOUND = "HTTP GET error reading '{}' in region 'eu-central-1' (HTTP 404 Not Found)"
FILE = "main/scores/run_id=r0/ducklake-1.parquet"
ASKED = "main/scores/run_id%3Dr0/ducklake-1.parquet"


@pytest.mark.parametrize(
    ("data", "address"),
    [
        pytest.param("s3://lakes/mine", f"http://127.0.0.1:9/lakes/mine/{ASKED}", id="path"),
        pytest.param("s3://lakes/mine", f"https://lakes.s3.amazonaws.com/mine/{ASKED}", id="host"),
        pytest.param("s3://lakes", f"https://lakes.s3.amazonaws.com/{ASKED}", id="bucket"),
        pytest.param("s3://lakes/a/b", f"s3://lakes/a/b/{FILE}", id="s3"),
    ],
)
def test_an_object_that_is_missing_is_named_with_its_table(data: str, address: str) -> None:
    found = damage(duckdb.HTTPException(NOT_FOUND.format(address)), data)
    assert found is not None
    assert f"a file of the table scores is missing: {data}/{FILE}. Put it back" in str(found)


@pytest.mark.parametrize(
    "said",
    [
        NOT_FOUND.format("https://lakes.s3.amazonaws.com/yours/main/scores/ducklake-1.parquet"),
        NOT_FOUND.format("https://others.s3.amazonaws.com/mine/main/scores/ducklake-1.parquet"),
        NOT_FOUND.format("https://lakes.s3.amazonaws.com/mine/notes.parquet"),
        NOT_FOUND.replace("404 Not Found", "403 Forbidden").format(f"https://lakes.s3.amazonaws.com/mine/{FILE}"),
        "Connection refused",
    ],
    ids=["another prefix", "another bucket", "no table's", "refused", "away"],
)
def test_other_objects_and_a_storage_that_refuses_are_no_damage(said: str) -> None:
    assert damage(duckdb.HTTPException(said), "s3://lakes/mine") is None


def test_an_object_of_another_size_that_duckdb_does_not_name_is_looked_for_by_the_doctor() -> None:
    said = "Content-Length from server mismatches requested range, server may not support range requests."
    found = damage(duckdb.HTTPException(said), "s3://lakes/mine")
    assert "If it is one of s3://lakes/mine, `stillroom doctor` names it and its table" in str(found)
