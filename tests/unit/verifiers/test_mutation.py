"""Mutants: one mistake each, the same at every call, none twice, none the original."""

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers.mutation import MAX_SOURCE_CHARS, Mutant, mutants

SEEDS = Path(__file__).resolve().parents[3] / "data" / "seeds" / "python_functions.jsonl"
SOLUTIONS = [json.loads(line)["solution"] for line in SEEDS.read_text(encoding="utf-8").split("\n") if line.strip()]
EVERYTHING = 10_000


def changes(source: str) -> dict[str, set[str]]:
    """By operator, what the mutants of ``source`` read like."""
    found: dict[str, set[str]] = {}
    for mutant in mutants(source, limit=EVERYTHING, seed=0):
        found.setdefault(mutant.operator, set()).add(mutant.source)
    return found


@pytest.mark.parametrize(
    ("source", "operator", "mutant"),
    [
        pytest.param("a + b", "arithmetic", "a - b", id="plus"),
        pytest.param("a // b", "arithmetic", "a % b", id="floor division"),
        pytest.param("-a", "arithmetic", "a", id="sign"),
        pytest.param("a < b", "boundary", "a <= b", id="boundary"),
        pytest.param("a < b", "comparison", "a > b", id="comparison"),
        pytest.param("a in b", "comparison", "a not in b", id="membership"),
        pytest.param("a < b < c", "boundary", "a < b <= c", id="second of a chain"),
        pytest.param("a and b", "boolean", "a or b", id="and"),
        pytest.param("not a", "boolean", "a", id="not"),
        pytest.param("f(3)", "constant", "f(4)", id="one more"),
        pytest.param("f(0)", "constant", "f(-1)", id="one less"),
        pytest.param("f(True)", "constant", "f(False)", id="truth"),
        pytest.param("f('x')", "constant", "f('')", id="text"),
        pytest.param("a if b else c", "negated-condition", "a if not b else c", id="ternary"),
        pytest.param("[x for x in a if x]", "deleted-condition", "[x for x in a]", id="filter"),
        pytest.param("a[i]", "index-shift", "a[i + 1]", id="index"),
        pytest.param("a[i:j]", "index-shift", "a[i:j + 1]", id="slice"),
        pytest.param("range(n)", "boundary", "range(n - 1)", id="range"),
        pytest.param("max(a)", "swapped-call", "min(a)", id="max"),
        pytest.param("sorted(a, reverse=True)", "deleted-argument", "sorted(a)", id="argument"),
        pytest.param("sorted(a)", "swapped-call", "list(a)", id="sorted"),
    ],
)
def test_operators_on_expressions(source: str, operator: str, mutant: str) -> None:
    assert mutant in changes(source)[operator]


@pytest.mark.parametrize(
    ("source", "operator", "mutant"),
    [
        pytest.param("def f(a):\n    return a", "return-value", "def f(a):\n    return None", id="return"),
        pytest.param("n = 0\nn += x", "deleted-statement", "n = 0\npass", id="augmented"),
        pytest.param("a.sort()", "deleted-statement", "pass", id="call"),
        pytest.param("if a:\n    raise b", "negated-condition", "if not a:\n    raise b", id="if"),
        pytest.param("for x in a:\n    break", "loop", "for x in a:\n    continue", id="break"),
        pytest.param("for x in a:\n    f(x)", "loop-once", "for x in a:\n    f(x)\n    break", id="first round only"),
        pytest.param("while a:\n    a = f(a)", "negated-condition", "while not a:\n    a = f(a)", id="while"),
    ],
)
def test_operators_on_statements(source: str, operator: str, mutant: str) -> None:
    assert mutant in changes(source)[operator]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="nothing"),
        pytest.param("def f(", id="no Python"),
        pytest.param("x = 1 #" + "x" * MAX_SOURCE_CHARS, id="too long"),
        pytest.param('def f():\n    """Text with 3 words."""', id="docstring"),
        pytest.param("import os\nfrom sys import path", id="imports"),
        pytest.param("(" * 3000 + "1" + ")" * 3000, id="nested too deeply"),
        pytest.param("if a == 0: b\n" + "".join(f"elif a == {n}: b\n" for n in range(700)), id="a chain too long"),
    ],
)
def test_nothing_to_mutate(source: str) -> None:
    assert mutants(source, limit=40, seed=0) == []


def test_deleting_the_only_assignment_says_nothing_about_tests() -> None:
    assert "deleted-statement" not in changes("def f(a):\n    b = a\n    return b")


@settings(max_examples=60)
@given(st.sampled_from(SOLUTIONS), st.integers(0, 60), st.integers(0, 2**32))
def test_invariants(source: str, limit: int, seed: int) -> None:
    found = mutants(source, limit=limit, seed=seed)

    assert found == mutants(source, limit=limit, seed=seed)
    assert len(found) <= limit
    sources = [mutant.source for mutant in found]
    assert len(set(sources)) == len(sources)
    assert ast.unparse(ast.parse(source)) not in sources
    for mutant in found:
        compile(mutant.source, "<mutant>", "exec")
        assert ast.unparse(ast.parse(mutant.source)) == mutant.source
        assert 1 <= mutant.line <= source.count("\n") + 1


def test_limit_takes_all_kinds_in_turn() -> None:
    source = "def f(a, b):\n" + "".join(f"    a += {number}\n" for number in range(50)) + "    return a < b"

    kinds = {mutant.operator for mutant in mutants(source, limit=8, seed=1)}

    assert kinds == {"arithmetic", "boundary", "comparison", "constant", "deleted-statement", "return-value"}


def test_more_than_the_limit_is_a_part_of_all() -> None:
    everything = {mutant.source for mutant in mutants(SOLUTIONS[3], limit=EVERYTHING, seed=0)}
    some = mutants(SOLUTIONS[3], limit=5, seed=7)

    assert len(some) == 5
    assert {mutant.source for mutant in some} < everything
    assert some != mutants(SOLUTIONS[3], limit=5, seed=8)


def test_mutant_tells_where_and_what() -> None:
    source = "def f(a):\n    if a > 0:\n        return 1\n    return 2"

    assert Mutant(
        source="def f(a):\n    if a >= 0:\n        return 1\n    return 2",
        operator="boundary",
        line=2,
        change="a > 0 → a >= 0",
    ) in mutants(source, limit=EVERYTHING, seed=0)
