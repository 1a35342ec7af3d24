"""What numpy returns stays numpy's on both sides; of what does not cross, nothing is said against the solution."""

import asyncio
import importlib.metadata

import pytest

from stillroom.records import Answer, Check, Outcome
from verifiers.python_tests import PythonTests
from verifiers.sandbox import ConfiguredExecutor

pytestmark = pytest.mark.docker

NUMPY = f"numpy=={importlib.metadata.version('numpy')}"
IMPORT = "import numpy as np\n"
SOURCE = """import numpy as np
BIG = np.int64(7)
def total(xs): return np.asarray(xs).sum()
def largest(xs): return np.asarray(xs, dtype=float).max()
def is_big(xs): return np.asarray(xs).sum() > 3
def as_type(x): return type(x).__name__
def halved(x): return x.astype(float) / 2
def label(xs): return np.array(['ab', 'c'])[0]
def day(): return np.datetime64('2024-05-01')
def span(): return np.timedelta64(3, 'D')
def each(xs): return list(np.asarray(xs))
def counts(xs): return dict(zip(*np.unique(xs, return_counts=True)))
def empty(): return np.str_('')
def matrix(xs): return np.matrix(xs)
def masked(xs): return np.ma.masked_greater(np.asarray(xs), 3)
def objects(xs): return np.array(xs, dtype=object)
def record(): return np.array([(1, 2.0)], dtype=[('a', 'i4'), ('b', 'f8')])
"""
PASSES = [
    pytest.param("assert total([1, 2]) == 3 and total([1, 2]) < 4 and total([1]) + 1 == 2", id="number"),
    pytest.param("assert not isinstance(total([1]), int) and isinstance(total([1]), np.integer)", id="no-int"),
    pytest.param("assert isinstance(largest([1]), float) and isinstance(largest([1]), np.floating)", id="float64"),
    pytest.param("assert is_big([4]) is not True and is_big([4]) and not is_big([1])", id="truth-of-numpy"),
    pytest.param("assert total([1]).dtype == np.int64 and total([1]).shape == ()", id="dtype-and-shape"),
    pytest.param("assert largest([1.234]).round(2) == 1.23 and (total([3]) == 3).all()", id="methods"),
    pytest.param(
        "assert as_type(np.float32(1)) == 'float32' and as_type(np.bool_(True)) in ('bool', 'bool_')", id="given"
    ),
    pytest.param("assert halved(np.int32(3)) == 1.5", id="method-of-a-given-one"),
    pytest.param("assert label([]) == 'ab' and label([]).upper() == 'AB'", id="text"),
    pytest.param("assert day() == np.datetime64('2024-05-01') and span() / np.timedelta64(1, 'D') == 3", id="times"),
    pytest.param("assert each([1, 2]) == [1, 2] and type(each([1])[0]) is np.int64", id="in-a-list"),
    pytest.param("assert counts([1, 1, 2]) == {1: 2, 2: 1}", id="keys"),
    pytest.param("assert empty() == '' and isinstance(empty(), np.str_)", id="empty-text"),
    pytest.param("assert BIG == 7 and BIG.dtype == np.int64", id="of-the-module"),
    pytest.param("assert total(np.array([1, 2], dtype=np.float32)).dtype == np.float32", id="float32"),
    pytest.param("assert total([1j, 2]) == 2 + 1j and total(np.array([1], dtype=np.longdouble)) == 1", id="odd-kinds"),
    pytest.param("import random\nassert sum(each(range(20000))) == sum(range(20000))", id="many"),
]
WRONG = [
    pytest.param("assert isinstance(total([1, 2]), int)", id="int"),
    pytest.param("assert is_big([4]) is True", id="is-true"),
    pytest.param("assert total([1, 2]) == 4", id="other-number"),
    pytest.param("assert type(largest([1])) is float", id="exact-type"),
    pytest.param("assert sorted(each([2, 1])) == [1, 3]", id="other-items"),
]
OTHERS = [
    pytest.param("assert (matrix([[1, 2]]) == [[1, 3]]).all()", id="matrix"),
    pytest.param("assert (objects([1, 'a']) == [1, 'b']).all()", id="object-array"),
    pytest.param("assert record() == np.array([(1, 3.0)], dtype=[('a', 'i4'), ('b', 'f8')])", id="records"),
]
UNDECIDED = [
    pytest.param("assert (matrix([[1, 2]]) == np.matrix([[1, 2]])).all()", id="matrix"),
    pytest.param("assert (matrix([[1, 2]]) == [[1, 2]]).all()", id="matrix-and-list"),
    pytest.param("assert (objects([1, 'a']) == np.array([1, 'a'], dtype=object)).all()", id="object-array"),
    pytest.param("assert record() == np.array([(1, 2.0)], dtype=[('a', 'i4'), ('b', 'f8')])", id="records"),
    pytest.param("np.testing.assert_array_equal(masked([1, 5]), np.array([1, 5]))", id="masked"),
    pytest.param("assert matrix([[1]]) > 0", id="order"),
]


@pytest.fixture(scope="module")
def judged():
    """Judges tests of ``SOURCE`` in an image that has numpy."""
    loop = asyncio.new_event_loop()
    executor = ConfiguredExecutor(libraries=(NUMPY,))

    def judge(tests, source=SOURCE):
        verifier = PythonTests(executor, timeout_seconds=5.0)
        check = Check(tests=IMPORT + tests, entry_point="")
        return loop.run_until_complete(verifier.judge(check, Answer(text=source)))

    loop.run_until_complete(executor.__aenter__())
    yield judge
    loop.run_until_complete(executor.close())
    loop.close()


@pytest.mark.parametrize("tests", PASSES)
def test_scalars_are_what_they_were(judged, tests):
    found = judged(tests)
    assert found.outcome is Outcome.PASS, found


@pytest.mark.parametrize("tests", WRONG)
def test_a_scalar_is_no_number_of_pythons(judged, tests):
    found = judged(tests)
    assert found.reason == "wrong-answer", found


@pytest.mark.parametrize("tests", UNDECIDED)
def test_what_does_not_cross_fails_nobody(judged, tests):
    found = judged(tests)
    assert found.outcome is Outcome.ABSTAIN, found


@pytest.mark.parametrize("tests", OTHERS)
def test_what_does_not_cross_and_is_another_is_wrong(judged, tests):
    found = judged(tests)
    assert found.outcome is Outcome.FAIL, found


def test_no_scalar_is_an_object_that_lies(judged):
    source = (
        IMPORT + "class Lie(np.float64):\n    def __eq__(self, other): return True\n"
        "    __ge__ = __le__ = __lt__ = __gt__ = __eq__\n    __hash__ = None\ndef f(x): return Lie(0)\n"
    )
    for tests in ("assert f(2) == 1.41", "assert 1.41 <= f(2) <= 1.42", "assert np.isclose(f(2), 1.41)"):
        assert judged(tests, source).outcome is not Outcome.PASS


def test_no_claim_of_a_library_passes(judged):
    source = "class R:\n    __hash__ = None\n    def __eq__(self, other): return True\n    equals = __eq__\n"
    source += "R.__module__ = 'numpy'\nimport numpy\ndef f(x): return R()\n"
    for tests in ("assert f(2) == 1.41", "assert (f(2) == np.array([1])).all()", "assert f(2).equals(np.array([1]))"):
        assert judged(tests, source).outcome is not Outcome.PASS
