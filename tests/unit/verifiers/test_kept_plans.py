"""Plans of tests are made once for whoever asks soon after, and not kept without end."""

import pytest

from stillroom.records import Check
from verifiers import kept_plans
from verifiers.kept_plans import KeptPlans
from verifiers.plan import Converted, Unconvertible, convert
from verifiers.usability import problem_of


def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    asked: list[tuple[str, str]] = []

    def count(tests: str, entry_point: str, *theirs: tuple[str, ...]) -> Converted | Unconvertible:
        asked.append((tests, entry_point))
        return convert(tests, entry_point, *theirs)

    monkeypatch.setattr(kept_plans, "convert", count)
    return asked


def test_tests_that_come_again_are_converted_once_for_each_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counted(monkeypatch)
    plans = KeptPlans(100)
    first = plans("assert f(1) == 1", "f")
    assert isinstance(first, Converted)
    assert plans("assert f(1) == 1", "f") is first
    plans("assert f(1) == 1", "")
    assert asked == [("assert f(1) == 1", "f"), ("assert f(1) == 1", "")]


def test_what_was_asked_for_longest_ago_is_let_go_of_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counted(monkeypatch)
    one, two, three = (f"assert f({n}) == {n}" for n in (1, 2, 3))
    plans = KeptPlans(2 * len(one))
    for tests in (one, two, one, three, one, two):
        plans(tests, "f")
    assert [tests for tests, _ in asked] == [one, two, three, two]


def test_tests_longer_than_all_that_is_kept_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counted(monkeypatch)
    plans = KeptPlans(10)
    for _ in range(2):
        assert isinstance(plans("assert f(1) == 1", "f"), Converted)
    assert len(asked) == 2


def test_whoever_looks_at_tests_before_they_are_paid_for_has_them_converted_for_the_verifier(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check = Check(tests="assert kept(1) == 'once'", entry_point="kept")
    assert problem_of(check, ["python-tests"]) == ""
    asked = counted(monkeypatch)
    assert isinstance(kept_plans.plan_of(check.tests, check.entry_point), Converted)
    assert asked == []
