"""A piece of source is walked through once, as ``ast.walk`` would, and what is known of it goes with it."""

import ast
import gc
import weakref

import pytest

from stillroom.capabilities.python_code.kept_trees import KeptTrees
from stillroom.capabilities.python_code.source_nodes import nodes, of_kind, of_kinds, once, weight

SOURCE = """
import math
@decorated
class Node(Base):
    val: int = 1
    def turn(self, *more, key=lambda x: x + 1):
        match more:
            case [first, *_] if first: return f"{first!r}"
        return [y for y in more]
for each in range(3):
    print(each)
"""


def test_nodes_come_in_the_order_of_walk():
    tree = ast.parse(SOURCE)
    assert nodes(tree) == [*ast.walk(tree)]
    assert nodes(*tree.body) == [node for each in tree.body for node in ast.walk(each)]


def test_nodes_of_a_kind_are_those_of_walk():
    tree = ast.parse(SOURCE)
    assert of_kind(ast.Name, *tree.body) == [
        node for each in tree.body for node in ast.walk(each) if isinstance(node, ast.Name)
    ]
    assert of_kind(ast.ClassDef, tree.body[1]) == [tree.body[1]]
    assert of_kinds((ast.For, ast.Import), *tree.body) == [tree.body[2], tree.body[0]]


def test_a_question_about_a_piece_is_answered_once():
    asked: list[ast.AST] = []
    ask = once(lambda piece: len(asked) if asked.append(piece) else type(piece).__name__)
    tree = ast.parse("x = 1")
    assert [ask(tree), ask(tree)] == ["Module", "Module"]
    assert asked == [tree]


def test_what_is_known_of_a_tree_goes_with_it():
    tree = ast.parse(SOURCE)
    for each in (tree, *tree.body):
        nodes(each)
        of_kind(ast.Name, each)
    gone = [weakref.ref(each) for each in (tree, *tree.body)]
    del tree, each
    gc.collect()
    assert [each() for each in gone] == [None] * len(gone)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("x = 1", 4, id="no-function"),
        pytest.param("if x: y = 1", 3 + 4, id="statement-in-another"),
        pytest.param("x = lambda: 1", 6 + 3, id="function"),
        pytest.param("class A:\n class B:\n  pass", 3 + 3 + 2, id="class-in-a-class"),
    ],
)
def test_what_is_in_functions_and_classes_weighs_more(source, expected):
    assert weight(ast.parse(source).body, 10**6) == expected


def test_nobody_weighs_on_beyond_what_is_asked():
    body = ast.parse("x = 1\n" * 100).body
    assert weight(body, 10) == 12
    assert weight(body, 400) == 400


def test_trees_are_kept_until_much_else_was_asked_for():
    trees = KeptTrees(most_chars=20)
    first = trees("x = 1")
    assert trees("x = 1") is first
    assert trees("x = ") is None
    trees("y = 2")
    assert trees("x = 1") is first  # asked for again, so the others go first
    trees("z = 34567")
    assert trees("x = 1") is first
    long = trees("z = '" + "a" * 50 + "'")
    assert trees("z = '" + "a" * 50 + "'") is long
    assert trees("x = 1") is not first
