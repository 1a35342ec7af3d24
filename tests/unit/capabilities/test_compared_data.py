"""What tests ask of objects for data is told from what they ask for a truth."""

import ast

import pytest

from stillroom.capabilities.python_code.compared_data import compared_as_data


def found(code):
    return compared_as_data(ast.parse(code))


@pytest.mark.parametrize(
    ("code", "is_rich"),
    [
        ("assert x.f() == 'Woof'", True),
        ("assert 'Woof' == x.f()", True),
        ("assert x.f == 'Woof', 'not so'", True),
        ("assert x.f() == [1, 2]", True),
        ("assert x.f()[0] == 'a' and x.f()[1] == 'b'", True),
        ("assert list(x.f()) == ['a']", True),
        ("y = x.f()\nassert y == 'a'\nassert y.upper() == 'A'", True),
        ("for a, b in [(1, 'a'), (2, 'b')]:\n    assert x(a).f() == b", True),
        ("for a in ['a', 'b']:\n    assert x(a).f() == a", True),
        ("want = {'a': 0}\nassert x.f() == want", True),
        ("assert all(each.f() == 'a' for each in x)", True),
        ("class T(TestCase):\n    def test(self): self.assertEqual(x.f(), 'a')", True),
        ("assert x.f().name == 'a'", True),
        ("assert x.f() == 6", False),
        ("assert x.f() == -6", False),
        ("assert x.f() == 'a'\nassert x.f() == 3", False),
        ("assert abs(x.f() - 3.14) < 1e-6", False),
        ("assert round(x.f(), 2) == 3.14", False),
        ("assert math.isclose(x.f(), 2 * math.pi)", False),
        ("assert x.f() == pytest.approx(3.14)", False),
        ("want = 3\nassert x.f() == want", False),
    ],
)
def test_what_is_held_against_data_is_data(code, is_rich):
    assert found(code)["f"] is is_rich


@pytest.mark.parametrize(
    "code",
    [
        "assert x.f()",
        "assert not x.f()",
        "assert x.f() is None",
        "assert x.f() == True",
        "assert x.f() == None",
        "assert x.f() == 0",
        "assert x.f() == []",
        "assert x.f() == ''",
        "assert x.f() == [False, 0]",
        "assert x.f() != 'a'",
        "assert x.f() < 3",
        "assert x.f() == y.g()",
        "assert x.f() == x.f()",
        "assert x.f() == g('a')",
        "assert not (x.f() == 'a')",
        "assert x.f() == 'a' or y",
        "if x.f() == 'a': assert y",
        "assert [x.f() == 'a']",
        "assert (x.f() == 'a', 'b')",
        "x.f() == 'a'",
        "x.f()",
        "y = x.f()",
        "y = x.f()\nassert y",
        "y = x.f()\nassert y == 'a'\nif y: pass",
        "y = x.f()\nz = y\ny = z\nassert z == 'a'",
        "assert x.f() == 'a'\nassert x.f()",
        "assert x.f() == 'a'\nassert getattr(x, 'f')()",
        "want = g()\nassert x.f() == want",
        "want = 'a'\nwant = g()\nassert x.f() == want",
        "want = want + 'a'\nassert x.f() == want",
        "for a, b in [(1, 'a'), (2, True)]:\n    assert x(a).f() == b",
        "def test(want): assert x.f() == want",
        "assert (lambda: x.f() == 'a')",
        "assert g(x.f()) == 'a'",
        "assert 'a' in x.f()",
        "x.f = 3",
    ],
)
def test_what_is_more_than_held_against_data_is_none(code):
    assert "f" not in found(code)


def test_texts_of_objects_are_told_as_their_functions():
    assert found("assert str(x) == 'a'") == {"str": True}
    assert "str" not in found("assert str(x) == 'a'\nassert f'{x}' == 'a'")
    assert "repr" not in found("assert repr(x) == repr(y)")


def test_of_what_is_nested_too_deeply_nothing_is_told():
    deep = ast.parse("assert x.f() == 1")
    for _ in range(5_000):
        deep.body[0].test.comparators[0] = ast.UnaryOp(ast.USub(), deep.body[0].test.comparators[0])
    assert compared_as_data(deep) == {}


PROMPT = ast.parse(
    "class Board:\n    def state(self):\n        'It says done, or open.'\n        found = 'open'\n"
    "        if self.x: found = 'won'\n"
    "        return found\n    def size(self): return 3 if self.x else 4\n    def sum(self): return self.x + 5\n"
).body


@pytest.mark.parametrize("value", ["'won'", "'open'", "3", "4", "['won', 0]"])
def test_what_the_prompts_functions_give_themselves_is_none(value):
    assert compared_as_data(ast.parse(f"assert x.f() == {value}"), PROMPT) == {}


@pytest.mark.parametrize("value", ["'done'", "'It says done, or open.'", "5", "['won', 5]"])
def test_what_they_only_name_or_compute_is_data(value):
    assert "f" in compared_as_data(ast.parse(f"assert x.f() == {value}"), PROMPT)
