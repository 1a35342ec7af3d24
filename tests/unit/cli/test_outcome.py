"""What a build ends by printing: every figure a person asks for, and queries that run."""

import io
from typing import Any

import pytest
from rich.console import Console

from stillroom.cli.outcome import QUERIES, print_outcome

OUTCOME: dict[str, Any] = {
    "run": "functions-r1",
    "dataset": "functions",
    "snapshot": "functions@1",
    "nothing_new": "",
    "rows": 25,
    "new_rows": 25,
    "prompts_written": 17,
    "writing_replies": 54,
    "tasks_unjudged": 0,
    "tasks_waiting": 0,
    "prompts_answered": 37,
    "samples": 171,
    "samples_adopted": 0,
    "passed": 48,
    "pass_rate": 48 / 171,
    "artefacts": 9,
    "warning": "",
    "kept_by_origin": {"seed": 6, "written": 19},
    "dropped": [{"gate": "verification", "reason": "exception:[bold]Odd", "samples": 82}],
    "test_strengths": [{"prompts": 18, "strong_enough": 14, "mutants": 213, "set_aside": 13}],
    "tokens_per_example": 1359.2,
    "seconds_per_example": 11.7,
    "seconds": 293.0,
    "first_sample_seconds": 13.4,
    "summary": "/lake/snapshots/functions/1/summary.md",
    "left_as_decided": {},
    "benchmarks": {"gsm8k": "0" * 64, "[bold]exam": "1" * 64},
    "unchecked": "",
    "missing_shards": [],
    "missing_prompts": 0,
}


def printed(**changes: Any) -> str:
    console = Console(file=io.StringIO(), width=120)
    print_outcome(console, {**OUTCOME, **changes})
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        "17 from 54 replies",
        "171 for 37 prompts",
        "48 (28.1 %)",
        "25: 6 for seed prompts, 19 for written prompts",
        "1359 completion tokens, 11.7 s",
        "first sample after",
        "those of 14 of 18 prompts are strong enough; 6.1 % of mutants set aside as equivalent",
        "exception:[bold]Odd",
        "functions@1 holds 25 examples, 25 of them new.",
        "Summary: /lake/snapshots/functions/1/summary.md",
        "benchmarks looked for  gsm8k, [bold]exam",
        *QUERIES,
    ],
)
def test_a_build_ends_with_what_came_out(words: str) -> None:
    assert words in printed()


def test_a_build_that_brought_nothing_says_so() -> None:
    why = "all 48 samples that passed are duplicates of [what] is published"
    text = printed(snapshot="", nothing_new=why, kept_by_origin={}, tokens_per_example=None, summary="")
    assert f"Run functions-r1 brought nothing new, so nothing was published: {why}." in " ".join(text.split())
    assert "holds" not in text


def test_a_build_warns_at_its_end_where_it_has_a_warning() -> None:
    assert "Warning" not in printed()
    assert "Warning: 3 of 4 answers failed" in printed(warning="3 of 4 answers failed [for] their form")


def test_a_build_that_may_lack_shards_says_which():
    assert "8 prompts, of failed shards: 2, 5" in printed(missing_shards=[2, 5], missing_prompts=8)


def test_a_build_names_the_runs_that_other_rules_decided_about() -> None:
    runs = {f"functions-r{number}": "selection.keep" for number in range(1, 20)}

    found = " ".join(printed(left_as_decided=runs).split())

    assert "left as they are" in found
    assert "functions-r19 (another selection.keep), and" in found
    assert "before them" in found


def test_a_build_that_was_checked_against_nothing_says_why() -> None:
    out = printed(benchmarks={}, unchecked="no benchmark is in [there]")
    assert "checked for contamination against nothing: no benchmark is in [there]" in out
    assert "benchmarks looked for" not in out


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param(
            {"dropped": [{"gate": "verification", "reason": "unjudged", "samples": 2}]},
            "2 samples could not be judged: `stillroom why SAMPLE` says why. `stillroom reverify functions` judges",
            id="unjudged",
        ),
        pytest.param(
            {"snapshot": "", "passed": 0, "pass_rate": 0.0},
            "None of the samples passed: `stillroom why SAMPLE` says why. `stillroom reverify functions` judges",
            id="none passed",
        ),
        pytest.param(
            {"tasks_unjudged": 3, "tasks_waiting": 1},
            '3 written tasks could not be judged: `stillroom sql "select run_id, detail from current_proposals '
            "where reason = 'unjudged'\"` says why. At 2 the sandbox was lost: builds whose recipe has `seeding`, and "
            "`stillroom reverify functions`, try these each time. At 1 a verifier had a defect: builds whose recipe "
            "has `seeding`, and `stillroom reverify functions`, try these by one that had none there, which another "
            "version of it, other limits or another image make it. No teacher is asked.",
            id="written tasks",
        ),
        pytest.param(
            {"tasks_unjudged": 1, "tasks_waiting": 1},
            "says why. At 1 a verifier had a defect: builds",
            id="a defect alone",
        ),
        pytest.param(
            {"tasks_unjudged": 1}, "`stillroom reverify functions`, try these each time. No teacher", id="lost alone"
        ),
        pytest.param({}, "", id="neither"),
    ],
)
def test_what_a_verifier_may_have_done_wrong_names_the_way_back(changes: dict[str, Any], said: str) -> None:
    text = " ".join(printed(**changes).split())
    assert said in text
    assert ("reverify" in text) is bool(said)
