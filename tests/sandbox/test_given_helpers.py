"""A helper that a task's prompt defines is the tests' own, whatever an answer defines under its name."""

import json

import pytest

from stillroom.capabilities import find_capability
from stillroom.records import Outcome
from verifiers.python_tests import PythonTests

pytestmark = pytest.mark.docker

ZERO = {
    "prompt": (
        "import math\n\n\ndef poly(xs, x):\n    return sum([c * math.pow(x, i) for i, c in enumerate(xs)])\n"
        '\n\ndef find_zero(xs: list):\n    """Find a zero of ``poly(xs, .)``."""\n'
    ),
    "entry_point": "find_zero",
    "test": (
        "import math\ndef check(candidate):\n    for coeffs in ([1, 2], [-6, 11, -6, 1]):\n"
        "        solution = candidate(list(coeffs))\n        assert math.fabs(poly(coeffs, solution)) < 1e-4\n"
    ),
}
CYCLE = {
    "prompt": (
        "def encode_cyclic(s: str):\n    return s[1:] + s[:1]\n\n\ndef decode_cyclic(s: str):\n"
        '    """Undo ``encode_cyclic``."""\n'
    ),
    "entry_point": "decode_cyclic",
    "test": (
        "def check(candidate):\n    from random import randint\n    for _ in range(5):\n"
        "        s = ''.join(chr(ord('a') + randint(0, 25)) for i in range(9))\n"
        "        assert candidate(encode_cyclic(s)) == s\n"
    ),
}
MORSE = {
    "prompt": (
        'CODE = {"a": ".-", "b": "-...", "c": "-.-."}\n\n\ndef encode(text):\n'
        '    return " ".join(CODE[each] for each in text)\n\n\ndef decode(text):\n    """Undo ``encode``."""\n'
    ),
    "entry_point": "decode",
    "test": (
        "def check(candidate):\n    for text in ('a', 'abc', 'cab'):\n        assert candidate(encode(text)) == text\n"
    ),
}
FENCED = {**MORSE, "prompt": f"Complete the code below.\n\n```python\n{MORSE['prompt']}```\n"}
POINT = {
    "prompt": (
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Point:\n    x: int\n    y: int\n\n\n"
        'def move(p: Point) -> Point:\n    """Move a point one to the right and two up."""\n'
    ),
    "entry_point": "move",
    "test": "def check(candidate):\n    assert candidate(Point(1, 2)) == Point(2, 4)\n",
}
FENCED_POINT = {**POINT, "prompt": f"Complete the code below.\n\n```python\n{POINT['prompt']}```\n"}
STREAM = {
    "prompt": 'import io\n\nLOG = io.StringIO()\n\n\ndef log(text):\n    """Write a line to ``LOG``."""\n',
    "entry_point": "log",
    "test": "def check(candidate):\n    candidate('a')\n    assert LOG.getvalue() == 'a\\n'\n",
}
RIGHT_MORSE = """
CODE = {"a": ".-", "b": "-...", "c": "-.-."}
def decode(text):
    back = {value: key for key, value in CODE.items()}
    return "".join(back[each] for each in text.split())
"""
RIGHT_MOVE = "def move(p):\n    return Point(p.x + 1, p.y + 2)\n"
RIGHT_ZERO = """
def find_zero(xs: list):
    low, high = -1.0, 1.0
    while poly(xs, low) * poly(xs, high) > 0:
        low, high = low * 2, high * 2
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (low, middle) if poly(xs, middle) * poly(xs, low) <= 0 else (middle, high)
    return low
"""
RIGHT_CYCLE = "def decode_cyclic(s: str):\n    return s[-1:] + s[:-1]\n"


def judged(bench, row, answer):
    submission = find_capability("code").read_submission({**row, "completion": answer})
    verifier = PythonTests(bench.executor, timeout_seconds=2.0)
    return bench.run(verifier.judge(submission.check, submission.answer))


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        pytest.param(ZERO, "def poly(xs, x): return 0.0\ndef find_zero(xs): return 7\n", id="poly-is-nought"),
        pytest.param(
            ZERO,
            "def find_zero(xs):\n    global poly\n    poly = lambda xs, x: 0.0\n    return 7\n",
            id="poly-replaced-later",
        ),
        pytest.param(
            ZERO, "import math\nmath.pow = lambda x, i: 0.0\ndef find_zero(xs): return 7\n", id="pow-is-nought"
        ),
        pytest.param(ZERO, "import builtins\nbuiltins.sum = lambda xs: 0.0\ndef find_zero(xs): return 7\n", id="sum"),
        pytest.param(
            CYCLE, "def encode_cyclic(s): return s\ndef decode_cyclic(s): return s\n", id="both-are-the-identity"
        ),
        pytest.param(
            CYCLE,
            "kept = []\ndef encode_cyclic(s):\n    kept.append(s)\n    return s\ndef decode_cyclic(s): return kept[-1]",
            id="what-was-told",
        ),
        pytest.param(MORSE, "def encode(text): return text\ndef decode(text): return text\n", id="by-a-table"),
        pytest.param(
            MORSE,
            "CODE = {each: each for each in 'abc'}\ndef decode(text): return text.replace(' ', '')\n",
            id="another-table",
        ),
        pytest.param(
            MORSE,
            "for each in 'abc': CODE[each] = each\ndef encode(text): return text\ndef decode(text): return text\n",
            id="a-table-that-is-written-to",
        ),
        pytest.param(FENCED, "def encode(text): return text\ndef decode(text): return text\n", id="of-a-fenced-prompt"),
        pytest.param(
            POINT,
            POINT["prompt"].partition("def")[0] + "    def __eq__(self, other): return True\ndef move(p): return p\n",
            id="a-class",
        ),
        pytest.param(
            POINT,
            "class Same:\n    def __eq__(self, other): return True\ndef move(p): return Same()\n",
            id="equal-to-all",
        ),
        pytest.param(
            CYCLE, "class encode_cyclic(str): pass\ndef decode_cyclic(s): return s\n", id="a-class-in-its-place"
        ),
    ],
)
def test_an_answer_does_not_replace_what_the_tests_use(bench, row, answer):
    fenced = judged(bench, row, f"```python\n{answer}```")
    found = judged(bench, row, answer)
    assert Outcome.PASS not in (fenced.outcome, found.outcome), (fenced, found)


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        pytest.param(ZERO, RIGHT_ZERO, id="zero"),
        pytest.param(ZERO, f"```python\n{ZERO['prompt']}    pass\n{RIGHT_ZERO}```", id="zero-with-the-whole-prompt"),
        pytest.param(CYCLE, RIGHT_CYCLE, id="cycle"),
        pytest.param(MORSE, RIGHT_MORSE, id="table"),
        pytest.param(FENCED, f"```python\n{RIGHT_MORSE}```", id="of-a-fenced-prompt"),
        pytest.param(POINT, RIGHT_MOVE, id="class"),
        pytest.param(POINT, f"```python\n{POINT['prompt']}    pass\n{RIGHT_MOVE}```", id="class-with-the-whole-prompt"),
        pytest.param(CYCLE, f"```python\n{RIGHT_CYCLE}```", id="cycle-fenced"),
        pytest.param(FENCED_POINT, f"```python\n{RIGHT_MOVE}```", id="class-of-a-fenced-prompt"),
        pytest.param(
            FENCED_POINT,
            f"```python\n{RIGHT_MOVE.replace('(p)', '(p: Point) -> Point')}```",
            id="class-of-a-fenced-prompt-in-an-annotation",
        ),
        pytest.param(STREAM, "def log(text):\n    print(text, file=LOG)\n", id="stream-that-is-filled"),
        pytest.param(
            CYCLE,
            "def decode_cyclic(s):\n    found = s\n    for _ in s[1:]: found = encode_cyclic(found)\n"
            "    return found\n",
            id="by-the-helper-itself",
        ),
    ],
)
def test_an_honest_answer_passes_with_the_helpers_of_its_prompt(bench, row, answer):
    found = judged(bench, row, answer)
    assert found.outcome is Outcome.PASS, found


def test_a_class_of_the_prompt_is_used_by_tests_and_answer(bench):
    row = {
        "prompt": (
            "class Node:\n    def __init__(self, value, rest=None):\n        self.value, self.rest = value, rest\n\n\n"
            "def build(xs):\n    return Node(xs[0], build(xs[1:])) if xs else None\n\n\n"
            "def values(node):\n    found = []\n    while node:\n        found.append(node.value)\n"
            '        node = node.rest\n    return found\n\n\ndef turned(node):\n    """Turn a list round."""\n'
        ),
        "entry_point": "turned",
        "test": "def check(candidate):\n    assert values(candidate(build([1, 2, 3]))) == [3, 2, 1]\n",
    }
    right = (
        "def turned(node):\n    last = None\n    while node:\n        last, node = Node(node.value, last), node.rest\n"
    )
    assert judged(bench, row, right + "    return last\n").outcome is Outcome.PASS
    lying = "def values(node): return [3, 2, 1]\ndef turned(node): return node\n"
    assert judged(bench, row, lying).outcome is not Outcome.PASS


def test_json_tests_have_no_helpers():
    row = {"prompt": "def f(): pass\n", "completion": "print(1)", "test": [{"stdin": "", "stdout": "1"}]}
    assert json.loads(find_capability("code").read_submission(row).check.tests) == row["test"]


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        pytest.param("    return Point(p.x + 1, p.y + 2)\n", Outcome.ABSTAIN, "tests:undecided", id="right"),
        pytest.param("    return Point(p.x, p.y)\n", Outcome.FAIL, "wrong-answer", id="wrong"),
    ],
)
def test_an_answer_too_large_to_be_looked_through_can_fail_and_not_pass(bench, body, outcome, reason):
    found = judged(bench, POINT, body + "x=1;" * 60_000)
    assert (found.outcome, found.reason) == (outcome, reason)
