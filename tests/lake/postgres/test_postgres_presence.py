"""Writers and housekeeping meet in PostgreSQL, from whatever folder or machine; death and a lost connection free it."""

import json
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from stillroom.errors import LakeError, LeaseHeld
from stillroom.lake import Lake
from stillroom.lake.location import REMEMBERED
from stillroom.lake.presence import alone
from tests.fakes.rows import row
from tests.lake.housekeeping.test_presence import HOUSEKEEPER, WRITER, keep_house, running


@pytest.fixture
def elsewhere(lake_root: Path, tmp_path: Path) -> Path:
    """A folder on another machine, as it were, of the same lake."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(lake_root / REMEMBERED, folder / REMEMBERED)
    return folder


def end_connection(root: Path, purpose: str) -> None:
    """Break off the connections that say they are for this."""
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE %s AND datname = %s"
    with psycopg.connect(json.loads((root / REMEMBERED).read_text())["catalogue"], autocommit=True) as other:
        assert other.execute(ended, [f"%, {purpose}%", other.info.dbname]).fetchall()


def until_free(act: Callable[[], None]) -> None:
    """Do it as soon as PostgreSQL has noticed that a process is gone."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return act()
        except LeaseHeld:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_writer_in_another_folder_is_named_until_it_is_killed(lake_root: Path, elsewhere: Path) -> None:
    with running(WRITER, elsewhere) as writer:
        with pytest.raises(
            LeaseHeld, match=rf"needs the lake in .* at work in it: `-c.*`, process {writer.pid} on .* since 20"
        ):
            keep_house(lake_root)
        writer.send_signal(signal.SIGKILL)
        writer.wait()

        until_free(lambda: keep_house(lake_root))


def test_all_writers_are_named(lake_root: Path, elsewhere: Path) -> None:
    with running(WRITER, elsewhere) as one, running(WRITER, lake_root) as other, pytest.raises(LeaseHeld) as refused:
        keep_house(lake_root)
    assert all(f"process {writer.pid} on" in str(refused.value) for writer in (one, other))


def test_a_writer_is_told_who_keeps_house_and_another_housekeeper_too(
    lake_root: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.lake.presence.WAIT_SECONDS", 0.2)
    with running(HOUSEKEEPER, elsewhere) as housekeeper:
        with pytest.raises(LeaseHeld, match=rf"in the hands of `stillroom.*`, process {housekeeper.pid} on"):
            Lake.open(lake_root)
        with pytest.raises(LeaseHeld, match=rf"process {housekeeper.pid} on"):
            keep_house(lake_root)


def test_an_open_lake_is_a_writer_between_its_commits_and_a_closed_one_is_not(lake_root: Path) -> None:
    lake = Lake.open(lake_root)
    with pytest.raises(LeaseHeld):
        keep_house(lake_root)
    lake.close()
    until_free(lambda: keep_house(lake_root))


def test_a_writer_that_lost_its_connection_comes_in_again_before_it_commits(
    lake_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake.open(lake_root)
    monkeypatch.setattr("stillroom.lake.presence_in_postgres.PAUSE_SECONDS", 0.01)
    lake._presence._wait_seconds = 0.2  # pyright: ignore
    (command,) = {one for one in _purposes(lake_root) if one not in ("writer", "")}
    end_connection(lake_root, command)

    with alone(lake_root, "a test"), pytest.raises(LeaseHeld, match="in the hands of `a test`"):
        lake.commit("k", {"scores": [row("scores", sample_id="a")]}, run_id="r")
    assert lake.commit("k", {"scores": [row("scores", sample_id="a")]}, run_id="r")
    with pytest.raises(LeaseHeld, match="at work in it"):
        keep_house(lake_root)
    lake.close()


def test_housekeeping_that_lost_its_connection_finds_out(lake_root: Path) -> None:
    with alone(lake_root, "a test") as assure:
        assure()
        end_connection(lake_root, "a test")
        with pytest.raises(LakeError, match="the lake is not its own any more"):
            assure()


def _purposes(root: Path) -> set[str]:
    """What the connections of Stillroom to the lake's database say they are for."""
    with psycopg.connect(json.loads((root / REMEMBERED).read_text())["catalogue"], autocommit=True) as other:
        asked = "SELECT application_name FROM pg_stat_activity WHERE datname = %s AND application_name LIKE %s"
        names = other.execute(asked, [other.info.dbname, "stillroom: %"]).fetchall()
    return {str(name).partition(", ")[2] for (name,) in names}
