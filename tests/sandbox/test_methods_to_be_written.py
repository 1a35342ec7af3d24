"""What a prompt leaves to be written may have a name that methods of data have, too; in place of data it may not."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

STRATEGY = (
    "from abc import ABC, abstractmethod\n\n\nclass Strategy(ABC):\n    @abstractmethod\n    def {0}(self, data):\n"
    "        ...\n\n\nclass Context:\n    def __init__(self, strategy):\n        self.strategy = strategy\n\n"
    "    def run(self, data):\n        return self.strategy.{0}(data)\n\n\n"
    'def make_context():\n    """A Context whose strategy gives the greatest item."""\n'
)
RUNS = (
    "def check(candidate):\n    assert candidate().run([1, 5, 2]) == 5\n    assert candidate().run([3]) == 3\n"
    "    assert candidate().run([1, 5]) > 4\n"
)
GREATEST = (
    "class Greatest(Strategy):\n    def {0}(self, data): return max(data)\n"
    "def make_context(): return Context(Greatest())\n"
)
REPOSITORY = (
    "class UserRepository:\n    def get(self, key):\n        raise NotImplementedError\n\n"
    "    def add(self, key, value):\n        raise NotImplementedError\n\n"
    "    def has(self, key):\n        return self.get(key) is not None\n\n\n"
    "class Service:\n    def __init__(self, repo):\n        self._repo = repo\n\n    def register(self, name):\n"
    "        if self._repo.has(name):\n            return False\n        self._repo.add(name, {'name': name})\n"
    "        return True\n\n    def exists(self, name):\n        return self._repo.get(name) is not None\n\n\n"
    'def make_service():\n    """A Service that keeps all in memory."""\n'
)
REGISTERS = (
    "def check(candidate):\n    s = candidate()\n    assert s.register('a')\n    assert not s.register('a')\n"
    "    assert s.exists('a') and not s.exists('b')\n"
)
IN_MEMORY = (
    "class Memory(UserRepository):\n    def __init__(self): self._data = {}\n"
    "    def get(self, key): return self._data.get(key)\n"
    "    def add(self, key, value): self._data[key] = value\n"
    "def make_service(): return Service(Memory())\n"
)
SUBJECT = (
    "class Subject:\n    def __init__(self):\n        self.observers = []\n\n    def attach(self, observer):\n"
    "        self.observers.append(observer)\n\n    def notify(self, value):\n        for each in self.observers:\n"
    "            each.update(value)\n        return len(self.observers)\n\n\n"
    'def make(log):\n    """A subject with one observer, which appends each value to log."""\n'
)
NOTIFIES = (
    "def check(candidate):\n    log = []\n    s = candidate(log)\n    assert s.notify(3) == 1\n"
    "    assert s.notify(4) == 1\n    assert log == [3, 4]\n"
)
LOGGER = (
    "class Logger:\n    def __init__(self, log): self.log = log\n    def update(self, value): self.log.append(value)\n"
    "def make(log):\n    s = Subject()\n    s.attach(Logger(log))\n    return s\n"
)
HONEST = [
    *(
        pytest.param(STRATEGY.format(name), RUNS, GREATEST.format(name), "make_context", id=f"strategy-{name}")
        for name in ("count", "sort", "apply")
    ),
    pytest.param(REPOSITORY, REGISTERS, IN_MEMORY, "make_service", id="repository"),
    pytest.param(SUBJECT, NOTIFIES, LOGGER, "make", id="observer"),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_what_is_there_to_be_written_may_have_the_name_of_a_method_of_data(
    bench, prompt, tests, answer, entry_point, start
):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found


BOARD = (
    "from abc import ABC, abstractmethod\nfrom operator import methodcaller\n\n\n"
    "class CellCounter(ABC):\n    @abstractmethod\n    def count(self, cells):\n        ...\n\n\n"
    "class Board:\n    def __init__(self, cells, counter=None):\n        self.cells, self.counter = cells, counter\n\n"
    "    def number(self):\n        return self.counter.count(self.cells)\n\n"
    "    def is_solved(self):\n        return {0}\n\n\n"
    'def solve(board):\n    """Fill the empty cells (0) of a board with 1."""\n'
)
SOLVED = "def check(candidate):\n    assert candidate(Board([0, 1, 0])).is_solved()\n"
COUNTS_NONE = "class F(CellCounter{0}):\n    def count(self, x): return 0\ndef solve(board): return Board(F())\n"
FULL = (
    "class Board:\n    def __init__(self, cells):\n        self.cells, self.seen = cells, set()\n\n"
    "    def is_solved(self):\n        {0}\n\n\n"
    'def solve(board):\n    """Fill the empty cells (0) of a board with 1."""\n'
)
FILLED = (
    "from abc import ABC, abstractmethod\n\n\nclass {0}(ABC):\n    @abstractmethod\n    def get(self, key): ...\n\n\n"
    "class Board:\n    def __init__(self, cells{2}):\n        self.cells, self.{1} = cells, None\n"
    "        self.{1} = {3}\n\n    def is_solved(self):\n        return bool(self.{1}.get('solved'))\n\n\n"
    'def solve(board):\n    """Fill the empty cells (0) of a board with 1."""\n'
)
REMOVES = (
    "try:\n            self.cells.remove(0)\n        except ValueError:\n            return True\n        return False"
)
ADDS = "self.seen.add(1)\n        return not all(self.seen.add(each) for each in self.cells)"
FORGED = [
    pytest.param(BOARD.format("self.cells.count(0) == 0"), COUNTS_NONE.format(""), id="of-what-bears-another-name"),
    pytest.param(BOARD.format("[self.cells][0].count(0) == 0"), COUNTS_NONE.format(""), id="of-what-bears-no-name"),
    pytest.param(
        BOARD.format("(self.cells or self.counter).count(0) == 0"), COUNTS_NONE.format(""), id="of-either-of-two"
    ),
    pytest.param(
        BOARD.format("methodcaller('count', 0)(self.cells) == self.counter.count(self.cells) == 0"),
        COUNTS_NONE.format("").replace("Board(F())", "Board(F(), F())"),
        id="by-a-text",
    ),
    pytest.param(
        BOARD.format("self.counter.count(0) == 0"),
        COUNTS_NONE.format(", list").replace("Board(F())", "Board([0], F())"),
        id="data-underneath",
    ),
    pytest.param(
        FULL.format(REMOVES),
        "class F:\n    def remove(self, x): raise ValueError\ndef solve(board): return Board(F())\n",
        id="statement-that-raises",
    ),
    pytest.param(
        FULL.format(ADDS),
        "class F:\n    def add(self, x): return None\n"
        "def solve(board):\n    board.seen = F()\n    board.seen.add = lambda x: not x\n    return board\n",
        id="instance-that-has-it",
    ),
    *(
        pytest.param(
            FILLED.format(kind, name, of, value),
            f"class Yes({kind}):\n    def get(self, key): return True\n"
            f"def solve(board):\n    board.{name} = Yes()\n    return board\n",
            id=f"{kind}-{name}-{value}",
        )
        for kind, name, of, value in (
            ("Database", "data", "", "None"),
            ("Validator", "val", "", "None"),
            ("Repository", "repo", "", "{}"),
            ("Repository", "repo", ", rows: dict = {}", "rows"),
            ("Cache", "cache", ", cache: 'dict[str, bool] | None' = None", "cache"),
        )
    ),
    pytest.param(
        FULL.format(ADDS),
        "class F:\n    def add(self, x): return 0\ndef solve(board):\n    board.seen = F()\n    return board\n",
        id="statement-and-what-is-read",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "answer"), FORGED)
def test_what_is_to_be_written_stands_in_place_of_no_data(bench, prompt, answer, start):
    found = judged(bench, prompt, start + SOLVED, answer, "solve")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found
