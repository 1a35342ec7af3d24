"""Housekeeping where the data files are elsewhere: in object storage or another folder, under either catalogue."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from stillroom.doctor import State, examine
from stillroom.errors import LakeError, RequestError
from stillroom.lake import Lake, data_bucket, data_place
from stillroom.lake.claim import MARK
from stillroom.lake.leftovers import Kind
from stillroom.lake.maintenance import Maintained, maintain
from stillroom.lake.reading import opened
from stillroom.lake.variables import CATALOGUE_VARIABLE, DATA_VARIABLE
from tests.fakes.object_storage import BUCKET, ObjectStorage
from tests.fakes.postgres import PostgresServer
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
    before, objects = contents(root), set(storage.objects("built/main/"))
    published = examples_as_of(root, "tiny@1")

    foreseen = keep_house(root, keep_days=0, dry_run=True)
    assert set(storage.objects("built/main/")) == objects
    done = keep_house(root, keep_days=0)

    assert [one.files_after for one in foreseen.tables] == [one.files_after for one in done.tables]
    assert objects <= set(storage.objects("built/main/"))
    assert contents(root) == before
    assert done.waiting_files > 0

    again = keep_house(root, keep_days=0, grace_minutes=0)

    left = set(storage.objects("built/main/"))
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
    foreign = ("thesis.txt", "main/scores/mine.parquet", "mine/ducklake-1.parquet", "main/nothing/ducklake-1.parquet")
    for name in ("main/scores/ducklake-orphan.parquet", *foreign):
        storage.put(f"{prefix}/{name}", b"half")

    assert [one for one in keep_house(root).removed if one.kind is Kind.ORPHAN] == []
    done = keep_house(root, grace_minutes=0)

    orphans = [(one.path, one.size) for one in done.removed if one.kind is Kind.ORPHAN]
    assert orphans == [(f"s3://{BUCKET}/{prefix}/main/scores/ducklake-orphan.parquet", 4)]
    left = storage.objects(f"{prefix}/")
    assert not any("orphan.parquet" in key for key in left)
    assert {f"{prefix}/{name}" for name in foreign} <= set(left)
    assert len([key for key in left if "/scores/run_id=" in key]) == 1
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


def test_only_what_was_found_is_removed(
    keys: None, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: ObjectStorage
) -> None:
    root = tmp_path / "lake"
    make(root, monkeypatch, f"s3://{BUCKET}/found", database)
    fill(root)
    for name in ("one", "it's another"):
        storage.put(f"found/main/scores/ducklake-{quote(name)}.parquet", b"half")
    listed: Callable[..., list[data_place.StoredFile]] = data_bucket.Bucket.files
    monkeypatch.setattr(
        data_bucket.Bucket,
        "files",
        lambda place, folders: [one for one in listed(place, folders) if "another" in one.name],
    )

    keep_house(root, grace_minutes=0)

    left = [key for key in storage.objects("found/main/scores/") if "run_id" not in key]
    assert left == ["found/main/scores/ducklake-one.parquet"]


def test_a_second_lake_at_one_address_is_refused(
    keys: None, server: PostgresServer, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "lake", monkeypatch, f"s3://{BUCKET}/taken", database)

    for catalogue in (server.create("second"), None):
        with pytest.raises(RequestError, match=r"holds the data files of the lake with the catalogue .*dbname="):
            make(tmp_path / "second", monkeypatch, f"s3://{BUCKET}/taken", catalogue)
    make(tmp_path / "below", monkeypatch, f"s3://{BUCKET}/taken/below")

    fill(tmp_path / "below")
    fill(tmp_path / "lake")
    for _ in range(2):
        keep_house(tmp_path / "lake", grace_minutes=0)
    assert len(scores(tmp_path / "below")) == 4


def test_objects_without_a_mark_are_a_lakes_too(
    keys: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: ObjectStorage
) -> None:
    make(tmp_path / "lake", monkeypatch, f"s3://{BUCKET}/unmarked")
    fill(tmp_path / "lake")
    storage.remove(f"unmarked/{MARK}")

    with pytest.raises(RequestError, match=f"holds data files of a lake, such as s3://.*and no {MARK}"):
        make(tmp_path / "second", monkeypatch, f"s3://{BUCKET}/unmarked")

    assert f"has no {MARK}" in keep_house(tmp_path / "lake").doubt
    assert len(scores(tmp_path / "lake")) == 4


def test_an_object_that_is_missing_or_cut_off_is_found(
    keys: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: ObjectStorage
) -> None:
    root = tmp_path / "lake"
    make(root, monkeypatch, f"s3://{BUCKET}/missing")
    lake = Lake.open(root)
    for run in ("gone", "short"):
        lake.commit(run, {"scores": [row("scores")]}, run_id=run)
    lake.close()
    gone, short = storage.objects("missing/main/scores/")
    for key in (gone, short):
        storage.remove(key)
    storage.put(short, b"half")

    with opened(root) as lake:
        missing = lake.missing_files()
        with pytest.raises(LakeError, match=f"of the table scores is missing: s3://{BUCKET}/{gone}.*your copy of the"):
            lake.query("SELECT * FROM scores WHERE run_id = 'gone'")
        with pytest.raises(LakeError, match=f"of the table scores cannot be read: s3://{BUCKET}/{short} .HTTP"):
            lake.query("SELECT * FROM scores WHERE run_id = 'short'")

    assert {(one.path, one.found) for one in missing} == {
        (f"s3://{BUCKET}/{gone}", None),
        (f"s3://{BUCKET}/{short}", 4),
    }
    (finding,) = [one for one in examine(root, ()) if one.name == "lake"]
    assert (finding.state, "of the table scores" in finding.found) == (State.PROBLEM, True)
