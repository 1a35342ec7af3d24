"""Which names a piece of source reads, and which it binds."""

import ast
from collections.abc import Iterable, Iterator
from typing import cast

Function = ast.FunctionDef | ast.AsyncFunctionDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_CONSTANT = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.operator, ast.unaryop, ast.expr_context)


def names_in(node: ast.AST) -> set[str]:
    """All names that stand in a piece of source, attributes included."""
    return variables_in(node) | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def variables_in(node: ast.AST) -> set[str]:
    """All variables that stand in it, read or bound."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _targets(node: ast.AST) -> set[str]:
    """Names that a target binds: those of ``a, b`` and none of ``a.b`` or ``a[b]``."""
    match node:
        case ast.Name(id=name):
            return {name}
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return {name for item in items for name in _targets(item)}
        case ast.Starred(value=value):
            return _targets(value)
        case _:
            return set()


def bound_by(node: ast.stmt) -> set[str]:
    """Names that a statement may bind in its block."""
    return {name for each in _own(node) for name in _binds(each)}


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, without the bodies of functions, classes and comprehensions."""
    yield node
    if isinstance(node, (*DEFINITIONS, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return
    for child in ast.iter_child_nodes(node):
        yield from _own(child)


def _binds(node: ast.AST) -> set[str]:
    match node:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {(each.asname or each.name).partition(".")[0] for each in names}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.ExceptHandler(name=str(name)):
            return {name}
        case ast.Name(id=name, ctx=ast.Store()):
            return {name}
        case _:
            return set()


def binds_for_good(node: ast.stmt, name: str) -> bool:
    """Whether what a statement binds to a name cannot be changed: a module, a definition, a number."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.Assign(targets=[ast.Name(id=target)], value=value):
            return target == name and all(isinstance(each, _CONSTANT) for each in ast.walk(value))
        case _:
            return False


def rebound_by(node: ast.stmt) -> set[str]:
    """Names that a statement binds whatever happens, so that what they stood for before is not needed."""
    match node:
        case ast.Assign(targets=targets):
            return {name for target in targets for name in _targets(target)}
        case ast.AnnAssign(target=target, value=ast.expr()):
            return _targets(target)
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return _binds(node)
        case _:
            return set()


def free(node: ast.AST) -> set[str]:
    """Names that a piece of source reads and has not bound itself by then."""
    match node:
        case ast.Assign(targets=targets, value=value):
            return free(value) | {name for each in targets for name in variables_in(each) - _targets(each)}
        case (
            ast.For(target=target, iter=source, body=body, orelse=orelse)
            | ast.AsyncFor(target=target, iter=source, body=body, orelse=orelse)
        ):
            return free(source) | (_read(body) | _read(orelse)) - _targets(target)
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            named = {name for each in items if each.optional_vars for name in _targets(each.optional_vars)}
            return {name for each in items for name in free(each.context_expr)} | _read(body) - named
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            given = node.args
            around = [*node.decorator_list, *given.defaults, *(each for each in given.kw_defaults if each is not None)]
            return {name for each in around for name in free(each)} | _read(node.body) - parameters(node)
        case ast.ClassDef(bases=bases, keywords=keywords, decorator_list=decorators, body=body):
            return {name for each in [*bases, *keywords, *decorators] for name in free(each)} | _read(body)
        case ast.Lambda(args=given, body=value):
            own = {each.arg for each in ast.walk(given) if isinstance(each, ast.arg)}
            return free(value) - own
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            bound = {name for each in node.generators for name in _targets(each.target)}
            return {name for each in ast.iter_child_nodes(node) for name in free(each)} - bound
        case ast.ExceptHandler(type=kind, name=bound, body=body):
            return (free(kind) if kind is not None else set[str]()) | _read(body) - {bound or ""}
        case ast.Name(id=name):
            return {name}
        case _:
            blocks = [_block(value) for _, value in ast.iter_fields(node)]
            inside = {id(each) for block in blocks for each in block}
            others = (each for each in ast.iter_child_nodes(node) if id(each) not in inside)
            found = {name for each in others for name in free(each)}
            return found.union(*(_read(block) for block in blocks))


def parameters(function: Function) -> set[str]:
    """The names of a function's parameters."""
    given = function.args
    more = [each for each in (given.vararg, given.kwarg) if each is not None]
    return {each.arg for each in [*given.posonlyargs, *given.args, *given.kwonlyargs, *more]}


def fixtures_of(node: ast.stmt) -> set[str]:
    """Names by which tests and fixtures of pytest may ask for fixtures: those of their parameters."""
    functions = [each for each in ast.walk(node) if isinstance(each, Function)] if isinstance(node, DEFINITIONS) else []
    asking = [each for each in functions if each.name.startswith("test") or each.decorator_list]
    return {name for each in asking for name in parameters(each)}


def _read(body: Iterable[ast.stmt]) -> set[str]:
    found: set[str] = set()
    bound: set[str] = set()
    for node in body:
        found |= free(node) - bound
        bound |= rebound_by(node)
    return found


def _block(value: object) -> list[ast.stmt]:
    """The statements in a field of a node, where there are some."""
    if not isinstance(value, list):
        return []
    return [each for each in cast("list[object]", value) if isinstance(each, ast.stmt)]
