"""Housekeeping moves rows into fewer files and lets go of what nobody needs; nothing that can be asked changes."""

import os
import shutil
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import typer

from stillroom.cli.session import Session, connected
from stillroom.errors import LakeError, LeaseHeld, RequestError
from stillroom.lake import Lake, compaction, leftovers
from stillroom.lake.leftovers import Kind
from stillroom.lake.maintenance import Maintained, maintain
from stillroom.publication import freeze
from tests.fakes.builds import Builder
from tests.lake.housekeeping.conftest import Contents, Differences, data_paths, tiny

COUNT = "select count(*) as n, (select count(*) from samples) as samples from examples"


def keep_house(root: Path, **options: float) -> Maintained:
    return maintain(root, say=lambda line: None, **options)  # pyright: ignore[reportArgumentType]


def make_old(*paths: Path, by: timedelta = timedelta(hours=2)) -> None:
    then = time.time() - by.total_seconds()
    for path in paths:
        os.utime(path, (then, then))


def files(done: Maintained, table: str) -> tuple[int, int]:
    return next((one.files_before, one.files_after) for one in done.tables if one.table == table)


def test_files_become_few_and_every_row_stays(root: Path, contents: Contents, differences: Differences) -> None:
    before = contents()

    done = keep_house(root)

    assert contents() == before
    assert differences() == []
    assert files(done, "commits") == (len(before["commits"]), 1)
    assert files(keep_house(root), "commits") == (1, 1)


@pytest.mark.parametrize("given", [-1.0, 1e300, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["keep_days", "grace_minutes"])
def test_times_that_are_none_are_refused(tmp_path: Path, name: str, given: float) -> None:
    with pytest.raises(RequestError, match=r"found .*, expected a number from 0 to [0-9,]+\. Nothing was done"):
        keep_house(tmp_path, **{name: given})


def test_every_published_snapshot_can_be_asked_as_of_its_publication_when_all_else_is_let_go(
    root: Path, answer
) -> None:
    before = [answer("sql", COUNT, "--as-of", label) for label in ("tiny@1", "tiny@2")]
    assert before[0] != before[1]

    done = keep_house(root, keep_days=0, grace_minutes=0)
    keep_house(root, keep_days=0, grace_minutes=0)

    assert done.expired > 0
    assert [answer("sql", COUNT, "--as-of", label) for label in ("tiny@1", "tiny@2")] == before
    versions = answer("sql", "select commit_message as key from lake.snapshots() order by snapshot_id")
    assert [str(row["key"]).partition(":")[0] for row in versions] == ["publish", "publish", "None"]


def test_young_versions_of_the_catalogue_stay(root: Path) -> None:
    assert keep_house(root).expired == 0
    assert keep_house(root, keep_days=0).expired > 0


def test_replaced_files_stay_as_long_as_somebody_may_read_them_and_then_go(
    root: Path, differences: Differences
) -> None:
    before = data_paths(root)
    done = keep_house(root)
    assert before <= data_paths(root)
    assert done.waiting_files > 0

    again = keep_house(root, grace_minutes=0)

    assert again.waiting_files == 0
    gone = before - data_paths(root)
    assert {one.path for one in again.removed if one.kind is Kind.REPLACED} == gone
    assert len(gone) == done.waiting_files
    assert sum(one.size for one in again.removed) > 0
    assert differences() == []


def test_a_reader_that_began_before_reads_on_through_two_runs(root: Path) -> None:
    context = cast("typer.Context", SimpleNamespace(ensure_object=lambda _: Session(lake=root)))
    with connected(context, read_only=True) as reader:
        keep_house(root, keep_days=0)
        keep_house(root, keep_days=0)
        rows = reader.execute("SELECT count(*), count(response) FROM samples").fetchall()
    assert rows[0][0] == rows[0][1] > 0


def test_files_of_killed_writers_go_once_they_are_old(root: Path) -> None:
    orphan = root / "data" / "main" / "samples" / "ducklake-orphan.parquet"
    orphan.write_bytes(b"half")
    assert keep_house(root).removed == []

    make_old(orphan)
    done = keep_house(root)

    assert [(one.kind, one.path, one.size) for one in done.removed] == [(Kind.ORPHAN, orphan, 4)]
    assert not orphan.exists()


def test_files_that_ducklake_does_not_write_for_a_table_stay_however_old(root: Path) -> None:
    names = (
        "thesis.pdf",
        "main/samples/notes.parquet",
        "main/samples/ducklake-notes.txt",
        "main/samples/mine/ducklake-4711.parquet",
        "main/not_a_table/ducklake-4711.parquet",
        "ducklake-4711.parquet",
        "other/samples/ducklake-4711.parquet",
    )
    foreign = [root / "data" / name for name in names]
    for file in foreign:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"mine")
    orphan = root / "data" / "main" / "samples" / "run_id=r" / "ducklake-4711.parquet"
    orphan.parent.mkdir()
    orphan.write_bytes(b"half")
    make_old(*foreign, orphan)

    done = keep_house(root)

    assert [one.path for one in done.removed] == [orphan]
    assert [file.read_bytes() for file in foreign] == [b"mine"] * len(foreign)


def test_temporary_files_go_once_they_are_old_and_frozen_copies_stay(root: Path, differences: Differences) -> None:
    half = root / "snapshots" / "tiny" / ".3-4711"
    half.mkdir()
    (half / "examples.parquet").write_bytes(b"half")
    spilled, young = root / "tmp" / "spilled", root / "tmp" / "young"
    spilled.write_bytes(b"rows")
    young.touch()
    make_old(half, spilled, root / "snapshots" / "tiny" / "1")

    done = keep_house(root)

    assert {one.path for one in done.removed} == {half, spilled}
    assert not half.exists()
    assert young.exists()
    assert differences() == []


def test_what_goes_while_it_looks_is_no_trouble(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spilled = root / "tmp" / "spilled"
    for name in ("a", "b"):
        (spilled / name).mkdir(parents=True)
        (spilled / name / "rows").write_bytes(b"rows")
    make_old(spilled)
    look = leftovers._file_size

    def look_while_it_goes(path: Path) -> int:
        shutil.rmtree(spilled, ignore_errors=True)
        return look(path)

    monkeypatch.setattr(leftovers, "_file_size", look_while_it_goes)
    done = keep_house(root, dry_run=True)

    assert [(one.path, one.size) for one in done.removed] == [(spilled, 0)]


def test_a_dry_run_does_nothing_and_foresees_what_is_done(root: Path) -> None:
    orphan = root / "data" / "main" / "runs" / "ducklake-orphan.parquet"
    orphan.touch()
    make_old(orphan)
    before = data_paths(root), (root / "catalogue.sqlite").read_bytes()

    foreseen = keep_house(root, keep_days=0, dry_run=True)

    assert (data_paths(root), (root / "catalogue.sqlite").read_bytes()) == before
    assert orphan.exists()
    done = keep_house(root, keep_days=0)
    assert [(one.table, one.files_before, one.files_after) for one in foreseen.tables] == [
        (one.table, one.files_before, one.files_after) for one in done.tables
    ]
    assert (foreseen.removed, foreseen.waiting_files) == (done.removed, done.waiting_files)
    assert foreseen.expired + 1 == done.expired, "merging makes a version more, so that the newest before it can go"


def test_rows_that_differ_after_merging_put_everything_back(
    root: Path, monkeypatch: pytest.MonkeyPatch, contents: Contents, differences: Differences
) -> None:
    before = contents()
    merge = compaction.merge

    def merge_and_lose(connection, table: str) -> None:
        merge(connection, table)
        if table == "commits":
            connection.execute("COMMIT")
            connection.execute("DELETE FROM lake.commits WHERE starts_with(key, 'plan:')")
            connection.execute("BEGIN TRANSACTION")

    monkeypatch.setattr(compaction, "merge", merge_and_lose)
    with pytest.raises(LakeError, match="the rows of commits were not the same"):
        keep_house(root, keep_days=0, grace_minutes=0)

    monkeypatch.undo()
    assert contents() == before
    assert differences() == []
    keep_house(root, keep_days=0, grace_minutes=0)
    assert contents() == before


def test_a_merged_file_that_cannot_be_read_puts_everything_back(
    root: Path, monkeypatch: pytest.MonkeyPatch, contents: Contents, differences: Differences
) -> None:
    before, files_before = contents(), data_paths(root)
    merge = compaction.merge

    def merge_and_tear(connection, table: str) -> None:
        merge(connection, table)
        if table == "commits":
            for file in (root / "data" / "main" / "commits").rglob("*.parquet"):
                if file not in files_before:
                    file.write_bytes(b"half")

    monkeypatch.setattr(compaction, "merge", merge_and_tear)
    with pytest.raises(LakeError, match="No row was lost; run it again"):
        keep_house(root, keep_days=0, grace_minutes=0)

    monkeypatch.undo()
    assert contents() == before
    for _ in range(2):
        keep_house(root, keep_days=0, grace_minutes=0)
    assert contents() == before
    assert differences() == []


def test_who_ends_it_before_rows_were_compared_has_everything_put_back(
    root: Path, monkeypatch: pytest.MonkeyPatch, contents: Contents
) -> None:
    before, looks = contents(), iter((compaction.version_rows, None))

    def look_or_end(*arguments) -> compaction.VersionRows:
        look = next(looks)
        if look is None:
            raise KeyboardInterrupt
        return look(*arguments)

    monkeypatch.setattr(compaction, "version_rows", look_or_end)
    with pytest.raises(KeyboardInterrupt):
        keep_house(root)

    monkeypatch.undo()
    assert contents() == before
    assert files(keep_house(root), "commits")[0] == len(before["commits"])


async def test_between_builds_it_changes_nothing_for_the_next(
    root: Path, tmp_path: Path, differences: Differences
) -> None:
    keep_house(root, keep_days=0, grace_minutes=0)
    lake = Lake.open(root)
    _, snapshot = await Builder(lake).build(tiny(tmp_path, epoch=1))
    assert snapshot is not None
    freeze(lake, snapshot)
    lake.close()
    assert (snapshot.label, snapshot.rows, snapshot.new_rows) == ("tiny@3", 12, 4)
    keep_house(root, keep_days=0, grace_minutes=0)
    assert differences() == []


async def test_during_a_build_it_is_refused_and_the_build_goes_on(
    root: Path, tmp_path: Path, differences: Differences
) -> None:
    lake = Lake.open(root)
    builder = Builder(lake)
    run = builder.begin(tiny(tmp_path, epoch=2))

    with pytest.raises(LeaseHeld, match="at work in it"):
        keep_house(root)

    await builder.sample(run)
    lake.close()
    keep_house(root)
    assert differences() == []


def test_a_lake_that_is_not_there_is_no_reason_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="there is no lake"):
        keep_house(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_the_command_says_what_it_did_and_what_it_would_do(stillroom, answer) -> None:
    would = stillroom("lake", "maintain", "--dry-run")
    assert "versions of the catalogue would be let go" in would.stdout
    did = stillroom("lake", "maintain")
    assert did.exit_code == 0, did.output
    assert "replaced files wait" in did.stdout
    assert "commits" in did.stdout
    told = answer("lake", "maintain", "--keep-days", "0", "--grace-minutes", "0")
    assert {"expired", "tables", "removed", "versions"} <= told.keys()
    assert stillroom("lake", "maintain", "--keep-days", "-1").exit_code == 2
