"""A lake that is put back, whole or with an older catalogue alone, is built on, and pays for what it has not alone."""

import shutil
import signal
from pathlib import Path
from typing import Any

from stillroom.journal import Journal
from stillroom.lake import Lake
from stillroom.lake.backup import back_up
from stillroom.lake.catalogue import copy_catalogue
from stillroom.publication import snapshots
from tests.faults.accounts import Accounts, assert_consistent
from tests.faults.campaign import opened
from tests.faults.killing import IN_FLIGHT, UNDISTURBED, killed, once, paid

STEPS = 5  # a build that finds nothing to do takes four, and one that is killed at its last step would begin for ever


def half_paid(root: Path, folder: Path, accounts: Accounts) -> None:
    """A build that is killed when the one shard is committed and a half of the other is paid for."""
    Lake.open(root, create=True).close()
    assert once(root, folder, "build", steps=30) == -signal.SIGKILL
    with opened(root) as lake:
        accounts.after_kill(lake, paid(folder), in_flight=IN_FLIGHT)
        assert lake.rows("SELECT count(*) AS n FROM lake.samples") == [{"n": 8}]
    assert 8 < len(accounts.known) < 16


def test_a_backup_is_restored_and_built_on_and_pays_for_what_it_had_not(tmp_path: Path) -> None:
    accounts, root, backup = Accounts(), tmp_path / "lake", tmp_path / "backup"
    half_paid(root, tmp_path, accounts)
    back_up(root, backup, say=lambda line: None)
    in_backup = len(accounts.known)
    assert killed(root, tmp_path, "build", steps=UNDISTURBED, look=assert_consistent) == 0
    shutil.rmtree(root)  # the machine burns
    backup.rename(root)
    with opened(root) as lake:
        burnt = accounts.after_tear(lake, paid(tmp_path))
    assert burnt.total() == 16 - in_backup

    def look(lake: Lake) -> None:
        accounts.after_kill(lake, paid(tmp_path), in_flight=IN_FLIGHT)

    kills = killed(root, tmp_path, "build", steps=STEPS, look=look)

    assert kills >= 2
    with opened(root) as lake:
        accounts.at_the_end(lake, paid(tmp_path))
        assert [(one.label, one.rows) for one in snapshots(lake)] == [("tiny@1", 4)]


def test_a_catalogue_that_is_older_than_the_folder_around_it_pays_for_nothing_again(tmp_path: Path) -> None:
    accounts, root, older = Accounts(), tmp_path / "lake", tmp_path / "catalogue.sqlite"
    half_paid(root, tmp_path, accounts)
    copy_catalogue(root, older)  # as a dump of it is taken first, and the files after

    def look(lake: Lake) -> None:
        accounts.after_kill(lake, paid(tmp_path), in_flight=0)

    assert killed(root, tmp_path, "build", steps=UNDISTURBED, look=look) == 0
    for log in ("-wal", "-shm"):
        (root / f"catalogue.sqlite{log}").unlink(missing_ok=True)
    older.replace(root / "catalogue.sqlite")
    before = len(paid(tmp_path))

    kills = killed(root, tmp_path, "build", steps=3, look=look)  # what is left to do takes four: all is paid for

    assert kills >= 1
    assert len(paid(tmp_path)) == before
    with opened(root) as lake:
        accounts.at_the_end(lake, paid(tmp_path))
        assert [(one.label, one.rows) for one in snapshots(lake)] == [("tiny@1", 4)]


def test_a_catalogue_from_before_the_run_pays_for_nothing_that_is_left_of_it(tmp_path: Path) -> None:
    accounts, root, older = Accounts(), tmp_path / "lake", tmp_path / "catalogue.sqlite"
    Lake.open(root, create=True).close()
    copy_catalogue(root, older)
    half_paid(root, tmp_path, accounts)
    for log in ("-wal", "-shm"):
        (root / f"catalogue.sqlite{log}").unlink(missing_ok=True)
    older.replace(root / "catalogue.sqlite")

    def look(lake: Lake) -> None:
        accounts.after_kill(lake, paid(tmp_path), in_flight=IN_FLIGHT)

    kills = killed(root, tmp_path, "build", steps=12, look=look)

    assert kills >= 1
    with opened(root) as lake:
        accounts.at_the_end(lake, paid(tmp_path))
        assert [(one.label, one.rows) for one in snapshots(lake)] == [("tiny@1", 4)]
    looked_at = Journal[dict[str, Any]](root / "journal" / "tiny" / "forgotten.jsonl", dict).read().records
    assert [one["name"] for one in looked_at] == ["tiny-r1@1/shard-0", "tiny-r1@1/shard-1"]
