"""What a person writes as tests is judged as they meant it, in calls and in a process of its own."""

# ruff: noqa: E501 - a program a line: they are data

import gzip
import json
import os
from pathlib import Path

import pytest

from stillroom.capabilities.python_code.given_code import with_given_code
from stillroom.records import Answer, Check, Outcome
from verifiers.plan import Converted, convert
from verifiers.python_tests import PythonTests

pytestmark = pytest.mark.docker

STACK = """
class Empty(Exception): pass
class Stack:
    def __init__(self, items=()): self.items = list(items)
    def push(self, item): self.items.append(item); return self
    def pop(self):
        if not self.items: raise Empty("empty")
        return self.items.pop()
    def __len__(self): return len(self.items)
    def __eq__(self, other): return isinstance(other, Stack) and self.items == other.items
    def __repr__(self): return f"Stack({self.items})"
"""
IN_PROCESS = "import random\n"  # tests that import more than math run in a process of their own

PASSES = [
    pytest.param("def f(x): return x * 2", "assert f(2) == 4", id="plain"),
    pytest.param("def f(x): x.sort()", "x = [3, 1]\nf(x)\nassert x == [1, 3]", id="in-place"),
    pytest.param("def f(x):\n    x.sort()\n    return x", "x = [3, 1]\nassert [v + 1 for v in f(x)] == [2, 4]\nassert x == [1, 3]", id="in-place-in-comprehension"),
    pytest.param("def f(): return {1: (2, {3}), 'a': b'x', 2j: frozenset()}",
                 "assert f() == {1: (2, {3}), 'a': b'x', 2j: frozenset()}", id="kinds"),
    pytest.param("def f(): return float('nan')", "assert f() != f()", id="nan"),
    pytest.param("def f(): return 7 ** 3000", "assert f() == 7 ** 3000", id="big-int"),
    pytest.param("def f(n): return (i for i in range(n))", "assert list(f(3)) == [0, 1, 2]", id="generator"),
    pytest.param("from collections import Counter\ndef f(x): return Counter(x)", "assert f('aab') == {'a': 2, 'b': 1}", id="counter"),
    pytest.param("def f(x): raise KeyError(x)", "try:\n    f(1)\n    assert False\nexcept LookupError:\n    pass", id="raises-base"),
    pytest.param("def f(x): raise ValueError('no')", "import pytest\nwith pytest.raises(ValueError, match='no'):\n    f(1)", id="raises-match"),
    pytest.param(STACK, "s = Stack()\ns.push(1)\ns.push(2)\nassert len(s) == 2\nassert s.pop() == 2", id="class"),
    pytest.param(STACK, "assert Stack([1]) == Stack([1])\nassert Stack([1]) != Stack([2])\nassert str(Stack([1])) == 'Stack([1])'", id="class-operators"),
    pytest.param(STACK, "import pytest\nwith pytest.raises(Empty):\n    Stack().pop()", id="own-exception"),
    pytest.param("from collections import OrderedDict\nclass LRU(OrderedDict):\n    def put(self, k, v): self[k] = v\n",
                 "c = LRU()\nc.put(1, 2)\nassert c[1] == 2\nassert 1 in c", id="class-of-dict"),
    pytest.param("def f(g, x): return [g(each) for each in x]", "assert f(lambda v: v + 1, [1, 2]) == [2, 3]", id="callback"),
    pytest.param("def f(node):\n    out = []\n    while node:\n        out.append(node.val); node = node.next\n    return out",
                 "class Node:\n    def __init__(self, val, next=None): self.val, self.next = val, next\nassert f(Node(1, Node(2))) == [1, 2]", id="tests-own-class"),
    pytest.param("def f(head):\n    last = None\n    while head: head.next, last, head = last, head, head.next\n    return last",
                 "class Node:\n    def __init__(self, val, next=None): self.val, self.next = val, next\nr = f(Node(1, Node(2)))\nassert r.val == 2 and r.next.val == 1 and r.next.next is None", id="linked-list"),
    pytest.param("from fractions import Fraction\ndef f(a): return Fraction(a, 3)", "from fractions import Fraction\nassert f(2) == Fraction(2, 3)", id="fraction"),
    pytest.param("import datetime\ndef f(): return datetime.date(2024, 1, 2)", "import datetime\nassert f() == datetime.date(2024, 1, 2)", id="date"),
    pytest.param("from collections import deque\ndef f(): return deque([1])", "from collections import deque\nassert f() == deque([1])", id="deque"),
    pytest.param("from typing import NamedTuple\nclass P(NamedTuple):\n    x: int\ndef f(): return P(3)", "assert f().x == 3\nassert f() == (3,)", id="named-tuple"),
    pytest.param("def f(x): return x + 1", "import unittest\nclass T(unittest.TestCase):\n    def test_f(self): self.assertEqual(f(1), 2)\nif __name__ == '__main__':\n    unittest.main()", id="unittest"),
    pytest.param("def f(x): return x + 1", "import pytest\n@pytest.mark.parametrize('a,b', [(1, 2), (2, 3)])\ndef test_f(a, b):\n    assert f(a) == b", id="parametrize"),
    pytest.param("async def f(x): return x + 1", "import asyncio\nassert asyncio.run(f(1)) == 2", id="async"),
    pytest.param("def f(x): x.add(3)", IN_PROCESS + "x = {1}\nf(x)\nassert x == {1, 3}", id="in-place-process"),
    pytest.param("def f(x): x += b'!'", IN_PROCESS + "x = bytearray(b'a')\nf(x)\nassert x == bytearray(b'a!')", id="in-place-bytearray"),
    pytest.param("def f(x): x.sort()", "import datetime\nx = [datetime.date(2024, 1, 2), datetime.date(2023, 1, 1)]\nf(x)\nassert [d.year for d in x] == [2023, 2024]", id="in-place-dates"),
    pytest.param("def f(x):\n    for k in x: x[k] += 1", "from fractions import Fraction\nx = {'a': Fraction(1, 2)}\nf(x)\nassert x == {'a': Fraction(3, 2)}", id="in-place-fractions"),
    pytest.param("def f(x): return x", "from solution import f\nassert f(1) == 1", id="import-solution"),
    pytest.param("import sys\nsys.setrecursionlimit(10**6)\ndef f(n): return 0 if n == 0 else 1 + f(n - 1)", "assert f(20000) == 20000", id="deep-recursion"),
    pytest.param("print('noise')\nif __name__ == '__main__':\n    raise SystemExit(1)\ndef f(): print('x'); return 1", "assert f() == 1", id="main-block"),
    pytest.param("print(sum(map(int, open('/dev/stdin').read().split())))", '[{"stdin": "1 2", "stdout": "3"}, {"stdin": "", "stdout": "0\\n"}]', id="dev-stdin"),
    pytest.param("import sys\nprint(sum(map(int, sys.stdin.read().split())))", '[{"stdin": "1 2", "stdout": "3"}, {"stdin": "", "stdout": "0\\n"}]', id="stdin-stdout"),
    pytest.param("print('y')\nexit()", '{"stdin": "", "stdout": "y"}', id="exit"),
    pytest.param("print('y')\nquit(0)\nprint('n')", '{"stdin": "", "stdout": "y"}', id="quit"),
    pytest.param("import os\nprint('y', flush=True)\nos._exit(0)", '{"stdin": "", "stdout": "y"}', id="exit-at-once"),
    pytest.param("def f(x): return x", "try:\n    from solution import g\nexcept ImportError:\n    g = None\nimport solution\nassert not hasattr(solution, 'h')\nassert g or solution.f(1) == 1", id="looks-for-a-name"),
    pytest.param("def f(s, i): return i", "s = 'ab' * 500000\nfor i in range(100):\n    assert f(s, i) == i", id="arguments-of-100-megabytes"),
]  # fmt: skip

FAILS = [
    pytest.param("def f(x): return x", "assert f(2) == 4", "wrong-answer", id="wrong"),
    pytest.param("def f(x): return x", IN_PROCESS + "assert f(2) == 4", "wrong-answer", id="wrong-process"),
    pytest.param("def f(x): x = x + b'!'", IN_PROCESS + "x = bytearray(b'a')\nf(x)\nassert x == bytearray(b'a!')", "wrong-answer", id="in-place-not"),
    pytest.param("def f(x): return 1 / 0", "assert f(2) == 4", "exception:ZeroDivisionError", id="exception"),
    pytest.param("def f(x): return 1 / 0", IN_PROCESS + "assert f(2) == 4", "exception:ZeroDivisionError", id="exception-process"),
    pytest.param("def f(x):\n    while True: pass", "assert f(2) == 4", "timeout", id="timeout"),
    pytest.param("def f(x):\n    while True: pass", IN_PROCESS + "assert f(2) == 4", "timeout", id="timeout-process"),
    pytest.param("def f(x): return bytearray(10**10)", "assert f(2) == 4", "memory", id="memory"),
    pytest.param("def f(x):\n    while True: print('x' * 10**6)", "assert f(2) == 4", "output-limit", id="output"),
    pytest.param("def f(x) return x", "assert f(2) == 4", "syntax", id="syntax"),
    pytest.param("def f(x): return '\ud800'.encode() or \ud800", "assert f(2) == 4", "syntax", id="not-utf-8"),
    pytest.param("def g(x): return x", "assert f(2) == 4", "harness:wrong-name", id="wrong-name"),
    pytest.param("def g(x): return x", IN_PROCESS + "assert f(2) == 4", "harness:wrong-name", id="wrong-name-process"),
    pytest.param("def g(x): return x", IN_PROCESS + "def check(candidate): assert candidate(2) == 4", "harness:wrong-name", id="wrong-name-check"),
    pytest.param("def g(x): return x", IN_PROCESS + "from solution import f\nassert f(2) == 4", "harness:wrong-name", id="wrong-name-import"),
    pytest.param("def g(x): return x", IN_PROCESS + "import solution\ndef test_f(): assert solution.f(2) == 4", "harness:wrong-name", id="wrong-name-module"),
    pytest.param("def f(x: List[int]): return x", "assert f(2) == 4", "harness:missing-import", id="missing-import"),
    pytest.param("def f(x): return math.sqrt(x)", "assert f(4) == 2", "harness:missing-import", id="missing-module"),
    pytest.param("def f(x): return y", "assert f(4) == 2", "exception:NameError", id="undefined"),
    pytest.param("   ", "assert f(4) == 2", "harness:no-code", id="no-code"),
    pytest.param("x = 1\n" * 2_000_000, "assert f(4) == 2", "source-limit", id="ten-megabytes"),
    pytest.param("def f(x): return 4", "import pytest\nwith pytest.raises(ValueError):\n    f(1)", "wrong-answer", id="nothing-raised"),
    pytest.param("import sys\nprint('x')", '{"stdin": "", "stdout": "y"}', "wrong-answer", id="stdout"),
    pytest.param("import os\nprint('x', flush=True)\nos._exit(0)", '{"stdin": "", "stdout": "y"}', "wrong-answer", id="exit-at-once"),
    pytest.param("import os\nprint('y', flush=True)\nos._exit(3)", '{"stdin": "", "stdout": "y"}', "exception:SystemExit", id="exit-at-once-with-a-status"),
    pytest.param("import sys\nprint('y'); sys.exit(3)", '{"stdin": "", "stdout": "y"}', "exception:SystemExit", id="exit-status"),
    pytest.param("print('y'); exit(3)", '{"stdin": "", "stdout": "y"}', "exception:SystemExit", id="exit-with-a-status"),
    pytest.param("print('y'); quit('no')", '{"stdin": "", "stdout": "y"}', "exception:SystemExit", id="quit-with-a-text"),
    pytest.param("def f(x): exit(0)", "assert f(2) == 4", "exception:SystemExit", id="exit-in-a-function"),
    pytest.param("def f(): return 'x' * (20 << 20)", IN_PROCESS + "assert f() == 'y'", "output-limit", id="result-of-20-megabytes"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "tests"), PASSES)
def test_right_solutions_pass(bench, source, tests):
    found = bench.judge(source, tests, "f")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize(("source", "tests", "reason"), FAILS)
def test_wrong_solutions_fail_with_a_reason_that_groups(bench, source, tests, reason):
    found = bench.judge(source, tests, "f", timeout_seconds=0.7)
    assert (found.outcome, found.reason) == (Outcome.FAIL, reason), found


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        pytest.param("assert f(", "tests:syntax", id="syntax"),
        pytest.param("f(1)", "tests:no-assert", id="no-assert"),
        pytest.param("import numpy as np\nassert f(np.array([1])) == 1", "tests:unusable", id="missing-module"),
        pytest.param("import random\nundefined_thing = 1 / 0\nassert f(1)", "tests:unusable", id="broken"),
        pytest.param('[{"stdin": 3}]', "tests:unusable", id="bad-pairs"),
        pytest.param('[{"stdin": "\\ud800", "stdout": ""}]', "tests:unusable", id="stdin-that-is-no-utf-8"),
        pytest.param('[{"stdin": "", "stdout": "\\ud800"}]', "tests:unusable", id="stdout-that-is-no-utf-8"),
        pytest.param("x = []\nfor i in range(2500):\n    x = [x]\nassert f(x) == 1", "tests:undecided", id="nested"),
        pytest.param("import random\nwhile True: pass\nassert f(1)", "tests:timeout", id="endless"),
    ],
)
def test_unusable_tests_abstain(bench, tests, reason):
    found = bench.judge("def f(x): return x", tests, "f", timeout_seconds=0.7)
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, reason), found


def test_a_check_without_the_name_that_it_is_for_abstains(bench):
    found = bench.judge("def f(x): return x", IN_PROCESS + "def check(candidate): assert candidate(1) == 1")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:unusable"), found


def test_a_row_that_no_process_can_be_given_leaves_the_others_alone(bench):
    stdin = '[{"stdin": "%s", "stdout": "x"}]' % ("a" * (3 << 20))
    deep = "x = []\nfor i in range(2500):\n    x = [x]\nassert f(x) == 1"
    rows = [("def f(x): return x", deep), ("print('x')", stdin), ("def f(x): return x", "assert f(1) == 1")] * 3
    found = bench.judge_all(rows, "f")
    assert [each.outcome.value for each in found] == ["abstain", "pass", "pass"] * 3
    assert bench.executor.replaced == 0


def test_what_cannot_be_judged_on_its_content_fails_with_that_reason(bench):
    verifier = PythonTests(bench.executor)
    found = bench.run(verifier.judge(Check(tests="assert f(1)"), Answer(text="", problem="truncated")))
    assert (found.outcome, found.reason) == (Outcome.FAIL, "truncated")


def _human_eval() -> list[dict[str, str]]:
    folder = Path(os.environ.get("STILLROOM_REFERENCE", Path(__file__).parents[2] / "../shared/reference"))
    file = folder / "human_eval" / "HumanEval.jsonl.gz"
    if not file.exists():
        pytest.skip(f"no {file}")
    with gzip.open(file, "rt") as lines:
        return [json.loads(line) for line in lines]


def _judged(bench, problems, sources):
    verifier = PythonTests(bench.executor)

    async def judge():
        import asyncio

        checks = [
            Check(
                tests=with_given_code(each["test"], each["prompt"], each["entry_point"]),
                entry_point=each["entry_point"],
            )
            for each in problems
        ]
        answers = [Answer(text=source) for source in sources]
        return await asyncio.gather(*map(verifier.judge, checks, answers))

    return bench.run(judge())


def test_all_canonical_solutions_of_human_eval_pass_and_no_stub_does(bench):
    problems = _human_eval()
    canonical = _judged(bench, problems, [each["prompt"] + each["canonical_solution"] for each in problems])
    assert [found.outcome for found in canonical].count(Outcome.PASS) == 164
    stubs = _judged(bench, problems, [each["prompt"] + "    return None\n" for each in problems])
    assert [found.outcome for found in stubs].count(Outcome.FAIL) == 164


def test_most_of_human_eval_converts_to_calls():
    problems = _human_eval()
    converted = sum(isinstance(convert(each["test"], each["entry_point"]), Converted) for each in problems)
    assert converted >= 155


@pytest.mark.parametrize(("letter", "count"), [("a", 4 << 20), ("\u00e9", 2_200_000)])
def test_pair_may_expect_more_than_programs_may_write_elsewhere(bench, letter, count):
    pair = json.dumps([{"stdin": "", "stdout": letter * count}])
    right = bench.judge(f"print({letter!r} * {count})", pair)
    longer = bench.judge(f"print({letter!r} * {count + 10_000})", pair)
    assert (right.outcome, right.reason) == (Outcome.PASS, "")
    assert longer.outcome is Outcome.FAIL
