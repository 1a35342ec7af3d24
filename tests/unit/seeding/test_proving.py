"""References: one that fails its own tests is named with its file, its line and the evidence."""

import json
from pathlib import Path
from typing import Any

import pytest

from stillroom.capabilities import find_capability
from stillroom.errors import RecipeError
from stillroom.records import Answer, Check, Judgement, Origin
from stillroom.seeding import PromptFile, prove_references, read_file
from tests.fakes.prompts import seed_row
from tests.fakes.verifiers import FakeVerifier, execute

CODE = find_capability("code")
SEEDS = Path(__file__).parents[3] / "data" / "seeds" / "python_functions.jsonl"


def written(folder: Path, *rows: dict[str, Any], origin: Origin = Origin.SEED) -> PromptFile:
    path = folder / "seeds.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_file(path, CODE, origin)


async def test_solutions_that_pass_their_tests_are_accepted_and_counted(tmp_path: Path) -> None:
    verifier, seen = FakeVerifier(), list[tuple[int, int]]()

    file = written(tmp_path, seed_row(1), seed_row(2))
    await prove_references(file, CODE, [verifier], observe=lambda done, total: seen.append((done, total)))

    assert len(verifier.judged) == 2
    assert seen == [(1, 2), (2, 2)]


async def test_solutions_that_fail_their_tests_are_all_named_with_line_and_evidence(tmp_path: Path) -> None:
    bad = [{**seed_row(n), "solution": f"def {seed_row(n)['entry_point']}(n):\n    return None"} for n in (2, 4)]
    file = written(tmp_path, seed_row(1), *bad)

    with pytest.raises(RecipeError) as caught:
        await prove_references(file, CODE, [FakeVerifier()])

    message = str(caught.value)
    assert f"2 of 3 solutions in {file.path} fail their own tests" in message
    named = [f"line {line}, {row['entry_point']!r}: fail, wrong-answer" for line, row in enumerate(bad, 2)]
    assert [one in message for one in named] == [True, True]
    assert seed_row(1)["entry_point"] not in message


async def test_solution_that_cannot_be_judged_is_named_and_the_others_are_judged(tmp_path: Path) -> None:
    def rule(check: Check, answer: Answer) -> Judgement:
        if seed_row(2)["entry_point"] in answer.text:
            raise RecursionError("too deep")
        return execute(check, answer)

    verifier = FakeVerifier(rule=rule)
    file = written(tmp_path, *map(seed_row, (1, 2, 3)))

    with pytest.raises(RecipeError) as caught:
        await prove_references(file, CODE, [verifier])

    message = str(caught.value)
    assert f"1 of 3 solutions in {file.path} fail their own tests, or cannot be judged by them" in message
    assert f"line 2, {seed_row(2)['entry_point']!r}: it cannot be judged, fake-tests@1 has a defect" in message
    assert "(RecursionError: too deep)" in message
    assert len(verifier.judged) == 3


async def test_prompts_without_solution_have_nothing_to_prove(tmp_path: Path) -> None:
    verifier = FakeVerifier()
    row = {key: value for key, value in seed_row(1).items() if key != "solution"}

    await prove_references(written(tmp_path, row, origin=Origin.USER), CODE, [verifier])

    assert verifier.judged == []


async def test_our_own_seeds_are_right() -> None:
    await prove_references(read_file(SEEDS, CODE, Origin.SEED), CODE, [FakeVerifier()])
