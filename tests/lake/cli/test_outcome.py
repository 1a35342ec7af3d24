"""What a build came to is counted from the lake, and says where the extraction is to be suspected."""

from itertools import count
from pathlib import Path

import pytest

from stillroom.cli.outcome import outcome_of
from stillroom.lake import Lake
from stillroom.publication import freeze, manifest
from stillroom.records import Answer, Check, Judgement, Outcome
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.fakes.verifiers import FakeVerifier

PASS = Judgement(outcome=Outcome.PASS, tests_passed=1, tests_total=1)
FOUR_EACH = (
    "sampling: {adaptive: false, samples: 4}\nselection: {keep: 4}\ncuration: {exact: false, near_answers: null}"
)


@pytest.mark.parametrize(
    ("reason", "warns"), [("harness:no-code", True), ("harness:wrong-name", True), ("wrong-answer", False)]
)
async def test_build_whose_answers_mostly_fail_for_their_form_warns(
    lake: Lake, tmp_path: Path, reason: str, warns: bool
) -> None:
    number = count()

    def one_in_four(_: Check, __: Answer) -> Judgement:
        return Judgement(outcome=Outcome.FAIL, reason=reason) if next(number) % 4 else PASS

    run, snapshot = await Builder(lake, verifier=FakeVerifier(rule=one_in_four)).build(recipe(tmp_path, FOUR_EACH))
    assert snapshot is not None

    found = outcome_of(lake, run, snapshot.label, seconds=1.0, first_sample_seconds=None)
    stated = manifest(lake, snapshot)
    summary = (freeze(lake, snapshot) / "summary.md").read_text(encoding="utf-8")

    artefacts = 6 if warns else 0
    assert (found["samples"], found["artefacts"]) == (8, artefacts)
    assert stated["run"]["samples"]["artefacts"] == artefacts
    assert bool(found["warning"]) is warns
    assert ("6 of 8 answers failed for their form" in summary) is warns
