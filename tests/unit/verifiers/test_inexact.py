"""An assertion that holds of the data of a value holds of the value where it only compares."""

import ast

import pytest

from verifiers.inexact import is_said_by_data


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("r == {'a': 1}", True),
        ("not r < 3 and len(r) in (1, 2)", True),
        ("sorted(set(r)) == [-1]", True),
        ("isinstance(r, dict)", True),
        ("type(r) == dict", False),
        ("r[0] == 1", False),
        ("d['a'] == 1", True),
        ("r.get('a') == 1", False),
        ("f'{r}' == 'red'", False),
        ("'%s' % r == 'red'", False),
        ("str(r) == 'red'", False),
        ("[x for x in r] == [1]", False),
    ],
)
def test_what_only_compares_is_said_by_the_data(expression, expected):
    assert is_said_by_data(ast.parse(expression, mode="eval").body, {"r": [1], "d": {"a": 1}}) is expected
