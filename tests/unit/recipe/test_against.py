"""Which files a table is: none that is meant is left out in silence."""

from pathlib import Path

import pytest

from stillroom.errors import RecipeError
from stillroom.recipe import Against, find_tables

FILES = ("year=2023/x.parquet", "year=2024/month=1/x.parquet", "top.parquet", "notes.txt", ".hidden/x.parquet")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "old [1]"  # brackets are no pattern in the name of what is there
    for name in FILES:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(name)
    return place


def files(folder: Path, place: Path) -> list[str]:
    (table,) = find_tables({"old": Against(path=place, kind="answer")})
    return [file.relative_to(folder).as_posix() for file in table.files]


def test_a_folder_is_all_parquet_below_it(folder: Path) -> None:
    assert files(folder, folder) == ["top.parquet", "year=2023/x.parquet", "year=2024/month=1/x.parquet"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param("*.parquet", ["top.parquet"], id="one level"),
        pytest.param("**/*.parquet", ["top.parquet", "year=2023/x.parquet", "year=2024/month=1/x.parquet"], id="all"),
        pytest.param("year=*/**/x.parquet", ["year=2023/x.parquet", "year=2024/month=1/x.parquet"], id="below some"),
    ],
)
def test_a_pattern_goes_as_deep_as_it_says(folder: Path, pattern: str, expected: list[str]) -> None:
    renamed = folder.rename(folder.with_name("plain"))
    assert files(renamed, renamed / pattern) == expected


@pytest.mark.parametrize("place", ["missing.parquet", "*.arrow", "empty"])
def test_a_place_without_any_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecipeError, match=r"table 'old' is at .*, where no file is"):
        find_tables({"old": Against(path=tmp_path / place, kind="answer")})
