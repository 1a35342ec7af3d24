"""Says of tests, before anybody is paid to answer them, why no verdict could ever rest on them."""

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from stillroom.records import Check
from verifiers.io_pairs import BadPairs, read_pairs
from verifiers.kept_plans import plan_of
from verifiers.plan import Converted, Unconvertible

KEPT = 1 << 14
MAX_SHOWN_CHARS = 200


def problem_of(check: Check, verifier_names: Sequence[str]) -> str:
    """What is wrong with a check, whatever the answer: the first thing that one of these verifiers finds, or "".

    Only what can be known without running anything; a verifier that is not ours finds nothing.
    """
    found = (_OURS[name](check) for name in verifier_names if name in _OURS)
    return next((problem for problem in found if problem), "")


@lru_cache(maxsize=KEPT)
def _python_tests(check: Check) -> str:
    try:
        if read_pairs(check.tests) is not None:
            return ""
    except BadPairs as error:
        return f"`tests` are no pairs of stdin and stdout: {error}"
    plan = plan_of(check.tests, check.entry_point)
    if isinstance(plan, Unconvertible) and not plan.is_usable:
        return f"`tests` can judge no answer: {_told(plan, check.tests)}"
    if check.entry_point and not _asks_for(check.entry_point, plan, check.tests):
        return f"`tests` never call the entry point `{check.entry_point}`"
    return ""


def _told(plan: Unconvertible, tests: str) -> str:
    if plan.reason == "tests:syntax":
        try:
            ast.parse(tests)
        except SyntaxError as error:
            line = (error.text or "").strip()[:MAX_SHOWN_CHARS]
            return f"{error.msg} in line {error.lineno} of them: {line}"
        except (ValueError, MemoryError, RecursionError):
            pass  # said in the plan
    return plan.detail


def _asks_for(entry_point: str, plan: Converted | Unconvertible, tests: str) -> bool:
    """Whether the tests take this name from the solution; tests that run as they are need only mention it."""
    if isinstance(plan, Converted):
        return any(step.kind == "name" and step.name == entry_point for step in plan.steps)
    for node in ast.walk(ast.parse(tests)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.Constant(value=str(name)):
                if name == entry_point:
                    return True
            case ast.FunctionDef(name="check"):  # it is called with the entry point
                return True
            case _:
                pass
    return False


_OURS: Mapping[str, Callable[[Check], str]] = {"python-tests": _python_tests}
