"""Another program holds the catalogue: it is waited for, and nothing stays locked or half written afterwards."""

import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stillroom.errors import LakeError
from stillroom.lake import Lake
from tests.fakes.rows import row

HOLDER = """
import sqlite3, sys
catalogue = sqlite3.connect(sys.argv[1], isolation_level=None)
catalogue.execute(sys.argv[2])
catalogue.execute("SELECT count(*) FROM ducklake_snapshot").fetchall()
print("held", flush=True)
sys.stdin.readline()
"""
READER, WRITER = "BEGIN", "BEGIN EXCLUSIVE"


@pytest.fixture
def lake(lake_root: Path) -> Generator[Lake]:
    """A lake with a DuckDB of its own, which it may close."""
    opened = Lake.open(lake_root)
    yield opened
    opened.close()


@contextmanager
def holding(lake: Lake, how: str) -> Generator[subprocess.Popen[str]]:
    """Another process has the catalogue in a transaction until it is told to end."""
    command = [sys.executable, "-c", HOLDER, str(lake.root / "catalogue.sqlite"), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def commit(lake: Lake, key: str) -> bool:
    return lake.commit(key, {"scores": [row("scores", sample_id=key)]}, run_id="r")


def scores(lake: Lake) -> list[str]:
    return [one["sample_id"] for one in lake.rows("SELECT sample_id FROM lake.scores ORDER BY sample_id")]


def test_program_that_reads_the_catalogue_for_long_holds_no_commit_up(lake: Lake) -> None:
    with holding(lake, READER) as process:
        assert commit(lake, "a")
        assert process.poll() is None, "it read all the while"

    assert scores(lake) == ["a"]


def test_commit_waits_for_a_program_that_writes(lake: Lake) -> None:
    with holding(lake, WRITER) as process:
        threading.Timer(1.5, process.kill).start()

        assert commit(lake, "a")
        assert process.poll() is not None

    assert scores(lake) == ["a"]


def test_catalogue_that_stays_locked_is_named_and_the_lake_works_once_it_is_free(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.lake.patience.PATIENCE_SECONDS", 0.0)
    with holding(lake, WRITER), pytest.raises(LakeError, match=r"kept the lake's catalogue locked(.|\n)* end it"):
        commit(lake, "a")

    assert scores(lake) == []
    assert commit(lake, "b")
    another = Lake.open(lake.root)
    assert scores(another) == scores(lake) == ["b"]
    another.close()
