"""Artefacts are suspected of the extraction where there are more of them than of all else."""

import pytest

from stillroom.judging import artefacts_warning, warning_by_teacher
from stillroom.records import Judgement, Outcome


@pytest.mark.parametrize(
    ("artefacts", "judged", "warns"), [(0, 0, False), (0, 9, False), (2, 4, False), (3, 4, True), (4, 4, True)]
)
def test_warning_comes_where_artefacts_dominate(artefacts: int, judged: int, warns: bool) -> None:
    assert bool(artefacts_warning(artefacts, judged)) is warns


def test_warning_says_how_many_and_who_is_at_fault() -> None:
    assert artefacts_warning(3, 4).startswith("3 of 4 answers failed for their form")
    assert "the extraction is at fault, not the model" in artefacts_warning(3, 4)


def test_one_teacher_of_two_is_told_where_it_is_the_one() -> None:
    rows = [
        {"teacher_id": "fine@1", "answered": 100, "artefacts": 5},
        {"teacher_id": "wild@1", "answered": 50, "artefacts": 45},
    ]
    assert warning_by_teacher(rows).startswith("Of wild@1: 45 of 50 answers failed for their form")
    assert warning_by_teacher(rows[1:]).startswith("45 of 50")
    assert warning_by_teacher(rows[:1]) == warning_by_teacher([]) == ""


@pytest.mark.parametrize(
    ("reason", "is_artefact"),
    [("harness:no-code", True), ("harness:wrong-name", True), ("wrong-answer", False), ("truncated", False)],
)
def test_form_and_algorithm_are_told_apart(reason: str, is_artefact: bool) -> None:
    assert Judgement(outcome=Outcome.FAIL, reason=reason).is_artefact is is_artefact
