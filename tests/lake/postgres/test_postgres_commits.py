"""Commits to a catalogue in PostgreSQL: whole and once, whatever becomes of the server or of the wire to it."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import psycopg
import pytest

from stillroom.errors import LakeError
from stillroom.lake import Lake, Row
from stillroom.lake.location import locate
from tests.fakes.broken_wire import BrokenWire
from tests.fakes.postgres import PostgresServer
from tests.fakes.rows import row

ROOT = Path(__file__).parents[3]
WRITER = """
import sys, time
from pathlib import Path
from stillroom.lake import Lake
from tests.fakes.rows import row
name, lake, shared, own = sys.argv[1], Lake.open(Path(sys.argv[2])), int(sys.argv[3]), int(sys.argv[4])
print("ready", flush=True)
sys.stdin.readline()
for number in range(max(shared, own)):
    for key in [f"shared-{number}"] * (number < shared) + [f"{name}-{number}"] * (number < own):
        lake.commit(key, {"scores": [row("scores", sample_id=f"{key}/{part}") for part in range(3)]}, run_id=name)
        print(key, flush=True)
"""


def score(sample_id: str) -> Row:
    return row("scores", sample_id=sample_id)


def scores(lake: Lake) -> list[str]:
    return [one["sample_id"] for one in lake.rows("SELECT sample_id FROM lake.scores ORDER BY sample_id")]


def keys(lake: Lake) -> list[str]:
    return [one["key"] for one in lake.rows("SELECT key FROM lake.commits ORDER BY created_at")]


@pytest.fixture
def wire(server: PostgresServer) -> Iterator[BrokenWire]:
    made = BrokenWire(server.port)
    yield made
    made.close()


class Writers:
    """Processes that commit ``shared`` keys, the same for all, and as many keys of their ``own``."""

    def __init__(self, root: Path, names: list[str], *, shared: int, own: int) -> None:
        self.names, self.shared, self.own = names, shared, own
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, name, str(root), str(shared), str(own)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in names
        ]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.kill()
            with process:
                pass  # which closes its pipes

    def start(self) -> None:
        for process in self.processes:
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline() == "ready\n", process.stderr and process.stderr.read()
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()

    def join(self) -> list[str]:
        """What they said on stderr and how they ended, where it was not well."""
        done = [(process.communicate(timeout=200), process.returncode) for process in self.processes]
        return [f"{code}: {error}" for (_, error), code in done if code or error]

    def expected(self) -> list[str]:
        own = [f"{name}-{number}" for name in self.names for number in range(self.own)]
        return sorted([*own, *(f"shared-{number}" for number in range(self.shared))])


def holds_exactly(lake: Lake, expected: list[str]) -> None:
    found = keys(lake)
    assert sorted(found) == expected
    assert scores(lake) == sorted(f"{key}/{part}" for key in expected for part in range(3))
    times = lake.rows("SELECT created_at FROM lake.commits ORDER BY created_at")
    assert len({one["created_at"] for one in times}) == len(expected)
    in_catalogue = lake.rows(
        "SELECT commit_message AS key FROM ducklake_snapshots('lake') "
        "WHERE commit_message IS NOT NULL ORDER BY snapshot_id"
    )
    assert [one["key"] for one in in_catalogue] == found, "created_at follows the order of commits"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_eight_processes_with_the_same_keys_lose_and_double_nothing(lake_root: Path, lake: Lake) -> None:
    with Writers(lake_root, [f"p{number}" for number in range(8)], shared=25, own=3) as writers:
        assert writers.join() == []

    holds_exactly(lake, writers.expected())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_writers_leave_whole_commits_and_the_rest_to_others(lake_root: Path, lake: Lake) -> None:
    names = ["a", "b", "c"]
    with Writers(lake_root, names, shared=10, own=10) as writers:
        for process in writers.processes[:2]:
            assert process.stdout is not None
            for _ in range(5):
                process.stdout.readline()
            process.kill()
        assert writers.join()[2:] == []

    with Writers(lake_root, names[:2], shared=10, own=10) as again:
        assert again.join() == []

    holds_exactly(lake, writers.expected())


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("crashes", [False, True], ids=["restart", "crash"])
def test_server_that_ends_amid_commits_is_waited_for(
    server: PostgresServer, lake_root: Path, lake: Lake, crashes: bool
) -> None:
    with Writers(lake_root, ["a", "b", "c"], shared=8, own=8) as writers:
        for _ in range(2):
            time.sleep(0.7)
            server.stop(crashes=crashes)
            time.sleep(0.3)
            server.start()

        assert writers.join() == []

    holds_exactly(lake, writers.expected())


def test_commit_whose_answer_is_lost_keeps_its_rows_and_is_not_done_again(
    wire: BrokenWire, new_root: Callable[[int], Path]
) -> None:
    lake = Lake.open(new_root(wire.port))
    lake.commit("before", {"scores": [score("before")]}, run_id="r")
    wire.breaks_at = b"COMMIT"

    assert lake.commit("k", {"scores": [score("a")]}, run_id="r"), "it was this commit that wrote the key"

    assert wire.broken == 1
    assert scores(lake) == ["a", "before"]
    assert keys(lake) == ["before", "k"]
    lake.close()


def test_connection_that_is_lost_before_the_commit_is_made_again(
    wire: BrokenWire, new_root: Callable[[int], Path]
) -> None:
    lake = Lake.open(new_root(wire.port))
    for number, statement in enumerate((b"pg_advisory_lock", b"INSERT INTO", b"pg_advisory_unlock")):
        wire.breaks_at = statement
        assert lake.commit(f"k{number}", {"scores": [score(f"{number}")]}, run_id="r")

    assert wire.broken == 3
    assert scores(lake) == ["0", "1", "2"]
    lake.close()


def test_whoever_was_overtaken_begins_again_and_sees_what_overtook_it(lake: Lake, lake_root: Path) -> None:
    other = Lake.open(lake_root)
    seen: list[int] = []

    def numbered() -> dict[str, list[Row]]:
        seen.append(lake.rows("SELECT count(*) AS n FROM lake.scores")[0]["n"])
        if len(seen) == 1:  # somebody who does not wait for a turn
            other.query("INSERT INTO lake.scores (sample_id) VALUES ('overtakes')")
        return {"scores": [score(f"number {seen[-1]}")]}

    assert lake.commit("k", numbered, run_id="r")

    assert seen == [0, 1]
    assert scores(lake) == ["number 1", "overtakes"]
    other.close()


def test_commit_waits_for_its_turn_and_says_who_has_it(
    lake: Lake, lake_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.lake.postgres.LOCK_SECONDS", 1.0)
    other = Lake.open(lake_root)
    began, done = threading.Event(), threading.Event()

    def slow() -> dict[str, list[Row]]:
        began.set()
        done.wait(60)
        return {"scores": [score("slow")]}

    holding = threading.Thread(target=lambda: lake.commit("slow", slow, run_id="r"))
    holding.start()
    began.wait(60)

    with pytest.raises(LakeError, match=r"process \d+ on .* has held the lake's write lock for 1 s"):
        other.commit("k", {"scores": [score("k")]}, run_id="r")

    done.set()
    holding.join()
    assert other.commit("k", {"scores": [score("k")]}, run_id="r")
    assert scores(lake) == ["k", "slow"]
    other.close()


def test_server_that_stays_away_is_named_and_the_lake_works_once_it_is_back(
    server: PostgresServer, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stop()
    try:
        with monkeypatch.context() as hurried:
            hurried.setattr("stillroom.lake.patience.PATIENCE_SECONDS", 0.0)
            with pytest.raises(
                LakeError, match=r"has not taken a commit for 0 s. See whether the server runs(.|\n)*last attempt: ."
            ):
                lake.commit("k", {"scores": [score("k")]}, run_id="r")
    finally:
        server.start()

    assert lake.commit("k", {"scores": [score("k")]}, run_id="r")
    assert scores(lake) == ["k"]


def test_row_that_does_not_fit_is_refused_at_once_and_leaves_no_file(lake: Lake) -> None:
    before = sorted((lake.root / "data").rglob("*.parquet"))
    with pytest.raises(LakeError, match="a row does not fit its table"):
        lake.commit("k", {"scores": [score("a")], "shards": [row("shards", position="third")]}, run_id="r")

    assert scores(lake) == []
    assert sorted((lake.root / "data").rglob("*.parquet")) == before


def test_writers_find_the_server_full_only_for_a_while(
    server: PostgresServer, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = str(locate(lake.root).catalogue)
    held: list[psycopg.Connection] = []

    def fill() -> None:
        while True:
            held.append(psycopg.connect(database))

    with pytest.raises(psycopg.OperationalError, match=r"too many clients|connection slots"):
        fill()
    threading.Timer(1.0, lambda: [one.close() for one in held]).start()

    assert lake.commit("k", {"scores": [score("k")]}, run_id="r")
