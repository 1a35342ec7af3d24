"""A disk that is full is named as such, also where SQLite speaks of an I/O error only."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from stillroom.curation import DedupSettings, find_duplicates
from stillroom.errors import LakeError
from stillroom.lake.full_disk import told
from stillroom.lake.store import Lake
from tests.fakes.disks import fill, small_disk

SAID_BY_SQLITE = duckdb.IOException('Failed to execute query "PRAGMA journal_mode=WAL": disk I/O error')


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    with small_disk(folder, "40m"):
        yield folder


@pytest.fixture
def almost_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=1 << 20))
    return tmp_path


@pytest.mark.parametrize("keep", [0, 4096, 16384, 32768])
def test_lake_that_cannot_be_opened_for_want_of_space_says_so(disk: Path, keep: int) -> None:
    Lake.open(disk / "lake", create=True).close()
    filler = fill(disk, keep=keep)
    with pytest.raises(LakeError, match=r"(?i)space.*Free some"):
        Lake.open(disk / "lake")

    filler.unlink()
    Lake.open(disk / "lake").close()


def test_unsaid_want_of_space_is_said_with_what_is_free(almost_full: Path) -> None:
    assert f"1.0 MB free for {almost_full}" in told(SAID_BY_SQLITE, almost_full, "s3://bucket/prefix")


def test_error_of_a_disk_with_room_stays_as_it_was(tmp_path: Path) -> None:
    assert told(SAID_BY_SQLITE, tmp_path) == str(SAID_BY_SQLITE)


def test_place_that_is_not_there_yet_is_looked_for_above(almost_full: Path) -> None:
    place = almost_full / "lake" / "tmp"
    assert f"1.0 MB free for {place}" in told(SAID_BY_SQLITE, place)


def test_other_errors_of_a_full_disk_stay_as_they_were(almost_full: Path) -> None:
    assert told(duckdb.BinderException("no such column"), almost_full) == "no such column"


@pytest.mark.parametrize("keep", [0, 16384])
def test_search_for_duplicates_that_finds_no_space_says_where(disk: Path, keep: int) -> None:
    fill(disk, keep=keep)
    words = [f"word{number % 97}" for number in range(2_000)]
    texts = [" ".join(words[start : start + 400]) + f" {start}" for start in range(1_000)]
    new = pl.DataFrame({"id": [str(number) for number in range(1_000)], "text": texts, "rank": 0})

    with pytest.raises(LakeError, match=rf"room in {disk} .*MB free.*Free space"):
        find_duplicates(new, settings=DedupSettings(memory_bytes=64 << 20, spill_directory=disk))

    assert [one.name for one in disk.iterdir()] == ["filler"]
