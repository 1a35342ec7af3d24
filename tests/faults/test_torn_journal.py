"""Journals that are torn after a kill: what they held is owed again, and nothing else is lost or doubled."""

import random
from pathlib import Path

import pytest

from tests.fakes.teacher import teacher_process
from tests.faults.accounts import Accounts
from tests.faults.campaign import IN_FLIGHT, opened, settle
from tests.faults.soak import TEACHER
from tests.integration.workbench import JOURNALLED_SAMPLE, Workbench, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize("seed", [3, 4])
def test_torn_tail_costs_what_it_held_and_nothing_else(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    accounts = Accounts()
    with teacher_process(tmp_path / "ledger", *TEACHER) as teacher:
        bench = Workbench(tmp_path, teacher.url)
        bench.write_recipe(prompts_per_shard=6)
        wanted = chance.randint(4, 10)
        with bench.started_build() as process:
            wait_until(lambda: bench.journalled_samples >= wanted, process)
            process.kill()
            process.communicate()
        settle(teacher)
        with opened(bench.lake) as lake:
            accounts.after_kill(lake, teacher.paid, in_flight=IN_FLIGHT)
        lines = sum(_tear(path, chance) for path in _journals(bench))

        with opened(bench.lake) as lake:
            torn = accounts.after_tear(lake, teacher.paid)
        done = bench.build("--json")

        assert 0 < torn.total() <= lines
        assert done.code == 0, done.err
        assert "damaged lines were passed over" in done.err
        with opened(bench.lake) as lake:
            accounts.at_the_end(lake, teacher.paid)


def _journals(bench: Workbench) -> list[Path]:
    return sorted((bench.lake / "journal").rglob("*.jsonl"))


def _tear(path: Path, chance: random.Random) -> int:
    """Cut a journal somewhere in its last sample, or reply; returns how many lines that touches."""
    content = path.read_bytes()
    if not content:
        return 0
    sample = JOURNALLED_SAMPLE
    begin = content.rfind(sample) if sample in content else content[:-1].rfind(b"\n") + 12
    left = chance.randint(begin, content.find(b"\n", begin) - 1)
    path.write_bytes(content[:left])
    return content[left:].count(b"\n")
