"""A build on PostgreSQL whose server fills up, and one whose object storage dies, at any point of any commit."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stillroom.errors import LakeError
from stillroom.lake import Lake
from stillroom.lake.maintenance import maintain
from stillroom.lake.variables import CATALOGUE_VARIABLE, DATA_VARIABLE, JOURNAL_VARIABLE
from stillroom.publication import snapshots
from tests.fakes.broken_wire import BrokenWire
from tests.fakes.disks import database_on_small_disk, fill
from tests.fakes.object_storage import BUCKET, ObjectStorage
from tests.fakes.postgres import PostgresServer
from tests.faults.accounts import Accounts
from tests.faults.dying import build
from tests.faults.test_dying import paid

MORE_BYTES = 128 << 10  # that a full disk is given each time
MOST_FAILURES = 25  # until there is room for a journal, and for each commit
FEWER_THAN = 200  # times that a build may fail so


def failing(lake: Lake, folder: Path, go_on: Callable[[LakeError], None]) -> int:
    """Build as often as it takes; returns how often it failed. In the end nothing was lost, doubled or paid twice.

    What a failed commit had left behind, nothing would remove: it would be found in the end.
    """
    for failures in range(FEWER_THAN):
        try:
            asyncio.run(build(lake, folder))
        except LakeError as error:
            go_on(error)
        else:
            Accounts().at_the_end(lake, paid(folder))
            assert [(one.label, one.rows) for one in snapshots(lake)] == [("tiny@1", 4)]
            return failures
    raise AssertionError("it never ends")


def test_a_server_that_is_full_in_the_middle_of_any_commit_loses_nothing(
    server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(JOURNAL_VARIABLE, "catalogue")
    monkeypatch.setattr("stillroom.lake.patience.PATIENCE_SECONDS", 5.0)  # nobody is to wait for a disk
    with database_on_small_disk(server, "64m") as (database, disk):
        monkeypatch.setenv(CATALOGUE_VARIABLE, database)
        lake = Lake.open(tmp_path / "lake", create=True)
        filler = fill(disk)

        def give_more(error: LakeError) -> None:
            assert "own disk has no space left. Free some" in str(error) or "disk may be full" in str(error), error
            os.truncate(filler, filler.stat().st_size - MORE_BYTES)

        failures = failing(lake, tmp_path, give_more)
        lake.close()

    assert 2 <= failures <= MOST_FAILURES, "what failed leaves the disk as full as it was"


@pytest.mark.usefixtures("keys")
def test_object_storage_that_dies_at_any_object_of_any_commit_loses_nothing(
    storage: ObjectStorage, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = BrokenWire(int(storage.url.rpartition(":")[2]))
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{wire.port}")
    monkeypatch.setenv(CATALOGUE_VARIABLE, database)
    monkeypatch.setenv(DATA_VARIABLE, f"s3://{BUCKET}/{tmp_path.name}")
    lake = Lake.open(tmp_path / "lake", create=True)
    lake._connection.execute("SET http_retries = 0")  # which only takes its time here
    lived_through = 0

    def revive(error: LakeError) -> None:
        nonlocal lived_through
        assert wire.is_dead, error
        lived_through += 7
        wire.lives_through, wire.dies_at = lived_through, b"PUT /"
        wire.revive()

    wire.dies_at = b"PUT /"
    failures = failing(lake, tmp_path, revive)
    lake.close()

    assert failures >= 2
    maintain(tmp_path / "lake", say=lambda line: None, keep_days=0, grace_minutes=0)
    lake = Lake.open(tmp_path / "lake")
    assert lake.missing_files() == []
    lake.close()
    wire.close()
