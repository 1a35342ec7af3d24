"""A place outside of the lake's folder is one lake's: two in it would remove each other's rows."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stillroom.cli.app import make_app
from stillroom.errors import RequestError
from stillroom.lake import Lake
from stillroom.lake.claim import MARK
from stillroom.lake.leftovers import Kind
from stillroom.lake.maintenance import Maintained, maintain
from stillroom.lake.variables import DATA_VARIABLE
from tests.fakes.rows import row


def make(root: Path, data: Path) -> None:
    """A lake with four rows, each in a file of its own; the setting is unset again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_VARIABLE, str(data))
        lake = Lake.open(root, create=True)
    for number in range(4):
        lake.commit(f"k{number}", {"scores": [row("scores", sample_id=f"{number}")]}, run_id="r")
    lake.close()


def keep_house(root: Path, **options: float) -> Maintained:
    return maintain(root, say=lambda line: None, **options)  # pyright: ignore[reportArgumentType]


def scores(root: Path) -> int:
    lake = Lake.open(root)
    try:
        return lake.rows("SELECT count(*) AS n FROM lake.scores")[0]["n"]
    finally:
        lake.close()


def orphan_of(data: Path) -> Path:
    """An old file as a killed writer leaves it."""
    orphan = data / "main" / "scores" / "ducklake-orphan.parquet"
    orphan.write_bytes(b"half")
    then = time.time() - 7200
    os.utime(orphan, (then, then))
    return orphan


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Where the data files of the lake are."""
    return tmp_path / "elsewhere"


@pytest.fixture
def stored(tmp_path: Path, elsewhere: Path) -> Path:
    """The folder of a lake that has its data files elsewhere."""
    make(tmp_path / "lake", elsewhere)
    return tmp_path / "lake"


def test_the_mark_names_the_catalogue_and_killed_writers_files_go(stored: Path, elsewhere: Path) -> None:
    assert json.loads((elsewhere / MARK).read_text())["catalogue"] == str(stored / "catalogue.sqlite")
    orphan = orphan_of(elsewhere)

    done = keep_house(stored)

    assert ([one.path for one in done.removed if one.kind is Kind.ORPHAN], done.doubt) == ([orphan], "")
    assert (elsewhere / MARK).exists()
    assert scores(stored) == 4


def test_a_second_lake_in_one_place_is_refused_and_makes_nothing(
    stored: Path, elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DATA_VARIABLE, str(elsewhere))

    with pytest.raises(RequestError, match=rf"the lake with the catalogue {stored}.*Name another place in STILLROOM"):
        Lake.open(tmp_path / "second", create=True)

    assert not (tmp_path / "second" / "catalogue.sqlite").exists()
    assert not (tmp_path / "second" / "lake.json").exists()


@pytest.mark.parametrize("data", ["elsewhere", "lake/data"])
def test_a_place_with_data_files_of_a_lake_that_left_no_mark_is_refused_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str
) -> None:
    make(tmp_path / "lake", tmp_path / data)
    (tmp_path / data / MARK).unlink(missing_ok=True)
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / data))

    with pytest.raises(RequestError, match=f"holds data files of a lake, such as .*parquet, and no {MARK}"):
        Lake.open(tmp_path / "second", create=True)


def test_a_place_with_other_files_will_do_and_they_stay(tmp_path: Path, elsewhere: Path) -> None:
    foreign = [elsewhere / name for name in ("thesis.pdf", "photos/1.parquet", "main/ducklake-1.parquet", "main/x")]
    for file in foreign:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"mine")
        os.utime(file, (0, 0))
    make(tmp_path / "lake", elsewhere)

    for _ in range(2):
        done = keep_house(tmp_path / "lake", grace_minutes=0)

    assert done.doubt == ""
    assert [file.read_bytes() for file in foreign] == [b"mine"] * len(foreign)
    assert scores(tmp_path / "lake") == 4


def test_a_lake_of_before_marks_goes_on_and_keeps_what_may_be_anothers(stored: Path, elsewhere: Path) -> None:
    (elsewhere / MARK).unlink()
    orphan = orphan_of(elsewhere)

    keep_house(stored, grace_minutes=0)
    done = keep_house(stored, grace_minutes=0)

    assert {one.kind for one in done.removed} == {Kind.REPLACED}, "its catalogue knows these"
    assert orphan.exists()
    assert scores(stored) == 4
    told = CliRunner().invoke(make_app(), ["--lake", str(stored), "lake", "maintain", "--dry-run"])
    assert (told.exit_code, f"has no {MARK}" in told.stderr) == (0, True)
    (elsewhere / MARK).write_text(done.doubt.partition(f"{MARK}: ")[2])
    assert [one.path for one in keep_house(stored).removed] == [orphan], "as the advice said"


def test_a_copy_of_a_lake_is_read_and_not_written(stored: Path, elsewhere: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(stored, tmp_path / "copy"))

    for work in (keep_house, Lake.open):
        with pytest.raises(RequestError, match=f"the lake with the catalogue {stored}.*If this lake was copied"):
            work(copy)
    sql = ["--lake", str(copy), "sql"]
    read = CliRunner().invoke(make_app(), [*sql, "select count(*) as n from scores", "--json"])
    write = CliRunner().invoke(make_app(), [*sql, "delete from scores", "--write"])

    assert (json.loads(read.stdout), write.exit_code) == ([{"n": 4}], 2)
    assert scores(stored) == 4


def test_a_lake_that_was_moved_is_written_again_once_the_mark_says_so(
    stored: Path, elsewhere: Path, tmp_path: Path
) -> None:
    moved = stored.rename(tmp_path / "moved")
    with pytest.raises(RequestError) as caught:
        Lake.open(moved)

    (elsewhere / MARK).write_text(str(caught.value).partition(f"{MARK}: ")[2])

    assert scores(moved) == 4


def test_a_creation_that_was_cut_off_before_its_mark_claims_the_place_when_it_is_done_again(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("stillroom.lake.opening.claim", cut_off)
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path / "lake", elsewhere)
    assert not (elsewhere / MARK).exists()

    make(tmp_path / "lake", elsewhere)

    assert keep_house(tmp_path / "lake").doubt == ""


def test_a_missing_file_elsewhere_is_named_with_its_table_and_what_to_do(stored: Path, elsewhere: Path) -> None:
    lost = next((elsewhere / "main" / "scores").rglob("*.parquet"))
    lost.unlink()

    asked = CliRunner().invoke(make_app(), ["--lake", str(stored), "sql", "select * from scores"])

    assert asked.exit_code == 1
    assert f"a file of the table scores is missing: {lost}" in asked.stderr
    assert "Put it back from a backup" in asked.stderr
