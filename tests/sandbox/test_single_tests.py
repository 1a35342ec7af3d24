"""Tests one by one, run for real: a right solution passes each of its tests alone, too."""

import pytest

from stillroom.calibration import shipped_cases
from stillroom.capabilities import find_capability
from stillroom.records import Check, Outcome
from tests.sandbox.conftest import Bench
from verifiers.python_tests import PythonTests
from verifiers.single_tests import single_tests

pytestmark = pytest.mark.docker


# What one call leaves behind is seen by the next alone.
ONLY_TOGETHER = {"case-add-entry/1-shared-default", "case-nested-total/2-global-state"}


def test_what_passes_all_tests_passes_each_and_what_fails_them_fails_some(bench: Bench) -> None:
    cases = shipped_cases(find_capability("code"))
    assert cases is not None
    verifier = PythonTests(bench.executor)
    split, passed = 0, set[str]()
    for case in cases.cases:
        parts = single_tests(case.check.tests).parts
        split += len(parts) > 1
        checks = [Check(tests=part, entry_point=case.check.entry_point) for part in parts]
        found = [bench.run(verifier.judge(check, case.answer)).outcome for check in checks]
        if set(found) == {Outcome.PASS}:
            passed.add(case.case_id)
    assert passed == {case.case_id for case in cases.cases if case.is_good} | ONLY_TOGETHER
    assert split > 0.9 * len(cases.cases)
