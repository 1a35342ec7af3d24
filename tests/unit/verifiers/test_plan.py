import pytest

from verifiers.plan import Converted, Unconvertible, convert


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert f(1) == 2", id="literal"),
        pytest.param("assert f([0] * 1000, -1) == float('inf')", id="constant-expressions"),
        pytest.param("assert f(set(), frozenset({1}), b'x', 1j) == {}", id="kinds-of-data"),
        pytest.param("assert abs(f(1.5) - 2.25) < 1e-6", id="predicate"),
        pytest.param("import math\nassert math.isclose(f(2), 1.4142135, rel_tol=1e-6)", id="math"),
        pytest.param("for x, y in [(1, 2), (2, 3)]:\n    assert f(x) == y", id="loop"),
        pytest.param("def check(candidate):\n    assert candidate(1) == 2", id="check"),
        pytest.param("def test_a():\n    assert f(1) == 2\ndef test_b():\n    assert f(2) == 3", id="functions"),
        pytest.param("x = [3, 1]\nf(x)\nassert x == [1, 3]", id="in-place"),
        pytest.param("s = Stack()\ns.push(1)\nassert s.pop() == 1\nassert len(s) == 0", id="class"),
        pytest.param("try:\n    f(-1)\n    assert False\nexcept ValueError:\n    pass", id="try"),
        pytest.param("import pytest\nwith pytest.raises((ValueError, TypeError)):\n    f(-1)", id="raises"),
        pytest.param("from solution import f\nassert f(1) == 2", id="import"),
        pytest.param("assert f(g(1)) == 2", id="nested-calls"),
        pytest.param("assert all(isinstance(x, int) for x in f(3))", id="comprehension"),
        pytest.param("assert sorted(f(3)) == [1] and f(4)[0] in (1, 2) and not f(5)", id="several"),
        pytest.param("a, b = f(1)\nassert a < b", id="unpacking"),
    ],
)
def test_tests_that_models_write_convert_to_calls(tests):
    found = convert(tests, "f")
    assert isinstance(found, Converted), found
    assert found.questions


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        pytest.param("assert f(1) ==", "tests:syntax", id="syntax"),
        pytest.param("\0", "tests:syntax", id="nul"),
        pytest.param("f(1)", "tests:no-assert", id="no-assert"),
        pytest.param("", "tests:no-assert", id="empty"),
        pytest.param("assert 1 == 1", "tests:no-call", id="constant"),
        pytest.param("x = 1  #" + "x" * 300_000, "tests:too-long", id="long"),
        pytest.param("assert " + "(" * 5000 + "1", "tests:syntax", id="nested"),
        pytest.param("def check(candidate):\n    assert candidate(1) == 2", "tests:unusable", id="no-entry-point"),
        pytest.param("g = [[1]]\nf(g[:])\nassert g == [[2]]", "tests:alias", id="rows-of-a-slice"),
        pytest.param("g = [[[1]]]\nh = [g[0][0]]\nf(g[0])\nassert h == [[2]]", "tests:alias", id="part-of-a-part"),
        pytest.param("f(1)\nassert 1 == 1", "tests:no-call", id="call-without-a-question"),
        pytest.param("f(1)\nassert True", "tests:no-assert", id="call-and-truth"),
        pytest.param("assert np.isclose(f(2), 1.41)", "tests:unusable", id="no-import"),
        pytest.param("assert f(lambda: 1) == math.pi", "tests:unusable", id="no-import-in-a-process"),
        pytest.param("assert f(0) == 0\ndef verify(g):\n    assert g(2) == 3", "tests:unusable", id="never-called"),
        pytest.param(
            "def test_a():\n    def check(g):\n        assert g(2) == 3\n    assert f(0) == 0",
            "tests:unusable",
            id="never-called-inside",
        ),
        pytest.param(
            "def test_a():\n    assert f(0) == 0\ndef test_a():\n    assert f(1) == 1",
            "tests:unusable",
            id="defined-twice",
        ),
        pytest.param("import doctest\nassert doctest.testmod().failed == 0", "tests:unusable", id="doctests"),
        pytest.param(
            "import doctest\nassert f(1) == 2\ndoctest.testmod(raise_on_error=True)",
            "tests:unusable",
            id="doctests-that-raise",
        ),
        pytest.param(
            "assert f(0) == 0\nclass A:\n    def test_a(self):\n        assert f(1)", "tests:unusable", id="no-case"
        ),
    ],
)
def test_unusable_tests_say_why(tests, reason):
    found = convert(tests, "")
    assert isinstance(found, Unconvertible)
    assert (found.reason, found.is_usable) == (reason, False)


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("import random\nassert f(random.random()) >= 0", id="random"),
        pytest.param("assert f(lambda x: x) == 1", id="callback"),
        pytest.param("class Node:\n    pass\nassert f(Node()) == 1", id="own-class"),
        pytest.param("while True:\n    assert f(1)", id="while"),
        pytest.param("assert f('a' * 10**9) == 1", id="too-much"),
        pytest.param("assert sorted(f(1), key=lambda x: -x) == []", id="key-function"),
        pytest.param("assert hash(f(1)) == 1", id="unknown-function"),
        pytest.param(
            "def teardown_module():\n    assert f(1) == 1\ndef test_a():\n    assert f(2) == 2",
            id="hooks",
        ),
        pytest.param("def same(x):\n    return x == 1\nassert same(f(1))", id="function-of-the-tests"),
        pytest.param("import pytest\nassert f(2) == pytest.approx(1.41, abs=0.01)", id="approx"),
        pytest.param("m = Money(5)\nm.spend(1)\nassert abs(m - 5) < 1e-9", id="object-less-data"),
        pytest.param("m = Money(5)\nm.spend(1)\nassert 5 - m == 0", id="data-less-object"),
        pytest.param("m = Money(5)\nm.spend(1)\nd = m - 1 - m\nassert d == 0", id="object-less-data-under-a-name"),
        pytest.param("d = f(2) - 1.41\nassert abs(d) < 1e-6", id="result-less-data-under-a-name"),
        pytest.param("m = Money(5)\nm.spend(1)\nassert m.__eq__(5)", id="operator-by-its-method"),
        pytest.param("import doctest\nassert f(1) == 2\ndoctest.testmod(verbose=True)", id="doctests-that-say-nothing"),
        pytest.param("x = [1]\nt = (1,)\nassert f(x) is t", id="identity-of-what-is-copied"),
        pytest.param("g = [[1, 2]]\nf(g[0])\nassert g == [[2, 1]]", id="part-of-a-list"),
        pytest.param("g = [[2, 1]]\nfor row in g:\n    f(row)\nassert g == [[1, 2]]", id="part-by-loop"),
        pytest.param("a = [1]\nb = [a]\nf(a)\nassert b == [[2]]", id="part-by-name"),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(f(1), 1)",
            id="unittest",
        ),
    ],
)
def test_what_needs_a_process_is_still_usable(tests):
    found = convert(tests, "f")
    assert isinstance(found, Unconvertible)
    assert found.is_usable


def test_expected_values_are_in_no_step():
    found = convert("assert f(1) == 987654321", "f")
    assert isinstance(found, Converted)
    assert "987654321" not in repr(found.steps)


def test_a_name_that_was_moved_is_read_where_it_is_asserted():
    found = convert("x = [1]\nassert f(x) is None\nassert x == [2]\ny = [1]\nassert f(y) == x", "f")
    assert isinstance(found, Converted)
    assert [question.readings for question in found.questions] == [(0,), (1,), (2, 3)]


@pytest.mark.parametrize(
    ("tests", "questions"),
    [
        pytest.param("assert f(0) == 0\ndef test_b():\n    assert f(2) == 3", 2, id="test-function"),
        pytest.param("assert f(0) == 0\ndef check(candidate):\n    assert candidate(2) == 3", 2, id="check"),
        pytest.param("def test_b():\n    assert f(2) == 3\nassert f(0) == 0\ntest_b()", 2, id="called"),
        pytest.param("assert f(0) == 0\nif __name__ == '__main__':\n    assert f(2) == 3", 2, id="main"),
    ],
)
def test_every_assertion_is_asked(tests, questions):
    found = convert(tests, "f")
    assert isinstance(found, Converted), found
    assert len(found.questions) == questions


@pytest.mark.parametrize(
    ("tests", "reads"),
    [
        pytest.param("a = [1]\nassert f(a, a) is None\nassert a == [2]", [0, 1], id="same-object-twice"),
        pytest.param("a = [1]\nb = a\nassert f(a) is None\nassert b == [2]", [0, 1], id="two-names"),
        pytest.param("a = [1]\nassert f([a, 3]) is None\nassert a == [2]", [0, 1], id="in-a-new-list"),
        pytest.param("t = ([1], 2)\nassert f(t) is None\nassert t == ([2], 2)", [0, 1], id="in-a-tuple"),
        pytest.param("a = [1]\nd = {'k': a}\nassert f(d) is None\nassert a == [2]", [0, 1], id="in-a-dict"),
        pytest.param("a = [1]\nassert f({'k': a}) is None\nassert a == [2]", [0, 1], id="in-a-new-dict"),
        pytest.param(
            "g = [[0] * 2] * 2\nassert f(g) is None\nassert g == [[1, 0], [1, 0]]", [0, 1], id="same-row-twice"
        ),
        pytest.param("for a, b in [([1], 2)]:\n    assert f(a) == b", [0], id="cases"),
        pytest.param("c = [[[1], 2], [[3], 4]]\nfor x in c:\n    assert f(x[0], x[1]) == 1", [0, 1], id="parts-beside"),
    ],
)
def test_a_change_is_read_under_every_name(tests, reads):
    found = convert(tests, "f")
    assert isinstance(found, Converted), found
    assert [each for question in found.questions for each in question.readings] == reads


def test_objects_compare_themselves_only_among_each_other():
    tests = "v = Vec(1, 2)\nassert v.x == 1\nassert v == Vec(1, 2)\nassert v + v == Vec(2, 4)\nassert v * v == 5"
    found = convert(tests, "f")
    assert isinstance(found, Converted), found
    operations = [step.name for step in found.steps if step.kind == "op"]
    assert operations == ["id", "eq", "add", "eq", "mul"]


@pytest.mark.parametrize(
    ("tests", "reads"),
    [
        pytest.param("c = Box()\nprint(c.inc())\nassert c.n == 1", 3, id="printed"),
        pytest.param("c = Box()\nprint('n', 1, end='')\nassert c.n == 1", 2, id="data-printed"),
        pytest.param("assert f(0) == 0\nprint(f(2), sep=f(3))", 3, id="after-the-last-assertion"),
    ],
)
def test_what_is_printed_is_computed(tests, reads):
    found = convert(tests, "f")
    assert isinstance(found, Converted), found
    assert sum(step.kind == "read" for step in found.steps) == reads


@pytest.mark.parametrize(
    ("tests", "given"),
    [
        pytest.param(
            "data = [3, 1]\ndef verify():\n    assert f(data) == 1\ndef test_a():\n    data = [2]\n    verify()",
            [3, 1],
            id="of-the-module",
        ),
        pytest.param(
            "def test_a():\n    data = [2]\n    def verify():\n        assert f(data) == 1\n    verify()",
            [2],
            id="around-it",
        ),
        pytest.param("data = [3]\ndef verify(data):\n    assert f(data) == 1\nverify([4])", [4], id="parameter"),
    ],
)
def test_names_in_a_function_are_those_where_it_was_written(tests, given):
    found = convert(tests, "f")
    assert isinstance(found, Converted), found
    values = [each.value for step in found.steps if step.kind == "call" for each in step.arguments]
    values += [step.value for step in found.steps if step.kind == "put"]
    assert given in values
    assert all(each in (given, None) for each in values)


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("data = []\n[data.append(i) for i in range(4)]\nassert f(data) == 6", id="comprehension"),
        pytest.param("x = [2]\nx.sort() if x else None\nassert f(x) == 6", id="conditional"),
        pytest.param(
            "assert f(0) == 0\ndef verify():\n    assert f(2) == 4\ndef main():\n    verify()", id="unreached"
        ),
        pytest.param(
            "assert f(0) == 0\ndef verify():\n    if f(2) != 4: raise AssertionError\ndef main():\n    verify()",
            id="unreached-raise",
        ),
        pytest.param(
            "b = Box()\ntry:\n    b.call()\n    b.fail()\nexcept Open:\n    pass\nassert b.n == 0", id="method-fail"
        ),
        pytest.param("try:\n    f(-1)\n    assert False\nexcept Exception:\n    pass", id="catches-its-own-failure"),
    ],
)
def test_what_only_running_the_tests_can_tell_is_left_to_a_process(tests):
    found = convert(tests, "f")
    assert isinstance(found, Unconvertible), found
    assert found.is_usable, found


def test_what_the_tests_assert_of_themselves_and_does_not_hold_fails_no_answer():
    found = convert("cases = [(1, 2), (2, 4)]\nassert len(cases) == 3\nfor a, b in cases:\n    assert f(a) == b", "f")
    assert isinstance(found, Unconvertible), found
    assert found.reason == "tests:unusable", found
    assert isinstance(convert("cases = [(1, 2)]\nassert len(cases) == 1\nassert f(1) == 2", "f"), Converted)
