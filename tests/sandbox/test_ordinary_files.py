"""Test files as people write them: fixtures and factories that give a class's objects, modules of any name."""

# ruff: noqa: E501 - test files in a line: they are data

import pytest

from stillroom.capabilities import find_capability
from stillroom.records import Outcome

pytestmark = pytest.mark.docker

CACHE = """
class LRUCache:
    def __init__(self, size):
        self.size, self.items = size, {}
    def put(self, key, value):
        self.items.pop(key, None)
        self.items[key] = value
        while len(self.items) > self.size:
            del self.items[next(iter(self.items))]
    def get(self, key, default=-1):
        if key in self.items:
            self.items[key] = self.items.pop(key)
        return self.items.get(key, default)
    def __contains__(self, key): return key in self.items
    def __len__(self): return len(self.items)
    def __eq__(self, other): return isinstance(other, LRUCache) and self.items == other.items
"""
WRONG_CACHE = CACHE.replace("> self.size", "> self.size + 1")
USE = (
    "    {0}.put(1, 1)\n    {0}.put(2, 2)\n    {0}.put(3, 3)\n    assert {0}.get(3) == 3\n    assert {0}.get(1) == -1\n"
)
FILES = {
    "fixture": "import pytest\n@pytest.fixture\ndef cache(): return LRUCache(2)\ndef test_it(cache):\n"
    + USE.format("cache"),
    "named fixture": "import pytest\n@pytest.fixture(name='cache')\ndef _made(): return LRUCache(2)\ndef test_it(cache):\n"
    + USE.format("cache"),
    "fixture that yields": "import pytest\n@pytest.fixture\ndef cache():\n    made = LRUCache(2)\n    yield made\n    made.put(9, 9)\n"
    "def test_it(cache):\n" + USE.format("cache"),
    "fixture of a fixture": "import pytest\n@pytest.fixture\ndef empty(): return LRUCache(2)\n@pytest.fixture\n"
    "def cache(empty):\n    empty.put(7, 7)\n    return empty\ndef test_it(cache):\n" + USE.format("cache"),
    "factory": "import random\ndef make(): return LRUCache(2)\ndef test_it():\n    cache = make()\n" + USE.format("cache"),
    "factory through a variable": "import random\ndef make(size=2):\n    made = LRUCache(size)\n    return made\n"
    "def test_it():\n    cache = make()\n" + USE.format("cache"),
    "loop": "import random\ndef test_it():\n    for cache in [LRUCache(2), LRUCache(2)]:\n"
    + USE.format("cache").replace("    ", "        "),
    "list": "import random\ndef test_it():\n    caches = [LRUCache(2) for _ in range(2)]\n" + USE.format("caches[0]"),
    "dict": "import random\ndef test_it():\n    caches = {'a': LRUCache(2)}\n" + USE.format("caches['a']"),
    "set up": "import unittest\nclass T(unittest.TestCase):\n    def setUp(self): self.cache = self.make()\n"
    "    def make(self): return LRUCache(2)\n    def test_it(self):\n" + USE.format("self.cache").replace("    ", "        "),
    "its own equality": "import pytest\n@pytest.fixture\ndef cache(): return LRUCache(2)\ndef test_it(cache):\n"
    "    cache.put(1, 1)\n    assert 1 in cache\n    assert len(cache) == 1\n    assert cache != LRUCache(2)\n" + USE.format("cache"),
    "module of its own name": "from lru_cache import LRUCache\ndef test_it():\n    cache = LRUCache(2)\n" + USE.format("cache"),
    "module in a package": "from app.caches import LRUCache\ndef test_it():\n    cache = LRUCache(2)\n" + USE.format("cache"),
    "main module": "from __main__ import LRUCache\ndef test_it():\n    cache = LRUCache(2)\n" + USE.format("cache"),
}  # fmt: skip


@pytest.mark.parametrize("tests", FILES.values(), ids=FILES)
def test_right_passes_and_wrong_fails(bench, tests):
    right, wrong = bench.judge_all([(CACHE, tests), (WRONG_CACHE, tests)], "LRUCache")
    assert (right.outcome, right.reason) == (Outcome.PASS, ""), right
    assert (wrong.outcome, wrong.reason) == (Outcome.FAIL, "wrong-answer"), wrong


def test_a_function_that_returns_what_is_under_test_makes_no_class_of_it(bench):
    liar = (
        "class L:\n    def __eq__(self, other): return True\n    def get(self, key): return L()\ndef f(x): return L()"
    )
    tests = "import random\ndef make(): return f(2)\ndef test_it():\n    made = make()\n    assert made == [4, 5]\n"
    found = bench.judge(liar, tests, "f")
    assert found.outcome is not Outcome.PASS, found


def test_a_module_that_is_there_is_not_the_solution(bench):
    found = bench.judge("def dumps(x): return '1'", "from json import dumps\nassert dumps(1) == '1'", "dumps")
    assert found.outcome is not Outcome.PASS, found


@pytest.mark.parametrize(
    ("answer", "outcome"), [("self.two(nums, target)", Outcome.PASS), ("[0, 0]", Outcome.FAIL), ("None", Outcome.FAIL)]
)
def test_a_method_of_a_new_object_is_an_entry_point(bench, answer, outcome):
    row = {
        "entry_point": "Solution().twoSum",
        "tests": "def check(candidate):\n    assert candidate(nums=[3, 3], target=6) == [0, 1]\n"
        "    assert candidate([1, 5, 2], 7) == [1, 2]\n",
        "solution": "class Solution:\n    def two(self, nums, target):\n"
        "        pairs = [[i, j] for j in range(len(nums)) for i in range(j) if nums[i] + nums[j] == target]\n"
        f"        return pairs[0]\n    def twoSum(self, nums, target):\n        return {answer}\n",
    }
    submission = find_capability("code").read_submission(row)
    found = bench.judge(submission.answer.text, submission.check.tests, submission.check.entry_point)
    assert found.outcome is outcome, found
