"""A snapshot that is no longer what was published is found out, by whatever was altered."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stillroom.lake import Lake
from stillroom.publication import Snapshot, compare, freeze, snapshots


@pytest.fixture
def frozen(published: Lake) -> tuple[Lake, Snapshot, Path]:
    (snapshot,) = snapshots(published, "tiny")
    return published, snapshot, freeze(published, snapshot)


def differing(lake: Lake, snapshot: Snapshot) -> list[str]:
    return [one.what for one in compare(lake, snapshot) if not one.is_same]


def test_an_untouched_snapshot_agrees_in_everything(frozen: tuple[Lake, Snapshot, Path]) -> None:
    lake, snapshot, _ = frozen
    compared = compare(lake, snapshot)
    assert [one.what for one in compared] == [
        "data files that the catalogue names",
        "rows of the lake, counted",
        "content of the lake's rows",
        "manifest against the lake",
        "manifest against its own hash",
        "bytes of examples.parquet",
        "bytes of summary.md",
        "rows of examples.parquet, counted",
        "content of examples.parquet",
    ]
    assert [one.found for one in compared if one.found or not one.is_same] == []


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_one_altered_byte_of_the_parquet_file_is_found(frozen: tuple[Lake, Snapshot, Path], place: float) -> None:
    lake, snapshot, folder = frozen
    file = folder / "examples.parquet"
    data = bytearray(file.read_bytes())
    data[int(len(data) * place)] ^= 1
    file.write_bytes(bytes(data))
    assert "bytes of examples.parquet" in differing(lake, snapshot)


def _state(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}), encoding="utf-8")


@pytest.mark.parametrize(
    ("alter", "found"),
    [
        pytest.param(lambda folder: _state(folder, rows=3), ["manifest against the lake", "its own hash"], id="rows"),
        pytest.param(lambda folder: _state(folder, calibrated=False), ["its own hash"], id="calibrated"),
        pytest.param(lambda folder: (folder / "manifest.json").write_text("{"), ["manifest"], id="torn-manifest"),
        pytest.param(
            lambda folder: (folder / "summary.md").write_text("all well"), ["bytes of summary.md"], id="summary"
        ),
        pytest.param(lambda folder: (folder / "examples.parquet").unlink(), ["files of the frozen copy"], id="gone"),
    ],
)
def test_what_was_altered_is_named(
    frozen: tuple[Lake, Snapshot, Path], alter: Callable[[Path], object], found: list[str]
) -> None:
    lake, snapshot, folder = frozen
    alter(folder)
    named = differing(lake, snapshot)
    assert len(named) == len(found)
    assert all(words in name for words, name in zip(found, named, strict=True))


def test_rows_that_the_lake_lost_are_found(frozen: tuple[Lake, Snapshot, Path]) -> None:
    lake, snapshot, _ = frozen
    lake._connection.execute(
        "DELETE FROM lake.snapshot_members WHERE example_id = (SELECT min(example_id) FROM lake.examples)"
    )  # pyright: ignore[reportPrivateUsage] - as nobody should
    assert differing(lake, snapshot) == ["rows of the lake, counted", "content of the lake's rows"]
