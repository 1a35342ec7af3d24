"""Housekeeping where the data files are elsewhere: in object storage or another folder, under either catalogue."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stillroom.errors import LakeError
from stillroom.lake import Lake, data_place
from stillroom.lake.leftovers import Kind
from stillroom.lake.location import CATALOGUE_VARIABLE, DATA_VARIABLE
from stillroom.lake.maintenance import Maintained, maintain
from tests.fakes.object_storage import BUCKET, ObjectStorage
from tests.fakes.rows import row
from tests.lake.postgres.conftest import build_twice
from tests.lake.postgres.test_postgres_housekeeping import contents, examples_as_of


def keep_house(root: Path, **options: float) -> Maintained:
    return maintain(root, say=lambda line: None, **options)  # pyright: ignore[reportArgumentType]


def make(root: Path, monkeypatch: pytest.MonkeyPatch, data: str, catalogue: str | None = None) -> None:
    """An empty lake; the settings are unset again."""
    with monkeypatch.context() as patch:
        patch.setenv(DATA_VARIABLE, data)
        if catalogue:
            patch.setenv(CATALOGUE_VARIABLE, catalogue)
        Lake.open(root, create=True).close()


def fill(root: Path, commits: int = 4) -> None:
    lake = Lake.open(root)
    for number in range(commits):
        lake.commit(f"k{number}", {"scores": [row("scores", sample_id=f"{number}")]}, run_id="r")
    lake.close()


def scores(root: Path) -> list[object]:
    return sorted(str(one) for one in contents(root)["scores"])


def test_objects_become_few_replaced_ones_wait_and_then_go(
    keys: None, storage: ObjectStorage, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "lake"
    make(root, monkeypatch, f"s3://{BUCKET}/built", database)
    build_twice(root)
    before, objects = contents(root), set(storage.objects("built/"))
    published = examples_as_of(root, "tiny@1")

    foreseen = keep_house(root, keep_days=0, dry_run=True)
    assert set(storage.objects("built/")) == objects
    done = keep_house(root, keep_days=0)

    assert [one.files_after for one in foreseen.tables] == [one.files_after for one in done.tables]
    assert objects <= set(storage.objects("built/"))
    assert contents(root) == before
    assert done.waiting_files > 0

    again = keep_house(root, keep_days=0, grace_minutes=0)

    left = set(storage.objects("built/"))
    assert {one.path for one in again.removed} == {f"s3://{BUCKET}/{key}" for key in objects - left}
    assert {one.kind for one in again.removed} == {Kind.REPLACED}
    assert len(left) == sum(one.files_after for one in again.tables)
    assert again.waiting_files == 0
    assert contents(root) == before
    assert examples_as_of(root, "tiny@1") == published


@pytest.mark.parametrize("catalogue", ["sqlite", "postgres"])
def test_an_object_that_nothing_names_goes_once_it_is_old_and_others_stay(
    keys: None,
    storage: ObjectStorage,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    catalogue: str,
) -> None:
    root, prefix = tmp_path / "lake", f"orphans-{catalogue}"
    database = request.getfixturevalue("database") if catalogue == "postgres" else None
    make(root, monkeypatch, f"s3://{BUCKET}/{prefix}", database)
    fill(root)
    before = scores(root)
    for name in ("main/scores/orphan.parquet", "thesis.txt"):
        storage.put(f"{prefix}/{name}", b"half")

    assert [one for one in keep_house(root).removed if one.kind is Kind.ORPHAN] == []
    done = keep_house(root, grace_minutes=0)

    orphans = [(one.path, one.size) for one in done.removed if one.kind is Kind.ORPHAN]
    assert orphans == [(f"s3://{BUCKET}/{prefix}/main/scores/orphan.parquet", 4)]
    left = storage.objects(f"{prefix}/")
    assert not any("orphan.parquet" in key for key in left)
    assert f"{prefix}/thesis.txt" in left
    assert len([key for key in left if "/scores/" in key]) == 1
    assert scores(root) == before


def test_data_files_in_another_folder_are_kept_in_order_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, data = tmp_path / "lake", tmp_path / "elsewhere"
    make(root, monkeypatch, str(data))
    fill(root)
    before = scores(root)

    done = keep_house(root, grace_minutes=0)
    keep_house(root, grace_minutes=0)

    (merged,) = [one for one in done.tables if one.table == "scores"]
    assert (merged.files_before, merged.files_after) == (4, 1)
    assert len(list((data / "main" / "scores").rglob("*.parquet"))) == 1
    assert scores(root) == before


def test_what_duckdb_would_remove_beyond_what_was_found_is_refused(
    keys: None, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: ObjectStorage
) -> None:
    root = tmp_path / "lake"
    make(root, monkeypatch, f"s3://{BUCKET}/refused", database)
    fill(root)
    for name in ("one", "another"):
        storage.put(f"refused/main/scores/{name}.parquet", b"half")
    listed: Callable[..., list[data_place.StoredFile]] = data_place.Bucket.files
    monkeypatch.setattr(
        data_place.Bucket, "files", lambda place: [one for one in listed(place) if "another" not in one.name]
    )

    with pytest.raises(LakeError, match=r"DuckLake would remove .*another.parquet, which is not left over"):
        keep_house(root, grace_minutes=0)
    assert len([key for key in storage.objects("refused/main/scores/") if "one.parquet" in key]) == 1
