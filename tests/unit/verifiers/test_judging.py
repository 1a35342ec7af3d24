"""What a solution's process reports is held against the tests as Python itself would hold it."""

import marshal

import pytest

from stillroom.records import Outcome
from stillroom.records.execution import Ending, Execution, Raised, Reading, Reported, TestsRun, TestUnit
from verifiers.judging import NeedsProcess, judge_calls, judge_tests
from verifiers.plan import Converted, convert


def value(data: object) -> Reading:
    return Reading(reported=Reported.VALUE, data=marshal.dumps(data, 2))


def raised(*names: str) -> Reading:
    return Reading(reported=Reported.RAISED, raised=Raised(type_name=names[0], base_names=names))


OPAQUE = Reading(reported=Reported.OPAQUE, name="Fib")


def judge(tests: str, *readings: Reading, entry_point: str = "f"):
    plan = convert(tests, entry_point)
    assert isinstance(plan, Converted), plan
    return judge_calls(plan, Execution(ending=Ending.DONE, readings=readings))


@pytest.mark.parametrize(
    ("tests", "data"),
    [
        pytest.param("assert sorted(map(sorted, f(1))) == [[1, 2], [3]]", [[3], [2, 1]], id="map"),
        pytest.param("assert list(map(list, f(1))) == [[1], [2]]", [(1,), (2,)], id="map-list"),
        pytest.param("assert f'{f(2):.2f}' == '1.41'", 1.4142, id="f-string"),
        pytest.param("assert '%.2f' % f(2) == '1.41'", 1.4142, id="percent"),
        pytest.param("assert '{}, {:>3}'.format(f(2), 1) == '1,   1'", 1, id="format"),
        pytest.param("assert sorted(f(1), key=len) == ['b', 'aa']", ["aa", "b"], id="key"),
        pytest.param("assert max(f(1), key=abs) == -3", [1, -3, 2], id="max-by-key"),
        pytest.param("assert f(1).split(sep=',') == ['a', 'b']", "a,b", id="keywords-of-methods"),
        pytest.param("assert sum(f(1)) == 44999850000", list(range(300000)), id="long"),
    ],
)
def test_what_the_driver_knows_is_answered_there(tests, data):
    assert judge(tests, value(data)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param(f"assert all({' and '.join(['x >= 0'] * 12)} for x in f(1))", id="work"),
        pytest.param("assert set(f(1)) == set(range(20000))", id="keys"),
        pytest.param("assert str(f(1)[:1] * 500000) == ''", id="size"),
    ],
)
def test_more_than_the_driver_does_is_no_wrong_answer(tests):
    with pytest.raises(NeedsProcess):
        judge(tests, value(list(range(20000))))


def test_a_value_that_takes_too_long_to_read_is_no_wrong_answer():
    with pytest.raises(NeedsProcess):
        judge("assert f(1) == 3", value(dict.fromkeys(range(50000), 0)))


def test_one_assertion_that_fails_is_enough():
    tests = "assert f(1) == 1\nassert f(2) == 2"
    assert judge(tests, OPAQUE, value(3)).reason == "wrong-answer"
    with pytest.raises(NeedsProcess):
        judge(tests, OPAQUE, value(2))


UNDERNEATH = Reading(reported=Reported.VALUE, data=marshal.dumps({"a": 1}, 2), is_exact=False)


@pytest.mark.parametrize("question", ["f('a')['z'] == 0", "f('a') == {'a': 2}", "f('a') + f('a') == {'a': 2}"])
def test_data_underneath_another_type_shows_no_wrong_answer(question):
    with pytest.raises(NeedsProcess):
        judge(f"assert {question}", *[UNDERNEATH] * question.count("f("))


def test_data_underneath_another_type_is_as_good_where_the_assertion_holds():
    assert judge("assert f('a') == {'a': 1}\nassert f('a')['a'] == 1", UNDERNEATH, UNDERNEATH).outcome is Outcome.PASS
    assert judge("assert f('a') == {'a': 1}\nassert f(2) == 3", UNDERNEATH, value(2)).reason == "wrong-answer"


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert Fib(10) == 55", id="call"),
        pytest.param("x = Fib(10)\nassert x == 55", id="name"),
        pytest.param("assert [Fib(10)] == [55]", id="nested"),
        pytest.param("assert 55 >= Fib(10)", id="order"),
        pytest.param("assert Fib(10) in (55, 56)", id="in"),
        pytest.param("assert Fib(10) == Fib(9) + 21", id="sum"),
        pytest.param("v = Vec(1, 2)\nassert v.norm() > 0\nassert v == (1, 2)", id="class"),
    ],
)
def test_an_object_does_not_decide_that_it_equals_data(tests):
    plan = convert(tests, "f")
    assert isinstance(plan, Converted), plan
    shown = repr([step for step in plan.steps if step.kind == "op"])
    assert not any(each in shown for each in ("55", "56", "2)"))
    readings = [
        OPAQUE if position in question.objects else value(1)
        for question in plan.questions
        for position in question.readings
    ]
    found = judge_calls(plan, Execution(ending=Ending.DONE, readings=tuple(readings)))
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:object-against-data")


@pytest.mark.parametrize(
    ("expected", "names", "is_met"),
    [
        pytest.param("IOError", ("OSError", "Exception"), True, id="alias"),
        pytest.param("EnvironmentError", ("FileNotFoundError", "OSError"), True, id="alias-of-base"),
        pytest.param("LookupError", ("KeyError", "LookupError", "Exception"), True, id="base"),
        pytest.param("(TypeError, IOError)", ("OSError",), True, id="tuple"),
        pytest.param("Exception", ("Own", "Exception"), True, id="own"),
        pytest.param("KeyError", ("LookupError", "Exception"), False, id="not-the-derived"),
        pytest.param("ValueError", ("TypeError", "Exception"), False, id="other"),
    ],
)
def test_an_expected_exception_is_known_by_its_family(expected, names, is_met):
    found = judge(f"import pytest\nwith pytest.raises({expected}):\n    f(1)", raised(*names))
    assert found.outcome is (Outcome.PASS if is_met else Outcome.FAIL)


def test_a_name_of_the_solution_for_a_built_in_exception_is_looked_up_in_a_process():
    with pytest.raises(NeedsProcess):
        judge("import pytest\nwith pytest.raises(MyError):\n    f(1)", raised("ValueError", "Exception"))


def test_what_comes_before_a_block_that_must_raise_must_not():
    tests = "import pytest\ns = Stack(1)\nwith pytest.raises(ValueError):\n    s.pop()"
    error = raised("ValueError", "Exception")
    assert judge(tests, error, error).outcome is Outcome.FAIL
    assert judge(tests, value(1), error).outcome is Outcome.PASS


def test_a_statement_that_raises_fails_the_answer():
    tests = "x = [2, 1]\nf(x)\nassert x == [1, 2]\nf(x)"
    done, error = value(1), raised("ValueError", "Exception")
    assert judge(tests, done, value([1, 2]), done).outcome is Outcome.PASS
    assert judge(tests, error, value([1, 2]), done).reason == "exception:ValueError"
    assert judge(tests, done, value([1, 2]), error).reason == "exception:ValueError"


def test_what_python_may_leave_out_is_not_held_against_the_answer():
    with pytest.raises(NeedsProcess):
        judge("assert f(1) == 1 or f(-1) == 1", value(1), raised("ValueError", "Exception"))


def test_unpacking_takes_as_many_values_as_there_are_names():
    tests = "a, b = f(1)\nassert a == 1 and b == 2"
    assert judge(tests, value(2), value(1), value(2)).outcome is Outcome.PASS
    assert judge(tests, value(3), value(1), value(2)).outcome is Outcome.FAIL


ABSENT = Reading(reported=Reported.ABSENT, name="expectd")


def test_a_name_that_only_the_tests_can_mean_fails_no_answer():
    found = judge("assert f(3) == expectd", value(6), ABSENT)
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:unusable")
    wrong = judge("assert f(3) == expectd\nassert f(1) == 2", value(6), ABSENT, value(3))
    assert (wrong.outcome, wrong.reason) == (Outcome.FAIL, "wrong-answer")


def test_a_function_that_the_solution_lacks_is_its_own_fault_unless_it_was_asked_for_another():
    tests = "assert f(expectd(3)) == 6"
    found = judge(tests, ABSENT)
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided")
    found = judge(tests, ABSENT, entry_point="")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "harness:wrong-name")
    found = judge(tests, ABSENT, entry_point="expectd")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "harness:wrong-name")


@pytest.mark.parametrize(
    ("more", "outcome", "reason"),
    [
        pytest.param((), Outcome.ABSTAIN, "tests:unusable", id="alone"),
        pytest.param(
            (TestUnit(name="test_b", ending="failed", raised=Raised(type_name="AssertionError")),),
            Outcome.FAIL,
            "wrong-answer",
            id="beside-a-failure",
        ),
    ],
)
def test_the_same_in_a_process(more, outcome, reason):
    missed = Raised(type_name="NameError", missing="expectd")
    units = (TestUnit(name="test_a", ending="broken-result", raised=missed), *more)
    run = TestsRun(ending=Ending.DONE, units=units, calls=1, absent="expectd")
    found = judge_tests(run, Execution(ending=Ending.DONE), "f", {"expectd"})
    assert (found.outcome, found.reason) == (outcome, reason)
    called = judge_tests(run, Execution(ending=Ending.DONE), "f")
    assert (called.outcome, called.reason) == (outcome, reason.replace("unusable", "undecided"))
    assert judge_tests(run, Execution(ending=Ending.DONE), "expectd").reason == "harness:wrong-name"
    assert judge_tests(run, Execution(ending=Ending.DONE)).reason == "harness:wrong-name"
