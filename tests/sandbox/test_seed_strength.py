"""Our own seeds hold what the recipe asks of everybody's tests."""

from pathlib import Path

import pytest

from stillroom.capabilities import find_capability
from stillroom.recipe import Verification
from stillroom.records import Origin, Prompt
from stillroom.seeding import read_prompts
from tests.sandbox.conftest import Bench
from verifiers.code_tests import CodeTests, Strength

pytestmark = [pytest.mark.docker, pytest.mark.slow]

SEEDS = Path(__file__).resolve().parents[2] / "data" / "seeds" / "python_functions.jsonl"


async def measured(code_tests: CodeTests, prompt: Prompt) -> Strength:
    trivial = find_capability("code").trivial_answers(prompt)
    return await code_tests.measure(prompt.check, prompt.reference, trivial)


def test_seeds_are_strongly_tested(bench: Bench) -> None:
    minimum = Verification().min_test_strength
    assert minimum is not None
    code_tests = CodeTests(bench.executor, timeout_seconds=2.0)
    prompts = read_prompts(SEEDS, find_capability("code"), Origin.SEED)

    found = {one.check.entry_point: bench.run(measured(code_tests, one)) for one in prompts}

    mutants, aside = (sum(getattr(one, name) for one in found.values()) for name in ("mutants", "set_aside"))
    print(f"{len(found)} seeds, {mutants} mutants, {aside / mutants:.1%} set aside as equivalent")
    weak = {
        name: (one.value, [f"{each.line}: {each.change}" for each in one.survivors], one.trivial_passes, one.problem)
        for name, one in found.items()
        if one.value is None or one.value < minimum
    }
    assert weak == {}
    assert aside / mutants < 0.15
