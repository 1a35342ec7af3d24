"""Turns Python tests into calls to make in the sandbox and questions to answer outside of it.

``assert sorted(f([3, 1])) == [1, 3]`` becomes: fetch ``f``; call it with ``[3, 1]``; report the result as @0;
then, in the driver, is ``sorted(@0) == [1, 3]``? The expected value never enters the process of the solution.
Tests that do more than this (``Unconvertible``) run in a process of their own.
"""

import ast
from dataclasses import dataclass

from stillroom.records.execution import Step
from verifiers.bounds import TooMuch, Unsupported
from verifiers.conversion.classes import class_names
from verifiers.conversion.foretold import foretold
from verifiers.conversion.hollow import hollow
from verifiers.conversion.only_read import only_read
from verifiers.conversion.questions import Question
from verifiers.conversion.refusal import Refused
from verifiers.conversion.rereads import Reread, rereads
from verifiers.conversion.statements import Statements
from verifiers.conversion.unimported import unimported
from verifiers.conversion.unreached import never_run, rests_on_doctests
from verifiers.sandbox.inside.known_names import stand_ins
from verifiers.sandbox.inside.tree_nodes import nodes_of

__all__ = ["Converted", "Question", "Unconvertible", "convert"]

MAX_TESTS_BYTES = 256 << 10

UNUSABLE = "tests:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """Tests as steps for the sandbox and questions for the driver.

    Attributes:
        steps: what the solution's process does.
        questions: the assertions, over what it reports.
        entry_point: what the solution is asked for; where it is said, nobody may have been asked for other names.
        only_read: names that are no function or class to the tests, so that their lack is the tests' own.
        foretold: the first assertion that expects what a later call is given, or "". With one the calls are not sent
            together: such tests run in a process of their own.
        rereads: pairs of readings of one result, which agree unless it can have changed between them.
    """

    steps: tuple[Step, ...]
    questions: tuple[Question, ...]
    entry_point: str = ""
    only_read: frozenset[str] = frozenset()
    foretold: str = ""
    rereads: tuple[Reread, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconvertible:
    """Why tests do not convert.

    Attributes:
        reason: ``tests:syntax``, ``tests:no-assert``, ``tests:no-call``, ``tests:too-long`` or ``tests:unusable``
            where no verdict can rest on them; ``process:*`` where they need a process of their own.
        detail: what was found.
    """

    reason: str
    detail: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether the tests can still be run, in a process of their own."""
        return not self.reason.startswith(UNUSABLE)


def convert(
    tests_source: str, entry_point: str = "", methods: tuple[str, ...] = (), classes: tuple[str, ...] = ()
) -> Converted | Unconvertible:
    """Convert tests to calls and questions. Runs nothing; cheap enough for every test a model writes.

    Args:
        tests_source: asserts, ``test_*`` functions, or a ``check(candidate)`` function.
        entry_point: the function that ``check`` is called with.
        methods: of classes of a prompt, where no object but these judges by them.
        classes: of a prompt, which are looked after.
    """
    if len(tests_source) > MAX_TESTS_BYTES:
        return Unconvertible(reason="tests:too-long", detail=f"{len(tests_source)} characters")
    try:
        tree = ast.parse(tests_source)
    except (SyntaxError, ValueError, UnicodeError, MemoryError, RecursionError) as error:
        return Unconvertible(reason="tests:syntax", detail=str(error))
    if not entry_point and _waits_for_candidate(tree):
        return Unconvertible(reason="tests:unusable", detail="check(candidate) without an entry point")
    if not _has_assertion(tree):
        return Unconvertible(reason="tests:no-assert", detail="the tests assert nothing")
    if name := never_run(tree):
        return Unconvertible(reason="tests:unusable", detail=f"nothing runs the assertions of {name!r}")
    if why := hollow(tree, entry_point, methods, classes):
        return Unconvertible(reason="tests:unusable", detail=why)
    if rests_on_doctests(tree):
        return Unconvertible(reason="tests:unusable", detail="nothing runs doctests")
    missing = unimported(tree, entry_point)
    found = _converted(tree, entry_point)
    if missing - {"math"} or (missing and not isinstance(found, Converted)):  # the driver has math at hand
        return Unconvertible(reason="tests:unusable", detail=f"the tests do not import {min(missing)!r}")
    if isinstance(found, Converted) and (names := stand_ins(nodes_of(tree), entry_point)):
        return Unconvertible(reason="process:not-imported", detail=f"the tests do not import {min(names)!r}")
    return found


def _converted(tree: ast.Module, entry_point: str) -> Converted | Unconvertible:
    statements = Statements(entry_point, class_names(tree))
    try:
        statements.module(tree)
    except Refused as refused:
        return Unconvertible(reason=refused.reason, detail=str(refused))
    except TooMuch as error:
        return Unconvertible(reason="process:too-much", detail=str(error))
    except Unsupported as error:
        return Unconvertible(reason="process:expression", detail=str(error))
    except RecursionError:
        return Unconvertible(reason="tests:unusable", detail="nested too deeply")
    except (ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as error:
        return Unconvertible(reason="process:expression", detail=f"{type(error).__name__}: {error}")
    questions = tuple(statements.questions.asked)
    if not any(question.is_assertion for question in questions):
        return Unconvertible(reason="tests:no-assert", detail="no assertion is reached")
    if not any(question.is_about_solution for question in questions):
        return Unconvertible(reason="tests:no-call", detail="no assertion calls the solution")
    steps = tuple(statements.recording.steps)
    return Converted(
        steps=steps,
        questions=questions,
        entry_point=entry_point,
        only_read=only_read(tree, entry_point),
        foretold=foretold(steps, questions),
        rereads=rereads(steps),
    )


def _waits_for_candidate(tree: ast.Module) -> bool:
    """Whether there is a ``check(candidate)`` that the tests do not call themselves."""
    is_there = any(
        isinstance(node, ast.FunctionDef) and node.name == "check" and len(node.args.args) == 1 for node in tree.body
    )
    return is_there and not any(isinstance(node, ast.Name) and node.id == "check" for node in ast.walk(tree))


def _has_assertion(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert | ast.Raise):
            return True
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name.startswith(("assert", "fail", "raises")) or name == "exit":  # with a status
                return True
    return False
