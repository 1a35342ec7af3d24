"""Rewrites the tree of the tests, so that they say at run time what they ask, and what came of it.

What an assertion is worth cannot be read off the source: it may be caught by the tests themselves, stand in a loop over
nothing, or in a function that nobody calls. So each says when it is asked and whether it holds (``tests_asked.py``).
"""

# Stands alone in the container and deals in trees of any kind: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN201, ANN202
# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
import ast
import sys

from tests_kinds import SPECIAL
from tests_outline import Outline, may_fail

ASKED = "_stillroom_asked_"  # the name by which the tests reach what they report to
DEPTH = 20_000  # of calls: a sum of a few thousand terms is nested as deeply
_BROAD = frozenset(("Exception", "BaseException"))


def reporting(tree):
    """Rewrite a tree in place; returns its functions.

    ``x.__class__`` becomes ``type(x)``, too, and ``x.__hash__`` a call, which know what is an object of the solution.
    """
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, DEPTH))
    try:
        outline = Outline(tree)
    finally:
        sys.setrecursionlimit(usual)
    _say_reads(outline)
    for place, position in outline.lambdas:
        if outline.functions[position].asserts:
            _say_lambda(place, position, outline.functions[position])
    for each in reversed(outline.statements):  # what stands in one says what it does in its own words
        if each.__class__ in _STATEMENTS:
            _STATEMENTS[each.__class__](each)
        else:
            _say_caught(each, id(each) in outline.tries)
    _say_functions(outline)
    return outline.functions


def _say_reads(outline):
    """Have it said that a function is read which asserts, the tests' own or a library's."""
    asserting = {each.name for each in outline.functions if each.asserts and each.name}
    defined = {each.name for each in outline.functions}
    for name, places in outline.reads.items():
        is_judge = name not in defined and (name.startswith(("assert", "fail")) or name in outline.judges)
        is_special = name.startswith("__") and name.endswith("__")
        if name not in asserting and not is_special and not is_judge:
            continue
        for place in places:
            node = _at(place)
            if is_special and node.__class__ is not ast.Attribute:
                continue
            if name == "__class__":
                new = _call(_named("type", node), [node.value], node)
            elif is_special:
                new = _call(_named(SPECIAL, node), [node.value, ast.Constant(name, **_place(node))], node)
            elif name in asserting:
                new = _say("named", node, name, node)
            else:
                is_called = place[1] == "func" and place[0].__class__ is ast.Call
                new = _say("judging", node, node, node.lineno, not name.startswith("fail"), is_called)
            _put(place, new)


def _say_lambda(place, position, function):
    """Have a lambda say that it was made, and that it has started."""
    node = function.node
    node.body = _both(_say("started", node.body, position), node.body)
    _put(place, _say("named", node, function.name, node))


def _say_assertion(node):
    """Have an assertion say that it is asked, and whether it holds."""
    is_question = node.test.__class__ is not ast.Constant
    held = _say("held", node, node.test, node.lineno)
    node.test = _both(_say("begun", node, node.lineno), held) if is_question else held


def _say_condition(node):
    """Have a condition say that it is asked, where something fails under it."""
    if any(map(may_fail, (*node.body, *node.orelse))):
        node.test = _both(_say("asks", node), node.test)


def _say_raise(node):
    """Have it said what is raised, which may be an assertion's failure."""
    if node.exc is not None:
        node.exc = _say("raised", node, node.exc, node.lineno)


def _say_caught(node, asks):
    """Have it said which exceptions are caught: by name, or whatever there is; and whether none would have failed."""
    for each in node.handlers:
        says = _say("caught", each.body[0], not _is_broad(each.type), asks)
        each.body.insert(0, ast.Expr(says, **_place(each.body[0])))


_STATEMENTS = {
    ast.Assert: _say_assertion,
    ast.If: _say_condition,
    ast.Raise: _say_raise,
}


def _say_functions(outline):
    """Have functions say that they were made, and that they have started, after their docstrings."""
    positions = {id(each.node): position for position, each in enumerate(outline.functions)}
    for block in outline.blocks:
        said = []
        for node in block:
            said.append(node)
            if node.__class__ in (ast.FunctionDef, ast.AsyncFunctionDef):
                position = positions[id(node)]
                first = node.body[0]
                is_text = first.__class__ is ast.Expr and first.value.__class__ is ast.Constant
                node.body.insert(int(is_text), ast.Expr(_say("started", first, position), **_place(first)))
                said.append(ast.Expr(_say("made", node, position), **_place(node)))
        block[:] = said


def _is_broad(kind):
    """Whether a handler catches exceptions of whatever type."""
    kinds = kind.elts if kind.__class__ is ast.Tuple else [kind]
    return any(each is None or (each.__class__ is ast.Name and each.id in _BROAD) for each in kinds)


def _at(place):
    parent, field, position = place
    found = getattr(parent, field)
    return found if position is None else found[position]


def _put(place, node):
    parent, field, position = place
    if position is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[position] = node


def _say(method, at, *arguments):
    """A call of what the tests report to, in the place of a node."""
    place = _place(at)
    function = ast.Attribute(_named(ASKED, at), method, _LOAD, **place)
    given = [each if isinstance(each, ast.AST) else ast.Constant(each, **place) for each in arguments]
    return ast.Call(function, given, [], **place)


def _call(function, arguments, at):
    return ast.Call(function, arguments, [], **_place(at))


def _both(first, second):
    return ast.BoolOp(_AND, [first, second], **_place(second))


def _named(name, at):
    return ast.Name(name, _LOAD, **_place(at))


def _place(node):
    return {
        "lineno": node.lineno,
        "col_offset": node.col_offset,
        "end_lineno": node.end_lineno,
        "end_col_offset": node.end_col_offset,
    }


_LOAD, _AND = ast.Load(), ast.And()
