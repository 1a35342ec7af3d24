"""Which failures are looked at again, and what the solution's process is believed."""

# ruff: noqa: S302 - what is read here was written here
import marshal
from collections.abc import Callable
from typing import Any, cast

import pytest

from stillroom.records import Check, Judgement, Outcome
from stillroom.records.execution import (
    Ending,
    Execution,
    Limits,
    Program,
    Raised,
    Reading,
    Reported,
    TestsRun,
    TestUnit,
    UnfitProgram,
)
from verifiers.second_look import holds_in_one_process, is_open

CHECK = Check(tests="assert f(1) == 1", entry_point="f")


def _run(*kinds: str) -> TestsRun:
    units = [TestUnit(name="test", ending="failed", raised=Raised(type_name=kind)) for kind in kinds]
    return TestsRun(ending=Ending.DONE, units=tuple(units))


@pytest.mark.parametrize(
    ("outcome", "reason", "kinds", "expected"),
    [
        pytest.param(Outcome.FAIL, "wrong-answer", ["AssertionError"], True, id="an-assertion"),
        pytest.param(Outcome.FAIL, "exception:TypeError", ["TypeError"], True, id="an-exception"),
        pytest.param(Outcome.FAIL, "wrong-answer", ["AssertionError", "Refused"], False, id="an-object-for-data"),
        pytest.param(Outcome.FAIL, "timeout", [], False, id="a-limit"),
        pytest.param(Outcome.FAIL, "harness:wrong-name", [], False, id="the-answers-form"),
        pytest.param(Outcome.PASS, "", [], False, id="a-pass"),
        pytest.param(Outcome.ABSTAIN, "tests:undecided", ["AssertionError"], False, id="an-abstention"),
    ],
)
def test_failures_that_may_be_the_doing_of_proxies_are_open(outcome, reason, kinds, expected):
    assert is_open(Judgement(outcome=outcome, reason=reason), _run(*kinds)) is expected


def _given(program: Program) -> tuple[Any, ...]:
    return cast("tuple[Any, ...]", marshal.loads(program.stdin))


def _repeat(token: bytes) -> bytes:
    return token


class _Executor:
    """Answers what a solution would that says ``said`` of the token that it is given."""

    image_digest = "x"

    def __init__(self, said: Callable[[bytes], bytes]) -> None:
        self.said = said
        self.programs: list[Program] = []

    async def run(self, program: Program) -> Execution:
        self.programs.append(program)
        reading = Reading(reported=Reported.VALUE, data=self.said(_given(program)[0]))
        return Execution(ending=Ending.DONE, readings=(reading,))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(_repeat, True, id="the-token"),
        pytest.param(lambda token: b"", False, id="nothing"),
        pytest.param(lambda token: marshal.dumps(True), False, id="another"),
    ],
)
async def test_tests_hold_beside_the_solution_where_it_gives_the_token_back(said, expected):
    executor = _Executor(said)
    assert await holds_in_one_process(executor, CHECK, "def f(x): return x", Limits()) is expected
    (program,) = executor.programs
    assert program.is_script
    assert _given(program)[1:] == ("def f(x): return x", CHECK.tests, "f")


async def test_no_token_is_used_twice():
    executor = _Executor(_repeat)
    for _ in range(2):
        await holds_in_one_process(executor, CHECK, "pass", Limits())
    first, second = [_given(each)[0] for each in executor.programs]
    assert first != second


async def test_what_no_process_can_be_given_is_not_excused():
    class Full(_Executor):
        async def run(self, program: Program) -> Execution:
            raise UnfitProgram("too large")

    assert not await holds_in_one_process(Full(_repeat), CHECK, "pass", Limits())
