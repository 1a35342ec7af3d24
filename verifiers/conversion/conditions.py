"""Takes assertions apart into the conditions on which they hang: what is compared, and what has to be true."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_OPERATORS: dict[str, ast.cmpop] = {
    "assertEqual": ast.Eq(),
    "assertEquals": ast.Eq(),
    "assertAlmostEqual": ast.Eq(),
    "assertListEqual": ast.Eq(),
    "assertCountEqual": ast.Eq(),
    "assertIs": ast.Is(),
    "assertNotEqual": ast.NotEq(),
    "assertLess": ast.Lt(),
    "assertLessEqual": ast.LtE(),
    "assertGreater": ast.Gt(),
    "assertGreaterEqual": ast.GtE(),
    "assertIn": ast.In(),
}
_TRUTHS = {"assertTrue": True, "assert_": True, "assertFalse": False}


@dataclass(frozen=True, slots=True)
class Condition:
    """A value that has to be true, or not.

    Attributes:
        value: the value.
        is_meant: whether it has to be true.
    """

    value: ast.expr
    is_meant: bool = True


@dataclass(frozen=True, slots=True)
class Compared:
    """Two values that are compared."""

    left: ast.expr
    operator: ast.cmpop
    right: ast.expr


def conditions(tree: ast.Module) -> Iterator[Condition | Compared]:
    """The conditions of all assertions, in no order."""
    for node in ast.walk(tree):
        match node:
            case ast.Assert(test=test):
                yield from _of(test, is_meant=True)
            case ast.If(test=test, body=body) if any(isinstance(each, ast.Raise) for each in body):
                yield from _of(test, is_meant=False)
            case ast.Call(func=ast.Attribute(attr=name), args=[value, *_]) if name in _TRUTHS:
                yield from _of(value, is_meant=_TRUTHS[name])
            case ast.Call(func=ast.Attribute(attr=name), args=[left, right, *_]) if name in _OPERATORS:
                yield from _of(ast.Compare(left, [_OPERATORS[name]], [right]), is_meant=True)
            case ast.Call(func=ast.Attribute(attr="assertIsNone" | "assertIsNotNone" as name), args=[value, *_]):
                yield Condition(value, name == "assertIsNotNone")
            case _:
                pass


def _of(test: ast.expr, *, is_meant: bool) -> Iterator[Condition | Compared]:
    match test:
        case ast.Call(func=ast.Name(id="bool" | "all" | "any"), args=[inner]):
            yield from _of(inner, is_meant=is_meant)
        case ast.GeneratorExp(elt=inner) | ast.ListComp(elt=inner):
            yield from _of(inner, is_meant=is_meant)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            yield from _of(inner, is_meant=not is_meant)
        case ast.BoolOp(values=values):
            for each in values:
                yield from _of(each, is_meant=is_meant)
        case ast.Compare(left=inner, ops=[op], comparators=[ast.Constant(value=bool() | None as value)]):
            is_same = isinstance(op, ast.Eq | ast.Is)
            yield from _of(inner, is_meant=bool(value) == is_same if is_meant else bool(value) != is_same)
        case ast.Compare(left=left, ops=operators, comparators=others):
            for one, operator, other in zip((left, *others), operators, others, strict=False):
                yield Compared(one, operator, other)
        case _:
            yield Condition(test, is_meant)
