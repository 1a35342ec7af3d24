"""Where objects of a solution are compared, nothing that it writes into its own reports says that they are equal."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import KEYED, OF_MONEY, STARTS, judged

pytestmark = pytest.mark.docker

TRUE = "b'V\\x01\\0\\0\\0T'"
END = "b'E\\0\\0\\0\\0'"
FORGED = [
    pytest.param(f"def doubled(m):\n    os.write(3, {TRUE} * 9 + {END})\n    os._exit(0)\n", id="and-ends"),
    pytest.param(f"def doubled(m):\n    os.write(3, {TRUE} * 9 + {END})\n    return m\n", id="and-goes-on"),
    pytest.param(
        f"os.write(3, b'L\\0\\0\\0\\0' + {TRUE} * 9 + {END})\nos._exit(0)\ndef doubled(m): pass\n", id="first"
    ),
    pytest.param(
        "import threading, time\ndef late():\n    while True:\n        data = os.pread(3, 1 << 16, 0)\n"
        f"        at = data.find(b'V\\x01\\0\\0\\0F')\n        if at >= 0: os.pwrite(3, {TRUE}, at)\n"
        "threading.Thread(target=late, daemon=True).start()\n"
        "def doubled(m):\n    time.sleep(0.05)\n    return m\n",
        id="over-what-was-written",
    ),
    pytest.param(
        "def doubled(m):\n    if os.fork() == 0:\n        while True:\n"
        f"            at = os.pread(3, 1 << 16, 0).find(b'V\\x01\\0\\0\\0F')\n"
        f"            if at >= 0: os.pwrite(3, {TRUE}, at)\n    return m\n",
        id="by-another-process",
    ),
    pytest.param(
        "def doubled(m):\n    setattr(type(m), 'key', lambda self: 0) if 0 else None\n    t = [type(m)][0]\n"
        "    t.key = lambda self: 0\n    os.ftruncate(3, 5)\n    os.lseek(3, 5, 0)\n    return m\n",
        id="what-is-told-is-cut-off",
    ),
    pytest.param(
        "def doubled(m):\n    t = [type(m)][0]\n    t.key = lambda self: 0\n"
        "    os.ftruncate(3, 5)\n    os.lseek(3, 5, 0)\n    return m\n",
        id="what-was-told-is-cut-off",
    ),
    pytest.param(
        "def doubled(m):\n    t = [type(m)][0]\n    t.key = lambda self: 0\n"
        "    if os.fork() == 0:\n        while True: os.ftruncate(3, 5)\n    return m\n",
        id="what-is-told-is-cut-off-by-another-process",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("answer", FORGED)
def test_what_a_solution_writes_into_its_reports_is_no_pass(bench, answer, start):
    found = judged(bench, KEYED, start + OF_MONEY, f"import os\n{answer}", "doubled")
    assert found.outcome is not Outcome.PASS, found


@pytest.mark.parametrize("start", STARTS)
def test_files_and_processes_of_an_honest_solution_are_no_doubt(bench, start):
    answer = (
        "import os, sys\ndef doubled(m):\n    print('doubled', file=sys.stderr)\n    r, w = os.pipe()\n"
        "    if os.fork() == 0:\n        os.write(w, b'2')\n        os._exit(0)\n    os.wait()\n"
        "    return Money(m.cents * int(os.read(r, 1)))\n"
    )
    found = judged(bench, KEYED, start + OF_MONEY, answer, "doubled")
    assert found.outcome is Outcome.PASS, found
