"""Kills builds with SIGKILL at chance moments, looks at what each kill left, and builds on until all is published."""

import random
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

import httpx

from stillroom.lake import Lake
from stillroom.lake.location import locate
from tests.fakes.teacher import TeacherProcess
from tests.faults.accounts import Accounts
from tests.faults.grounds import Ground
from tests.faults.stages import STAGES, last_commit, orphans, stages_at
from tests.integration.workbench import Workbench, finish

IN_FLIGHT = 16  # the workbench's recipe
SETTLING_SECONDS = 0.3
POLL_SECONDS = 0.001
_DUPLICATES = "SELECT count(DISTINCT sample_id) AS n FROM lake.selections WHERE gate = 'prompt-duplicate'"
_TABLES = ("prompts", "samples", "test_strengths", "selections")
"""A file of one of these is the beginning of a commit, and what follows the commit is the next stage."""


@dataclass(slots=True)
class Report:
    """What a campaign did.

    Attributes:
        kills: by the last thing that had been committed when a kill hit.
        stages: how many kills hit each of ``STAGES``; some hit several.
        lost: samples and writing replies that were in flight at a kill, and so are paid for again.
        duplicates: samples that passed and whose prompt asks what another one asks.
    """

    kills: Counter[str] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    most_lost_at_once: int = 0
    published: int = 0
    duplicates: int = 0

    @property
    def missed(self) -> list[str]:
        """Stages that no kill has hit."""
        return [stage for stage in STAGES if not self.stages[stage]]


def campaign(
    bench: Workbench,
    teacher: TeacherProcess,
    ground: Ground,
    *,
    kills: int,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Kill ``kills`` times, then let the last build finish and check the accounts.

    Raises:
        AssertionError: something was lost, doubled, half visible or paid twice.
    """
    chance = random.Random(seed)
    accounts = Accounts()
    report = Report()
    typical_seconds = 20.0
    left_over: set[Path] = set()
    while sum(report.kills.values()) < kills:
        folder = bench.folder / f"worker-{chance.randrange(2)}"  # a worker that takes over works somewhere else
        folder.mkdir(exist_ok=True)
        moment = _moment(chance, bench.lake, teacher, ground, typical_seconds)
        started = time.monotonic()
        with bench.started_build(folder=folder) as process:
            if not moment(process):
                done = finish(process)
                assert done.code == 0, done.err
                typical_seconds = time.monotonic() - started
                report.published += 1
                continue
            process.kill()
            process.communicate()
        settle(teacher)
        lost, last, stages, left_over = _look(bench.lake, accounts, teacher, left_over)
        report.kills[last] += 1
        report.stages.update(stages)
        report.most_lost_at_once = max(report.most_lost_at_once, lost.total())
        hit = ", ".join(sorted(stages))
        say(f"kill {sum(report.kills.values())} of {kills} in {hit}, after {last}: {lost.total()} in flight")
    done = bench.build("--json")
    assert done.code == 0, done.err
    report.published += 1
    report.lost = accounts.lost
    with opened(bench.lake) as lake:
        accounts.at_the_end(lake, teacher.paid)
        report.duplicates = lake.rows(_DUPLICATES)[0]["n"]
    return report


def settle(teacher: TeacherProcess) -> None:
    """Wait until a teacher has noticed that nobody waits for its answers any more, and is paid for no more of them."""
    time.sleep(SETTLING_SECONDS)
    while httpx.get(f"{teacher.url}/control", trust_env=False).raise_for_status().json()["in_flight"]:
        time.sleep(SETTLING_SECONDS)


@contextmanager
def opened(root: Path) -> Generator[Lake]:
    """The lake as a build would open it, also where its creation was cut off."""
    lake = Lake.open(root, create=True)
    try:
        yield lake
    finally:
        lake.close()


def _look(
    root: Path, accounts: Accounts, teacher: TeacherProcess, left_over: set[Path]
) -> tuple[Counter[str], str, set[str], set[Path]]:
    """What was lost, what was committed last, which stages the kill hit, and all files that are left over by now."""
    if not locate(root).exists:
        assert not teacher.paid, "a teacher was paid before there was a lake"
        return Counter(), "nothing", {"seeding"}, left_over
    with opened(root) as lake:
        lost = accounts.after_kill(lake, teacher.paid, in_flight=IN_FLIGHT)
        now = orphans(lake)
        stages = stages_at(lake, lost=lost, was_committing=bool(now - left_over))
        return lost, last_commit(lake), stages, now


def _moment(
    chance: random.Random, root: Path, teacher: TeacherProcess, ground: Ground, typical_seconds: float
) -> Callable[[Popen[str]], bool]:
    """Waits for the moment of a kill; False where the build had ended before."""
    kind = chance.choice(["time", "commit", "commit", "paid", "publication", "table"])
    later = chance.uniform(0, 0.05)
    if kind == "time":
        seconds = chance.uniform(0.5, 1.1 * typical_seconds)
        return lambda process: _until(process, _Clock(seconds), 0)
    if kind == "commit":
        return lambda process: _until(process, _Written(ground.state, chance.randint(1, ground.writes)), later)
    if kind == "paid":
        wanted = _lines(teacher.ledger) + chance.randint(1, 40)
        return lambda process: _until(process, lambda: _lines(teacher.ledger) >= wanted, later)
    if kind == "table":
        table = chance.choice(_TABLES)
        written = _files(ground.data, table)
        return lambda process: _until(process, lambda: _files(ground.data, table) > written, 6 * later)
    there = _published(root)
    return lambda process: _until(process, lambda: _published(root) != there, later)


def _lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def _files(data: Path, table: str) -> int:
    return sum(1 for _ in (data / "main" / table).rglob("*.parquet"))


def _published(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "snapshots").rglob("*"))


def _until(process: Popen[str], is_time: Callable[[], bool], later: float) -> bool:
    while not is_time():
        if process.poll() is not None:
            return False
        time.sleep(POLL_SECONDS)
    time.sleep(later)
    return process.poll() is None


class _Clock:
    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def __call__(self) -> bool:
        return time.monotonic() >= self._end


class _Written:
    """True once a catalogue was seen written to for the ``times``-th time."""

    def __init__(self, state: Callable[[], object], times: int) -> None:
        self._state = state
        self._left = times
        self._was = state()

    def __call__(self) -> bool:
        state = self._state()
        self._left -= state != self._was
        self._was = state
        return self._left <= 0
