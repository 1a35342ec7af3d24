"""The mistakes that mutants have: for each place in a syntax tree, what may stand there instead.

The operators are those of mutation testing at large (Offutt et al. 1996, "An experimental determination of sufficient
mutant operators"), in the forms that Python gives them. Changes that nearly any call would notice, such as removing
the only assignment of a name, are left out: they say nothing about tests.
"""

import ast
from collections.abc import Iterator, Mapping

_ARITHMETIC: Mapping[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.FloorDiv),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Mult, ast.Mod),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitOr,),
}
_COMPARISON: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.Gt,),
    ast.Gt: (ast.Lt,),
    ast.LtE: (ast.GtE,),
    ast.GtE: (ast.LtE,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_BOUNDARY: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_PAIRS = (
    *(("min", "max"), ("any", "all"), ("floor", "ceil"), ("lower", "upper"), ("islower", "isupper")),
    *(("startswith", "endswith"), ("lstrip", "rstrip"), ("find", "rfind"), ("append", "extend")),
    *(("isdigit", "isalpha"), ("ljust", "rjust"), ("union", "intersection"), ("popleft", "pop"), ("keys", "values")),
)
_SWAPPED = {**dict(_PAIRS), **{second: first for first, second in _PAIRS}}


def changes(owner: ast.AST, node: ast.AST, assignments: Mapping[str, int]) -> Iterator[tuple[str, ast.AST | None]]:
    """Operators and what they put in the place of ``node``, a child of ``owner``; None takes it out of its list.

    Args:
        owner: the node that holds it.
        node: what is changed; it stays as it is.
        assignments: how often the program assigns each name.
    """
    match node:
        case ast.BinOp():
            for kind in _ARITHMETIC.get(type(node.op), ()):
                yield "arithmetic", ast.BinOp(left=node.left, op=kind(), right=node.right)
        case ast.AugAssign():
            for kind in _ARITHMETIC.get(type(node.op), ()):
                yield "arithmetic", ast.AugAssign(target=node.target, op=kind(), value=node.value)
            yield "deleted-statement", ast.Pass()
        case ast.Compare():
            yield from _comparisons(node)
        case ast.BoolOp():
            yield "boolean", ast.BoolOp(op=ast.And() if isinstance(node.op, ast.Or) else ast.Or(), values=node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield ("boolean" if isinstance(node.op, ast.Not) else "arithmetic"), node.operand
        case ast.Constant():
            for value in _constants(node.value):
                yield "constant", _constant(value)
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield "return-value", ast.Return(value=ast.Constant(value=None))
        case ast.If() | ast.While():
            yield "negated-condition", _with_test(node)
            if isinstance(node, ast.If) and not node.orelse:
                yield "deleted-statement", ast.Pass()
        case ast.IfExp():
            negated = ast.UnaryOp(op=ast.Not(), operand=node.test)
            yield "negated-condition", ast.IfExp(test=negated, body=node.body, orelse=node.orelse)
        case ast.comprehension(ifs=[*ifs]) if ifs:
            kept = ast.comprehension(target=node.target, iter=node.iter, ifs=[], is_async=node.is_async)
            negated = [ast.UnaryOp(op=ast.Not(), operand=ifs[0]), *ifs[1:]]
            yield (
                "negated-condition",
                ast.comprehension(target=node.target, iter=node.iter, ifs=negated, is_async=node.is_async),
            )
            yield "deleted-condition", kept
        case ast.Subscript():
            for index in _shifted(node.slice):
                yield "index-shift", ast.Subscript(value=node.value, slice=index, ctx=node.ctx)
        case ast.Break():
            yield "loop", ast.Continue()
        case ast.Continue():
            yield "loop", ast.Break()
        case ast.For():
            yield "loop-once", _once(node)
        case ast.Call():
            yield from _calls(node)
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.Delete():
            yield "deleted-statement", ast.Pass()
        case ast.Assign(targets=[target]) if _can_go(target, assignments):
            yield "deleted-statement", ast.Pass()
        case ast.keyword(arg="key" | "reverse" | "default" | "start") if isinstance(owner, ast.Call):
            yield "deleted-argument", None
        case _:
            pass


def _can_go(target: ast.expr, assignments: Mapping[str, int]) -> bool:
    """Whether what an assignment sets has another value without it."""
    if isinstance(target, ast.Name):
        return assignments[target.id] > 1
    names = [each.id for each in ast.walk(target) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
    return all(assignments[name] > 1 for name in names)


def _comparisons(node: ast.Compare) -> Iterator[tuple[str, ast.AST]]:
    for place, kind in enumerate(type(each) for each in node.ops):
        others = [("comparison", other) for other in _COMPARISON[kind]]
        if kind in _BOUNDARY:
            others.append(("boundary", _BOUNDARY[kind]))
        for operator, other in others:
            ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            yield operator, ast.Compare(left=node.left, ops=ops, comparators=node.comparators)


def _calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    """Swapped calls, and ranges that end one too early."""
    match node.func:
        case ast.Name(id=name) if name in _SWAPPED:
            yield "swapped-call", _call(node, ast.Name(id=_SWAPPED[name], ctx=ast.Load()))
        case ast.Attribute(attr=name) if name in _SWAPPED:
            yield "swapped-call", _call(node, ast.Attribute(value=node.func.value, attr=_SWAPPED[name], ctx=ast.Load()))
        case ast.Name(id="range") if node.args and not any(isinstance(each, ast.Starred) for each in node.args):
            place = 0 if len(node.args) == 1 else 1
            ended = ast.BinOp(left=node.args[place], op=ast.Sub(), right=ast.Constant(value=1))
            yield "boundary", _call(node, node.func, [*node.args[:place], ended, *node.args[place + 1 :]])
        case ast.Name(id="sorted" | "reversed" | "abs" | "set") if node.args and not isinstance(
            node.args[0], ast.Starred
        ):
            yield (
                "swapped-call",
                _call(node, ast.Name(id="list", ctx=ast.Load()), node.args[:1], [])
                if (node.func.id != "abs")
                else node.args[0],
            )
        case _:
            pass


def _call(
    node: ast.Call, func: ast.expr, args: list[ast.expr] | None = None, keywords: list[ast.keyword] | None = None
) -> ast.Call:
    return ast.Call(
        func=func,
        args=node.args if args is None else args,
        keywords=node.keywords if keywords is None else keywords,
    )


def _constants(value: object) -> tuple[object, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return (value + 1, value - 1)
    if isinstance(value, float):
        return (value + 1.0, -value) if value else (1.0,)
    if isinstance(value, str):
        return ("",) if value else (" ",)
    if isinstance(value, bytes):
        return (b"",) if value else (b" ",)
    return ()


def _constant(value: object) -> ast.expr:
    """A constant as the parser would give it: a negative number is an operator and its operand."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=-value))
    return ast.Constant(value=value)  # pyright: ignore[reportArgumentType]


def _shifted(index: ast.expr) -> Iterator[ast.expr]:
    """An index or the bounds of a slice, moved by one; constants are moved by the operator for constants."""
    if isinstance(index, ast.Slice):
        if index.lower is not None and not isinstance(index.lower, ast.Constant):
            yield ast.Slice(lower=_plus_one(index.lower), upper=index.upper, step=index.step)
        if index.upper is not None and not isinstance(index.upper, ast.Constant):
            yield ast.Slice(lower=index.lower, upper=_plus_one(index.upper), step=index.step)
    elif isinstance(index, ast.BinOp | ast.Name) and not isinstance(getattr(index, "op", None), ast.Mod):
        yield _plus_one(index)


def _plus_one(node: ast.expr) -> ast.expr:
    return ast.BinOp(left=node, op=ast.Add(), right=ast.Constant(value=1))


def _with_test(node: ast.If | ast.While) -> ast.stmt:
    negated = ast.UnaryOp(op=ast.Not(), operand=node.test)
    return type(node)(test=negated, body=node.body, orelse=node.orelse)


def _once(node: ast.For) -> ast.For:
    """The loop ends after its first round."""
    return ast.For(target=node.target, iter=node.iter, body=[*node.body, ast.Break()], orelse=node.orelse)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
