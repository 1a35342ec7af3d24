"""No program passes without solving its task, and none harms what runs beside it or after it."""

import time

import pytest

from stillroom.records import Outcome
from tests.sandbox.hostile import CALLS, HOSTILE, PROCESS, TOLERANT
from verifiers.sandbox.container import OWN_PROCESSES

pytestmark = pytest.mark.docker

HONEST = "def solve(n):\n    return None if isinstance(n, list) else n * n + 7 * n + 3\n"
FAMILIES = sorted({family for family, _, _ in HOSTILE})
DEADLINE_SECONDS = 0.5
WALL_SECONDS = 2 * DEADLINE_SECONDS + 1
MOST_RUNS = 2  # of one program: by calls, and where a result is no data, in two processes
SLACK_SECONDS = 2.0


OF_OBJECTS = ("equality", "hostile-dunders", "late-answers", "objects", "subclasses")


@pytest.mark.parametrize(
    ("family", "tests"),
    [
        *(pytest.param(family, CALLS, id=f"{family}-calls") for family in FAMILIES),
        *(pytest.param(family, PROCESS, id=f"{family}-process") for family in FAMILIES),
        *(pytest.param(family, TOLERANT, id=f"{family}-tolerant") for family in OF_OBJECTS),
    ],
)
def test_none_of_a_family_passes_and_honest_programs_beside_it_do(bench, family, tests):
    sources = [(name, source) for each, name, source in HOSTILE if each == family]
    rows = [row for _, source in sources for row in ((source, tests), (HONEST, tests))]
    begun = time.perf_counter()
    judgements = bench.judge_all(rows, "solve", timeout_seconds=DEADLINE_SECONDS)
    elapsed = time.perf_counter() - begun  # by the driver's own clock: the sandbox's may be wrong
    hostile = dict(zip([name for name, _ in sources], judgements[::2], strict=True))
    forged = {name: found for name, found in hostile.items() if found.outcome is Outcome.PASS}
    assert not forged
    late = {name: found for name, found in hostile.items() if found.wall_seconds > WALL_SECONDS + SLACK_SECONDS}
    assert not late
    assert elapsed < len(rows) * MOST_RUNS * WALL_SECONDS / bench.executor.slots + SLACK_SECONDS
    assert [found for found in judgements[1::2] if found.outcome is not Outcome.PASS] == []


def test_no_process_survives_its_program(bench):
    spinner = "import os\ndef solve(n):\n    if os.fork() == 0:\n        while True: pass\n    return 0"
    bench.judge_all([(spinner, CALLS)] * 5, "solve", timeout_seconds=DEADLINE_SECONDS)
    container = bench.executor.session_container()
    assert len(container.top()["Processes"]) == OWN_PROCESSES


def test_there_are_at_least_eighty_hostile_programs():
    assert len({name for _, name, _ in HOSTILE}) >= 80
