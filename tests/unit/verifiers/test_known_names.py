"""Names that tests take from libraries without an import are told from what is under test, and from the tests' own."""

import ast
import math

import pytest

from verifiers.sandbox.inside.known_names import HOMES, is_genuine, stand_ins
from verifiers.sandbox.inside.tree_nodes import nodes_of


@pytest.mark.parametrize(
    ("tests", "names"),
    [
        pytest.param("assert isclose(f(2), 1.41)", {"isclose"}, id="comparison"),
        pytest.param("assert Counter(f('aa')) == Counter('aa')", {"Counter"}, id="both-sides"),
        pytest.param("r = f(2)\nassert isclose(r, 1.41)", {"isclose"}, id="of-a-variable"),
        pytest.param("assert f(4) == factorial(4)", {"factorial"}, id="what-is-expected"),
        pytest.param("x = randint(1, 9)\nassert f(x) == x", {"randint"}, id="argument"),
        pytest.param("assert f(1) == pi", {"pi"}, id="constant"),
        pytest.param("from math import isclose\nassert isclose(f(2), 1.41)", set(), id="imported"),
        pytest.param("from math import *\nassert isclose(f(2), 1.41)", set(), id="imported-with-all"),
        pytest.param("from solution import *\nassert isclose(f(2), 1.41)", {"isclose"}, id="all-of-the-solution"),
        pytest.param("from solution import f, isclose\nassert isclose(f(2), 1.41)", set(), id="meant-so"),
        pytest.param("def isclose(a, b): return abs(a - b) < 1\nassert isclose(f(2), 1.41)", set(), id="defined"),
        pytest.param("try: f(1)\nexcept OSError as pi: assert pi", set(), id="caught"),
        pytest.param("assert all(f(product) == product for product in (1, 2))", set(), id="in-a-comprehension"),
        pytest.param("assert lcm(4, 6) == 12\nassert f(4, 6) * lcm(4, 6) == 24", set(), id="tested-itself"),
        pytest.param("self.assertEqual(lcm(4, 6), 12)\nassert f(4, 6) * lcm(4, 6) == 24", set(), id="in-a-case"),
        pytest.param(
            "from solution import f\nassert isclose(f(2), 1.41)", {"isclose"}, id="beside-the-imported-solution"
        ),
        pytest.param("import main as m\nassert isclose(m.f(2), 1.41)", {"isclose"}, id="beside-the-solutions-module"),
        pytest.param("self.assertTrue(isclose(self.c.f(2), 1.41))", {"isclose"}, id="beside-an-object-of-a-case"),
        pytest.param("import math\nassert isclose(math.pi, 3.14)", set(), id="beside-a-library"),
        pytest.param("assert sorted(f(2)) == [1]", set(), id="built-in"),
    ],
)
def test_names_that_tests_do_not_import_are_found(tests, names):
    assert stand_ins(nodes_of(ast.parse(tests)), "f") == names


def test_the_entry_point_is_under_test_whatever_it_is_called():
    assert stand_ins(nodes_of(ast.parse("for a, b in [(4, 2)]: assert gcd(a, a + b) == b")), "gcd") == set()


def test_without_an_entry_point_all_names_are_under_test_where_there_are_no_others():
    tests = "for a, b in [(4, 6)]:\n    assert gcd(a, b) * lcm(a, b) == a * b"
    assert stand_ins(nodes_of(ast.parse(tests)), "") == set()
    assert stand_ins(nodes_of(ast.parse(tests + "\n    assert f(a, b) == gcd(a, b)")), "") == {"gcd", "lcm"}


def test_only_what_the_library_has_under_its_name_is_genuine():
    assert is_genuine("isclose", math.isclose)
    assert is_genuine("pi", math.pi)
    assert is_genuine("nan", float("nan"))
    assert not is_genuine("isclose", lambda *given: True)
    assert not is_genuine("pi", 0.0)
    assert not is_genuine("inf", 1)


def test_all_names_are_read_from_the_modules_that_are_said():
    for name in ("isclose", "Counter", "permutations", "reduce", "Fraction", "median", "heappush", "insort", "Mock"):
        assert hasattr(__import__(HOMES[name], fromlist=[name]), name)
