"""The task that measures tests: the trouble of one prompt's is not all prompts'."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stillroom.lake import Lake
from stillroom.records import Check
from tasks import workshop
from tasks.verification import measure_tests
from tasks.workshop import Workshop
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.lake.tasks.test_publication import Listener
from verifiers.code_tests import Strength


async def test_prompt_at_which_the_measure_has_a_defect_stays_unmeasured_and_the_others_do_not(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def measure(check: Check, *_: Any) -> Strength:
        asked.append(check.tests)
        if len(asked) == 1:
            raise RecursionError("a chain of 700 elif")
        return Strength(mutants=4, killed=4)

    builder, listener = Builder(lake), Listener()
    run = builder.begin(recipe(tmp_path, "verification: {min_test_strength: 0.8}\n", seeds=2))
    await builder.sample(run)
    shop = Workshop(lake, listener)
    monkeypatch.setattr(shop, "verifiers", lambda _: [builder.verifier])
    monkeypatch.setattr(shop, "code_tests", lambda _: SimpleNamespace(name="m@1", measure_id="m", measure=measure))
    monkeypatch.setattr(workshop, "_open", [shop])

    assert await measure_tests.fn(run.run_id) == 1

    assert len(asked) == 2
    (row,) = lake.rows("SELECT tests FROM lake.test_strengths JOIN lake.prompts USING (check_id)")
    assert row["tests"] == asked[1]
    unmeasured, measured = listener.said
    assert "stay unmeasured: the measure of tests has a defect" in unmeasured
    assert measured == "the tests of 1 prompts were measured"
    await shop.close()
