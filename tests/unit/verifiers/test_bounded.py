import ast

import pytest

from verifiers.bounded import Evaluator
from verifiers.bounds import TooMuch, Unsupported


@pytest.mark.parametrize(
    "expression",
    [
        "9 ** 9 ** 9",
        "1 << 10 ** 9",
        "'a' * 10 ** 9",
        "[[0] * 10 ** 6] * 10 ** 6",
        "range(10 ** 12)",
        "[x for x in range(10 ** 6) for y in range(10 ** 6)]",
        "str(7 ** 40000)",
        "'a'.replace('', 'b' * 999999)",
        "sum([[1]] * 10, [])",
        "bytes(10 ** 9)",
        "'%1000000000d' % 1",
        "().__class__",
        "open('x')",
        "(lambda: 1)()",
        "f'{1:>1000000000}'",
        "'{:>1000000000}'.format(1)",
        "'{0.__class__}'.format(1)",
        "'%*d' % (1000000000, 1)",
        "round(5, -1000000000)",
        "{x * (2 ** 61 - 1) for x in range(1000)}",
        "set([x * (2 ** 61 - 1) for x in range(1000)])",
        "dict([(x * (2 ** 61 - 1), 0) for x in range(1000)])",
        "set().union([x * (2 ** 61 - 1) for x in range(1000)])",
        "set(range(100000))",
        "math.lcm(7 ** 30000, 11 ** 30000)",
        "str(['a' * 500000] * 1000)",
        "[[0] * 1000] * 100000",
    ],
)
def test_the_evaluator_refuses_before_it_computes(expression):
    with pytest.raises((Unsupported, TooMuch)):
        Evaluator({}).value(ast.parse(expression, mode="eval").body)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[1, 2] + [3]", [1, 2, 3]),
        ("{x: x * 2 for x in range(3)}", {0: 0, 1: 2, 2: 4}),
        ("'a,b'.split(',')", ["a", "b"]),
        ("sorted({3, 1}, reverse=True)", [3, 1]),
        ("1 < 2 < 3 and not None", True),
        ("[*range(3)][::-1]", [2, 1, 0]),
        ("isinstance(True, int)", True),
        ("math.pi > 3", True),
        ("1 if [] else 2", 2),
        ("list(map(str, [1, 2]))", ["1", "2"]),
        ("sorted(['bb', 'a', 'cc'], key=len, reverse=True)", ["bb", "cc", "a"]),
        ("min([3, -1, 2], key=abs)", -1),
        ("max([], key=len, default=4)", 4),
        ("f'{3.14159:.2f}|{7:>3}|{(1, 2)!r}|{{}}'", "3.14|  7|(1, 2)|{}"),
        ("'%05.1f%% of %s' % (99.44, [1])", "099.4% of [1]"),
        ("'{1}-{0:03d} {{x}}'.format(7, 'a')", "a-007 {x}"),
        ("type([]).__name__", "list"),
        ("set([1] * 5000) | {-1, -2}", {1, -1, -2}),
        ("round(1234.567, -2)", 1200.0),
    ],
)
def test_the_evaluator_agrees_with_python(expression, value):
    assert Evaluator({}).value(ast.parse(expression, mode="eval").body) == value


@pytest.mark.parametrize(
    "expression",
    [
        "list(set('hello'))",
        "tuple({'a', 'b'})",
        "str({'a', 'b'})",
        "repr([{'a', 'b'}])",
        "f\"{set('ab')}\"",
        "'%s' % [{'a', 'b'}]",
        "'{}'.format({('a', 1), ('b', 2)})",
        "''.join({'a', 'b'})",
        "[c for c in {'a', 'b'}]",
        "{c: 1 for c in {'a', 'b'}}",
        "[*{'a', 'b'}]",
        "list(map(str, {'a', 'b'}))",
        "list(enumerate({'a', 'b'}))",
        "list(zip({'a', 'b'}, [1, 2]))",
        "sorted({'aa', 'bb'}, key=len)",
    ],
)
def test_the_order_of_a_set_of_texts_is_left_to_a_process(expression):
    with pytest.raises(Unsupported):
        Evaluator({}).value(ast.parse(expression, mode="eval").body)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("sorted({'b', 'a'})", ["a", "b"]),
        ("sorted(c + 'x' for c in {'b', 'a'})", ["ax", "bx"]),
        ("all(c in 'ab' for c in {'a', 'b'})", True),
        ("{c * 2 for c in {'a', 'b'}} == {*{'aa', 'bb'}}", True),
        ("len({'a', 'b'} | {'c'})", 3),
        ("max({'a', 'b'})", "b"),
        ("list({'a'}) + list({1, 2})", ["a", 1, 2]),
        ("str({3})", "{3}"),
    ],
)
def test_what_has_no_order_needs_none(expression, value):
    assert Evaluator({}).value(ast.parse(expression, mode="eval").body) == value
