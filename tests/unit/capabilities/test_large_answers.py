"""No answer holds the driver: what it costs to look through one grows as its size does, and ends at a budget."""

import ast
import sys

import pytest

from stillroom.capabilities import find_capability
from stillroom.capabilities.python_code.given_code import MAX_WEIGHT
from stillroom.capabilities.python_code.source_nodes import weight

PROMPT = (
    "from dataclasses import dataclass\n@dataclass\nclass Node:\n    val: int\n    next: object = None\n\n"
    "def build(n):\n"
)
TESTS = "def check(candidate):\n    assert candidate(3) == Node(3)\n    assert candidate(4).val == 4\n"
PLAIN = {"prompt": "def build(n):\n", "test": "def check(candidate):\n    assert candidate(3) == 3\n"}
TOO_LARGE = "too large for it to be known what it makes of 'Node'"


def lines(times, line):
    return "".join(f"{line(number)}\n" for number in range(times))


def nested(times, word, depth=8):
    opened = "".join(f"{' ' * each}{word} f{each}{'()' if word == 'def' else ''}:\n" for each in range(depth))
    return opened + " " * depth + "x=1;" * times


FAMILIES = {
    "statements": lambda n: "x=1;" * n,
    "names": lambda n: "a;" * n,
    "attributes": lambda n: "a.b;" * n,
    "comparison": lambda n: "x = 1" + "<1" * n,
    "decorators": lambda n: "@a\n" * n + "def g(): pass",
    "functions": lambda n: lines(n, lambda i: f"def f{i}(a): return a"),
    "functions-of-one-name": lambda n: lines(n, lambda i: "def f(a): pass\nf(x)\nf(Node)"),
    "functions-within": lambda n: nested(n, "def"),
    "classes": lambda n: lines(n, lambda i: f"class C{i}: pass"),
    "classes-within": lambda n: nested(n, "class"),
    "classes-like-the-prompts": lambda n: lines(n, lambda i: f"class Node:\n val: int\n def m{i}(self): pass"),
    "methods": lambda n: "class Node:\n" + lines(n, lambda i: f" def m{i}(self): pass"),
    "slots": lambda n: "class Node:\n" + lines(n, lambda i: f" __slots__ = ('a',)\n def m{i}(self): self.a = 1"),
    "what-is-asked-for": lambda n: "build=1;" * n,
    "dictionary": lambda n: "D = {" + "1: 2, " * n + "}",
    "modules-of-modules": lambda n: ("x = a" + ".sys" * 400 + "\n") * (n // 400 + 1),
    "orders": lambda n: "Node.__lt__ = lambda a, b: a\n" * n,
    "blocks": lambda n: "if __name__ == '__main__': a\n" * n,
    "annotations": lambda n: "x: 'int' = 1\n" * n,
}


def row(source, given=None):
    given = given or {"prompt": PROMPT, "test": TESTS}
    return {**given, "entry_point": "build", "completion": f"    return None\n{source}\n"}


def read(source, given=None):
    return find_capability("code").read_submission(row(source, given))


def steps(source, given=None):
    """How many functions of ours and of Python's are called to read a row."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        read(source, given)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in FAMILIES.items()])
def test_an_answer_of_four_times_the_size_costs_some_four_times_as_much(make):
    read("x = 0")
    small, large = make(100), make(400)
    assert weight(ast.parse(large).body, MAX_WEIGHT) < MAX_WEIGHT
    least, most = steps(small), steps(large)
    assert most < 5 * least


def test_what_gives_a_class_is_followed_to_an_end_in_any_order():
    few, many = (lines(n, lambda i, n=n: f"a{n - i} = a{n - i - 1}") + "a0 = Node" for n in (40, 600))
    read("x = 0")
    assert not read(few).answer.doubt
    assert TOO_LARGE in read(many).answer.doubt
    assert steps(many) < 50 * steps(few)


@pytest.mark.parametrize(
    ("name", "size"), [("statements", 5_000), ("functions-within", 1_000), ("dictionary", 10_000), ("methods", 2_000)]
)
def test_beyond_the_budget_an_answer_is_not_looked_through(name, size):
    source = FAMILIES[name](size)
    found = read(source)
    assert TOO_LARGE in found.answer.doubt
    assert found.check.tests == TESTS
    assert not read(source, PLAIN).answer.doubt  # nothing rests on it there


def test_helpers_of_the_prompt_stay_the_answers_beyond_the_budget():
    given = {"prompt": "def poly(x):\n    return x\n\n" + PLAIN["prompt"], "test": "assert poly(build(1)) == 1\n"}
    assert "def poly" in read("x=1;" * 10, given).check.tests
    found = read("x=1;" * 10_000, given)
    assert found.check.tests == given["test"]
    assert "'poly'" in found.answer.doubt


def test_a_second_answer_beside_a_prompt_is_parsed_and_nothing_else_is(monkeypatch):
    body = lines(13, lambda i: f"def g{i}(a, b):\n    c = a + b * {i}\n    return c")
    read(body.replace("g", "f"))
    parsed: list[str] = []
    parse = ast.parse
    monkeypatch.setattr(ast, "parse", lambda source, **given: parsed.append(source) or parse(source, **given))
    read(body)
    assert all(body in each for each in parsed)
    assert len(parsed) == len({*parsed}) <= 2


def test_a_prompt_with_a_class_costs_few_steps_for_each_node_of_an_answer():
    body = lines(13, lambda i: f"def h{i}(a, b):\n    d = a + b * {i}\n    return d")
    read(body.replace("h", "f"))
    assert steps(body) < 200 * len([*ast.walk(ast.parse(body))])  # 670 where each question walks through it anew
