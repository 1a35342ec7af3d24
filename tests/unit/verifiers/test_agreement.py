"""Agreement: solutions cluster by the tests they pass, and the largest agreement is believed."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from stillroom.records import Answer, Check, Judgement, Outcome
from tests.fakes.verifiers import FakeVerifier
from verifiers.agreement import Written, agree, cluster, disowned

OURS, THEIRS = "ours@1", "theirs@1"


def sets(*rows: str) -> list[frozenset[int]]:
    """``"01"``: a solution that passes the tests 0 and 1."""
    return [frozenset(map(int, row)) for row in rows]


def test_score_is_solutions_times_tests() -> None:
    found = cluster(sets("012", "012", "01", "3"), [OURS] * 4, [OURS] * 4)

    assert [(one.solutions, sorted(one.tests), one.score) for one in found.clusters] == [
        ((0, 1), [0, 1, 2], 6),
        ((2,), [0, 1], 2),
        ((3,), [3], 1),
    ]
    assert [found.outcome(position) for position in range(4)] == [
        Outcome.PASS,
        Outcome.PASS,
        Outcome.FAIL,
        Outcome.FAIL,
    ]


def test_many_that_agree_outweigh_one_that_passes_more() -> None:
    found = cluster(sets("0123", "012", "012", "012"), [OURS] * 4, [OURS] * 4)

    assert found.best is not None
    assert found.best.solutions == (1, 2, 3)


def test_one_test_alone_is_believed_only_with_most_solutions() -> None:
    assert cluster(sets("0", "", ""), [OURS] * 3, [OURS]).best is None
    assert cluster(sets("0", ""), [OURS] * 2, [OURS]).best is None

    found = cluster(sets("0", "0", ""), [OURS] * 3, [OURS])
    assert found.best is not None
    assert found.best.solutions == (0, 1)


def test_solutions_of_the_only_tests_own_teacher_do_not_count_against_it() -> None:
    found = cluster(sets("", "", "0"), [OURS, OURS, THEIRS], [OURS])

    assert found.best is not None
    assert found.best.solutions == (2,)


def test_nobody_is_believed_where_two_clusters_are_worth_the_same() -> None:
    found = cluster(sets("0", "1"), [OURS] * 2, [OURS] * 2)

    assert found.best is None
    assert found.outcome(0) is Outcome.ABSTAIN


def test_solutions_that_pass_nothing_do_not_agree() -> None:
    assert cluster(sets("", "", ""), [OURS] * 3, [OURS] * 2).best is None
    assert cluster([], [], []).best is None


def test_tests_of_another_teacher_count_more_than_ones_own() -> None:
    # Tests 0 to 2 share the mistake of the solutions 0 to 2, both ours; test 3 and 4 are another teacher's.
    passed = sets("012", "012", "012", "34", "34")
    authors = [OURS, OURS, OURS, OURS, THEIRS]
    of_tests = [OURS, OURS, OURS, THEIRS, THEIRS]

    alone = cluster(passed, [OURS] * 5, [OURS] * 5).best
    with_others = cluster(passed, authors, of_tests).best

    assert alone is not None
    assert alone.solutions == (0, 1, 2)
    assert with_others is not None
    assert with_others.solutions == (3, 4)
    assert with_others.score == 2


def test_tests_of_one_teacher_count_for_the_solutions_of_another_alone() -> None:
    # The tests are all ours, and so are the three solutions that pass 0 and 1.
    passed = sets("01", "01", "01", "12", "12")
    authors = [OURS, OURS, OURS, THEIRS, THEIRS]

    found = cluster(passed, authors, [OURS] * 3)

    assert found.best is not None
    assert found.best.solutions == (3, 4)
    assert found.best.score == 4


def test_ones_own_solutions_alone_are_believed_by_nobody_where_another_teacher_passes_nothing() -> None:
    found = cluster(sets("01", "01", ""), [OURS, OURS, THEIRS], [OURS, OURS])

    assert found.best is None
    assert {found.outcome(position) for position in range(3)} == {Outcome.ABSTAIN}


def test_a_persons_tests_count_for_every_teacher() -> None:
    found = cluster(sets("01", "01", "2"), [OURS, OURS, THEIRS], [""] * 3)

    assert [one.score for one in found.clusters] == [4, 1]


PASSED = st.lists(st.frozensets(st.integers(0, 4)), min_size=1, max_size=8)


@given(PASSED, st.data())
def test_invariants(passed: list[frozenset[int]], data: st.DataObject) -> None:
    teachers = st.sampled_from([OURS, THEIRS])
    of_solutions = data.draw(st.lists(teachers, min_size=len(passed), max_size=len(passed)))
    of_tests = data.draw(st.lists(teachers, min_size=5, max_size=5))

    found = cluster(passed, of_solutions, of_tests)

    members = [position for one in found.clusters for position in one.solutions]
    assert sorted(members) == list(range(len(passed)))
    assert all(passed[position] == one.tests for one in found.clusters for position in one.solutions)
    assert [one.score for one in found.clusters] == sorted((one.score for one in found.clusters), reverse=True)
    if len({*of_tests, *of_solutions}) == 1:
        assert all(one.score == len(one.solutions) * len(one.tests) for one in found.clusters)
    assert (found.best is None) == all(found.outcome(one) is Outcome.ABSTAIN for one in range(len(passed)))


def test_tests_that_their_authors_best_solutions_fail_are_disowned() -> None:
    passed = sets("01", "01", "0", "23")
    authors = [OURS, OURS, OURS, THEIRS]

    # test 2 is ours and fails our best; test 3 is theirs and passes theirs; test 4 is nobody's here
    assert disowned(passed, authors, [OURS, OURS, OURS, THEIRS, "other@1"]) == {2}


@given(PASSED)
def test_a_test_that_some_best_solution_passes_stays(passed: Sequence[frozenset[int]]) -> None:
    dropped = disowned(passed, [OURS] * len(passed), [OURS] * 5)

    best = [tests for tests in passed if len(tests) == max(map(len, passed))]
    assert dropped == set(range(5)) - frozenset.union(*best)


async def test_matrix_is_run_test_by_test() -> None:
    solutions = [Written(text=f"def f(x): return {body}", teacher=OURS) for body in ("x + x", "2 * x", "x * x")]
    tests = [Written(text=f"assert f({x}) == {y}", teacher=OURS) for x, y in ((2, 4), (3, 6), (0, 1))]

    found = await agree(FakeVerifier(), solutions, tests, "f")

    assert found.best is not None
    assert (found.best.solutions, sorted(found.best.tests)) == ((0, 1), [0, 1])


def test_solution_of_which_nothing_is_known_has_no_part() -> None:
    found = cluster([None, *sets("0", "0", ""), None], [OURS] * 5, [OURS])

    assert found.best is not None
    assert found.best.solutions == (1, 2), "two of the three that are known are most"
    assert [found.outcome(position) for position in (0, 1, 3)] == [Outcome.ABSTAIN, Outcome.PASS, Outcome.FAIL]


async def test_solution_that_the_verifier_meets_a_defect_at_is_left_out() -> None:
    def rule(check: Check, answer: Answer) -> Judgement:
        if answer.text == "deep" and check.tests == "second":
            raise RecursionError("too deep")
        return Judgement(outcome=Outcome.PASS)

    solutions = [Written(text=text, teacher=OURS) for text in ("deep", "plain")]
    tests = [Written(text=text, teacher=OURS) for text in ("first", "second")]

    found = await agree(FakeVerifier(rule=rule), solutions, tests, "f")

    assert [one.solutions for one in found.clusters] == [(1,)]
