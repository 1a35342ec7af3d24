"""A backup is a lake: whole, verified, added to, and never worse than the one before it."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stillroom.errors import LakeError, RequestError
from stillroom.lake import Lake
from stillroom.lake import backup as backup_module
from stillroom.lake.backup import BackedUp, back_up
from stillroom.lake.backup_files import Added, add_journals
from stillroom.lake.copies import read_manifest
from stillroom.lake.maintenance import maintain
from stillroom.lake.presence import alone
from stillroom.publication import Snapshot, freeze
from tests.fakes.builds import Builder
from tests.fakes.lakes import attached
from tests.fakes.rows import row
from tests.lake.housekeeping.conftest import At, data_paths, tiny

ROOT = Path(__file__).parents[3]
BACKUP = """
import os, signal, sys
from pathlib import Path
from stillroom.lake import backup, backup_files

moment, root, folder = sys.argv[1], *map(Path, sys.argv[2:])

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

if moment == "before the catalogue":
    backup._put_in_place = die
if moment == "after the catalogue":
    backup.discard_others = die
if moment == "in a file":
    backup_files._linked = lambda source, target: target.write_bytes(source.read_bytes()[:10]) and die()
if moment == "at once":
    backup.copy_catalogue = die
backup.back_up(root, folder, say=lambda line: None)
"""


def save(root: Path, folder: Path) -> BackedUp:
    return back_up(root, folder, say=lambda line: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backup"


@pytest.fixture
def rows(_duckdb):
    """All samples and the labels of all snapshots of a lake."""

    def look(root: Path) -> tuple[list[tuple[object, ...]], ...]:
        with attached(_duckdb, root) as lake:
            return tuple(
                lake.query(sql).rows()
                for sql in ("SELECT * FROM samples t ORDER BY hash(t)", "SELECT key FROM commits ORDER BY key")
            )

    return look


def commit(root: Path, key: str) -> None:
    lake = Lake.open(root)
    lake.commit(key, {"scores": [row("scores", sample_id=key)]}, run_id="later")
    lake.close()


@pytest.fixture
def publish(at: At, tmp_path: Path):
    """Publishes and freezes the next version of a lake, from an epoch of its own."""

    def build(root: Path, epoch: int) -> Snapshot:
        with at(root) as lake:
            builder = Builder(lake)
            builder.client.paid += [one["request_text"] for one in lake.rows("SELECT request_text FROM lake.samples")]
            _, snapshot = asyncio.run(builder.build(tiny(tmp_path, epoch=epoch)))
            assert snapshot is not None
            freeze(lake, snapshot)
        return snapshot

    return build


def versions(root: Path) -> list[str]:
    return sorted(folder.name for folder in (root / "snapshots" / "tiny").iterdir())


def test_a_backup_is_a_lake_of_its_own(root: Path, folder: Path, rows, stillroom, answer) -> None:
    done = save(root, folder)

    assert (done.files, done.linked_files > 0) == (len(data_paths(root)), True)
    assert rows(folder) == rows(root)
    shutil.rmtree(root)
    verified = answer("--lake", str(folder), "verify-snapshot", "tiny@2")
    assert verified["is_intact"]
    asked = answer("--lake", str(folder), "sql", "select count(*) as n from snapshots", "--as-of", "tiny@1")
    assert asked == [{"n": 1}]
    assert list((folder / "journal").rglob("*.jsonl"))
    assert str(folder) in (folder / "duckdb.sql").read_text()


def test_the_next_backup_adds_what_is_new_and_drops_what_is_not_named_any_more(root: Path, folder: Path, rows) -> None:
    first = save(root, folder)
    assert save(root, folder).new_files == 0
    commit(root, "one more")

    done = save(root, folder)

    assert (done.new_files, done.files) == (2, first.files + 2)  # the row's file and its receipt's
    assert rows(folder) == rows(root)
    maintain(root, say=lambda line: None)
    save(root, folder)
    assert rows(folder) == rows(root)
    assert len(data_paths(folder)) < first.files


def test_it_is_made_while_somebody_writes_and_not_while_somebody_keeps_house(root: Path, folder: Path, rows) -> None:
    lake = Lake.open(root)
    save(root, folder)
    lake.close()
    with alone(root, "a test"), pytest.MonkeyPatch.context() as patch:
        patch.setattr("stillroom.lake.presence.WAIT_SECONDS", 0.1)
        with pytest.raises(LakeError, match="in the hands of `a test`"):
            save(root, folder)
    assert rows(folder) == rows(root)


@pytest.mark.parametrize("moment", ["in a file", "before the catalogue", "after the catalogue"])
def test_killed_in_the_middle_the_last_good_backup_stands(root: Path, folder: Path, rows, moment: str) -> None:
    save(root, folder)
    before = rows(folder)
    commit(root, "one more")

    assert killed(moment, root, folder)

    assert rows(folder) == (rows(root) if moment == "after the catalogue" else before)
    save(root, folder)
    assert rows(folder) == rows(root)
    assert not [file for file in folder.rglob("*") if file.name.endswith(".new")]


def test_a_first_backup_that_was_killed_is_gone_on_with(root: Path, folder: Path, rows) -> None:
    for moment in ("at once", "in a file"):
        assert killed(moment, root, folder)
        assert not (folder / "catalogue.sqlite").exists()
    save(root, folder)
    assert rows(folder) == rows(root)


def killed(moment: str, root: Path, folder: Path) -> bool:
    command = [sys.executable, "-c", BACKUP, moment, root, folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return True


def test_where_no_link_can_be_made_files_are_copied(
    root: Path, folder: Path, rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError("another disk")

    monkeypatch.setattr(os, "link", refuse)
    done = save(root, folder)
    assert (done.linked_files, done.new_files > done.files) == (0, True)
    assert rows(folder) == rows(root)


def test_a_folder_that_is_something_else_is_refused(root: Path, folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").touch()
    with pytest.raises(RequestError, match="neither empty nor a backup"):
        save(root, folder)
    assert [file.name for file in folder.iterdir()] == ["thesis.txt"]
    with pytest.raises(RequestError, match="is a file"):
        save(root, folder / "thesis.txt")
    for written in ("{}", "[]", '{"lake": "x", "from": 1, "states": []}'):
        (folder / "backup.json").write_text(written)
        with pytest.raises(RequestError, match="neither empty nor a backup"):
            save(root, folder)
    for nested in (root / "inside", root, root.parent):
        with pytest.raises(RequestError, match="outside of the lake"):
            save(root, nested)


def test_a_backup_of_another_lake_and_one_that_was_written_into_are_refused(
    root: Path, folder: Path, tmp_path: Path
) -> None:
    save(root, folder)
    other = tmp_path / "other"
    Lake.open(other, create=True).close()
    with pytest.raises(RequestError, match=f"the backup of another lake \\({root}\\)"):
        save(other, folder)

    commit(folder, "written into the backup")
    with pytest.raises(RequestError, match="somebody has written into the backup"):
        save(root, folder)


def test_a_lake_that_lacks_a_file_is_not_backed_up_over_a_good_one(root: Path, folder: Path, rows) -> None:
    save(root, folder)
    before = rows(folder)
    next((root / "data" / "main" / "runs").rglob("*.parquet")).unlink()

    with pytest.raises(LakeError, match=r"1 files that are not in .* of the table runs"):
        save(root, folder)

    assert rows(folder) == before


def test_a_version_published_meanwhile_leaves_no_copy_that_another_would_take_for_its_own(
    root: Path, folder: Path, publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_all = backup_module._add_all

    def publish_and_add(*arguments: Any) -> Added:
        publish(root, epoch=2)
        return add_all(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(backup_module, "_add_all", publish_and_add)  # the catalogue has been copied then
        save(root, folder)
    assert (versions(root), versions(folder)) == (["1", "2", "3"], ["1", "2"])

    again = publish(folder, epoch=3)

    assert read_manifest(folder / again.path)["content_hash"] == again.content_hash
    assert again.content_hash != read_manifest(root / again.path)["content_hash"]


def test_a_backup_of_a_lake_that_was_put_back_holds_the_copies_of_its_versions(
    root: Path, folder: Path, publish, tmp_path: Path, stillroom
) -> None:
    earlier = Path(shutil.copytree(root, tmp_path / "earlier"))
    publish(root, epoch=2)
    save(root, folder)
    shutil.rmtree(root)
    shutil.copytree(earlier, root)
    save(root, folder)
    assert versions(folder) == ["1", "2"]
    publish(earlier, epoch=2)
    shutil.rmtree(folder)
    save(earlier, folder)
    again = publish(root, epoch=3)

    save(root, folder)

    assert read_manifest(folder / again.path)["content_hash"] == again.content_hash
    verified = stillroom("--lake", str(folder), "verify-snapshot", again.label)
    assert verified.exit_code == 0, verified.output


def test_the_command_says_how_much_it_holds(root: Path, folder: Path, stillroom, answer) -> None:
    told = stillroom("lake", "backup", str(folder))
    assert told.exit_code == 0, told.output
    assert f"{len(data_paths(root)):,} data files" in told.stdout
    assert answer("lake", "backup", str(folder))["new_files"] == 0


@pytest.mark.parametrize("order", [("tiny-r1", "tiny-r1@1"), ("tiny-r2", "tiny-r1@1")], ids=" to ".join)
def test_journals_that_a_build_sets_aside_meanwhile_are_in_it_under_their_other_names(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, order: tuple[str, str]
) -> None:
    journals = tmp_path / "lake" / "journal"
    before, after = (journals / name / "shard-7.jsonl" for name in order)
    kept = [journals / "tiny-r1" / f"shard-{number}.jsonl" for number in (0, 9)]
    for file in (before, *kept):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"paid for: {file.name}\n", encoding="utf-8")
    copy = shutil.copy2

    def copy_while_a_build_plans(source: Path, target: Path) -> object:
        if before.exists():
            after.parent.mkdir()
            before.rename(after)
        return copy(source, target)

    monkeypatch.setattr(shutil, "copy2", copy_while_a_build_plans)

    add_journals(journals, folder, added := Added())

    found = {str(one.relative_to(folder)): one.read_text(encoding="utf-8") for one in folder.rglob("*.jsonl")}
    assert found == {
        str(one.relative_to(journals)): one.read_text(encoding="utf-8") for one in journals.rglob("*.jsonl")
    }
    assert added.files == 3


def test_journal_that_is_there_and_cannot_be_copied_is_not_passed_over(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = tmp_path / "journal" / "tiny-r1" / "shard-0.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text("paid for\n", encoding="utf-8")

    def gone(*_: object) -> None:
        raise FileNotFoundError(str(folder))

    monkeypatch.setattr(shutil, "copy2", gone)
    with pytest.raises(FileNotFoundError):
        add_journals(tmp_path / "journal", folder, Added())
