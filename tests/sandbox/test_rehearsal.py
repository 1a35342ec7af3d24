"""What the templates of solutions and of their tests have gone through before the first pair, and what is left."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.docker

LEARNT = """
import dis, sys

def learnt():
    frame, found = sys._getframe(1), {}
    while frame is not None:
        shown = {step.opname for step in dis.get_instructions(frame.f_code, adaptive=True)}
        found[frame.f_code.co_qualname] = "LOAD_GLOBAL" not in shown
        frame = frame.f_back
    return found
"""
BESIDE = """
import dis

def learnt(names):
    found = {kind.__qualname__: kind for kind in object.__subclasses__()}  # frames of ours are not shown here
    codes = [getattr(found[kind], method).__code__ for kind, method in (name.split('.') for name in names)]
    return ["LOAD_GLOBAL" not in {step.opname for step in dis.get_instructions(each, adaptive=True)} for each in codes]
"""
PLACES = """
import sys, types

def ours():
    frame, left, found = sys._getframe(), [], {}
    while frame is not None:
        left.append(frame.f_globals)
        frame = frame.f_back
    for kind in object.__subclasses__():  # where those frames are not shown
        own = [one for one in vars(kind).values() if type(one) is types.FunctionType]
        left += [one.__globals__ for one in own if "/stillroom/" in one.__code__.co_filename]
    while left:
        for each in [*left.pop().values()]:
            methods = [*vars(each).values()] if isinstance(each, type) else [each]
            for one in methods:
                space = vars(one) if type(one) is types.ModuleType else getattr(one, "__globals__", {})
                if "stillroom" in str(space.get("__file__")) and space["__name__"] not in found:
                    found[space["__name__"]] = space
                    left.append(space)
    return found

def places():
    at = ours()
    lanes, values = at["link_lanes"]["Lanes"], at["link_values"]["Values"]
    shared, frames, exchange = at["link_shared"]["Shared"], at["link_frames"], at["link_exchange"]["Exchange"]
    run = [frames["read"], frames["framed"], at["link_containers"]["walk"]]
    run += [shared.told, values.pack, lanes._next, exchange.send]
    at = [id(each.__code__) for each in run]
    return max(at) - min(at)
"""
# A source that has the name of pytest in it would get an idle one.
BEFORE = """
import random, sys
before = [name for name in ("tests", "py" "test", "solution") if name in sys.modules], len(sys.meta_path), random.random
"""


def test_both_sides_have_run_before(bench: Bench) -> None:
    solution = f"{BESIDE}\ndef f():\n    return learnt(['Exchange.answer', 'Serving._call'])\n"
    tests = (
        f"{LEARNT}\ndef test_it():\n    assert [learnt()[name] for name in ('run_tests', 'run_tests.<locals>.unit')]"
        " == [True, True]\n    assert f() == [True, True]\n"
    )

    assert bench.judge(solution, tests).outcome is Outcome.PASS


def test_what_tests_run_lies_together(bench: Bench) -> None:
    tests = f"{PLACES}\ndef test_it():\n    assert f() == 1\n    assert places() < 64 << 10\n"

    assert bench.judge("def f():\n    return 1\n", tests).outcome is Outcome.PASS


def test_nothing_is_left_of_what_they_have_run(bench: Bench) -> None:
    solution = f"{BEFORE}\ndef f():\n    return before[0], before[1], before[2].__self__ is random._inst\n"
    tests = (
        "import sys\n\ndef test_it():\n    assert f() == (['solution'], 3, True)\n"
        "    assert [each.__class__.__name__ for each in sys.meta_path[3:]] == ['_SolutionFinder']\n"
        "    assert not any(kind.__name__ == 'Sample' for kind in object.__subclasses__())\n"
    )

    assert bench.judge(solution, tests).outcome is Outcome.PASS
