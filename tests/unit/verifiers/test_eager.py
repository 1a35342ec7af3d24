"""No code of ours that runs beside a program is a generator, whose frame Python would show."""

import ast
import inspect
from pathlib import Path
from types import CodeType

import pytest

import verifiers.sandbox.inside
from verifiers.sandbox.eager import compiled

INSIDE = Path(verifiers.sandbox.inside.__file__).parent
ALONE = ("confine", "cores", "filling", "gathering", "jobs", "keeper", "kills", "known_names", "rehearsal", "spawner")
"""Modules that run in the zygote or the driver, or before a program is there."""
SHOWN = {"link_awaited.awaited", "link_tasks._run", "unseen._later"}
"""A coroutine of the tests' side, one that has nothing but what the solution gave, and a generator that nobody runs."""
_LAZY = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def lazy_in(code: CodeType) -> list[str]:
    """The names of generators and coroutines in code."""
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return [each.co_qualname for each in inner if each.co_flags & _LAZY] + [
        name for each in inner for name in lazy_in(each)
    ]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(each, id=each.stem)
        for each in sorted(INSIDE.glob("*.py"))
        if each.stem not in ALONE and not each.stem.startswith(("tests_", "pytest_"))
    ],
)
def test_nothing_that_runs_beside_a_program_is_a_generator(path: Path) -> None:
    found = {f"{path.stem}.{name}" for name in lazy_in(compiled(path.read_bytes(), path.name))}
    assert found <= SHOWN


def test_an_expression_gives_what_it_gave() -> None:
    source = (
        b"found = next((x for x in (1, 2, 3) if x > 1), 0), any(x > 2 for x in (1, 2)), [*(y for x in 'ab' for y in x)]"
    )
    names: dict[str, object] = {}
    exec(compiled(source, "<own>"), names)  # noqa: S102 - a source of the test's own
    assert names["found"] == (2, False, ["a", "b"])


@pytest.mark.parametrize("path", [pytest.param(each, id=each.stem) for each in sorted(INSIDE.glob("*.py"))])
def test_no_expression_counts_far_since_all_of_it_is_gone_through(path: Path) -> None:
    """One that looked for the first free number among 65,000 halved the programs a second."""
    nodes = list(ast.walk(ast.parse(path.read_bytes())))
    sources = [each.iter for node in nodes if isinstance(node, ast.GeneratorExp) for each in node.generators]
    counted = [each for each in sources if isinstance(each, ast.Call) and ast.unparse(each.func) in ("range", "count")]
    numbers = [each.value for one in counted for each in ast.walk(one) if isinstance(each, ast.Constant)]
    assert all(isinstance(each, int) and each <= 100 for each in numbers)
    assert "count" not in {ast.unparse(one.func).rpartition(".")[2] for one in sources if isinstance(one, ast.Call)}
