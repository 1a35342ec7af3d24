"""Believes a pass only where what a prompt defines, and the tests rest on, was left as it was."""

from dataclasses import replace

from stillroom.records import Judgement, Outcome
from stillroom.records.execution import Execution


def unless_changed(judgement: Judgement, execution: Execution) -> Judgement:
    """The same, but no pass of a program that said that it had changed what it should not, or might have."""
    if judgement.outcome is not Outcome.PASS or not execution.changed:
        return judgement
    return replace(judgement, outcome=Outcome.ABSTAIN, reason="tests:undecided", detail=execution.changed)
