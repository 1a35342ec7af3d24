"""A catalogue that names files which are not there: whoever needs one is told which, and what to do."""

from pathlib import Path

import pytest

from stillroom.doctor import State, examine
from stillroom.errors import LakeError
from tests.lake.housekeeping.conftest import At


@pytest.fixture
def lost(root: Path) -> Path:
    """A data file of the table examples, which is gone."""
    file = next((root / "data" / "main" / "examples").rglob("*.parquet"))
    file.unlink()
    return file


@pytest.mark.parametrize(
    "command",
    [["sql", "select * from examples"], ["show", "tiny"], ["diff", "tiny@1", "tiny@2"]],
    ids=lambda command: command[0],
)
def test_a_command_that_needs_a_missing_file_names_it(lost: Path, stillroom, command: list[str]) -> None:
    result = stillroom(*command)
    assert result.exit_code == 1
    assert f"a file of the table examples is missing: {lost}" in result.stderr
    assert "Put it back from a backup" in result.stderr


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


def test_the_doctor_finds_it(lost: Path, root: Path) -> None:
    (lake,) = [one for one in examine(root) if one.name == "lake"]
    assert lake.state is State.PROBLEM
    assert f"{lost} of the table examples is missing" in lake.found
    assert "backup" in lake.todo
