"""Finds what an answer does to classes that a prompt defines, or beside them, by which their instances compare anew.

Where tests compare an answer's object with one of such a class, both say themselves whether they are equal. An answer
may compute with them; it may not change the class, nor bring objects that are equal to whatever they meet. Comparisons
that it writes into classes of its own, and an order where a class has none, are for its own use: its process says
whether anything else has them run (``sandbox/inside/kept_runs.py``).
"""

import ast
import builtins
from collections.abc import Iterator, Sequence

from stillroom.capabilities.python_code.module_names import variables
from stillroom.capabilities.python_code.source_nodes import (
    TooMuchCode,
    nodes,
    of_kind,
    of_kinds,
)
from stillroom.capabilities.python_code.usual_modules import are_usual

_COMPARING = frozenset(["__eq__", "__ne__", "__bool__", "__class__"])
_MAKING = frozenset((
    "__delattr__", "__dict__", "__getattr__", "__getattribute__", "__globals__", "__hash__", "__init__",
    "__init_subclass__", "__instancecheck__", "__new__", "__set_name__", "__setattr__", "__subclasshook__",
))  # fmt: skip
"""What an own class may have, and nobody has to name elsewhere."""
_HARMLESS = frozenset(["__doc__", "__name__", "__qualname__", "__wrapped__"])
_CHANGING = frozenset((
    "dataclass", "delattr", "setattr", "setitem", "total_ordering", "update", "update_wrapper", "vars", "wraps",
))  # fmt: skip
"""Functions of Python's that change a class which they are given, or give what does."""
MOST_STEPS = 150_000
"""Of following what gives a class; ordinary answers take some hundreds, and one of 2,000 lines some 20,000."""
_FOLLOWED = (ast.AnnAssign, ast.Assign, ast.Call, ast.comprehension, ast.For, ast.FunctionDef, ast.NamedExpr)


def compares_anew(own: Sequence[ast.stmt], given: Sequence[ast.stmt]) -> bool:
    """Whether statements change classes, or bring what may be equal to any instance of them.

    Args:
        own: an answer's statements that are no copy of the prompt's.
        given: the statements of the prompt.

    Raises:
        TooMuchCode: it takes too long to find out.
    """
    return (
        not (_COMPARING | _MAKING).isdisjoint(_identifiers(own))
        or not are_usual(own)
        or _Classes(own, given).are_changed(own)
    )


def _identifiers(own: Sequence[ast.stmt]) -> Iterator[str]:
    """All names and texts in code but those that are only read, and the names of a class's own methods."""
    methods = {id(each) for one in of_kind(ast.ClassDef, *own) for each in one.body}
    for node in nodes(*own):
        match node:
            case ast.Attribute(ctx=ast.Load()) | ast.Name(ctx=ast.Load()) | ast.expr_context() | ast.operator():
                pass
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                is_free = name not in _COMPARING or (id(node) in methods and name != "__class__")
                yield "" if is_free else name
            case _:
                yield from (value for _, value in ast.iter_fields(node) if isinstance(value, str))


class _Classes:
    """Knows which expressions of an answer give a class that may be the prompt's.

    Args:
        own: the answer's statements.
        given: the statements of the prompt.
    """

    def __init__(self, own: Sequence[ast.stmt], given: Sequence[ast.stmt]) -> None:
        self._names = {each.name for each in given if isinstance(each, ast.ClassDef)}
        self._functions = {"type"}
        self._own: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        for node in (*of_kind(ast.FunctionDef, *own), *of_kind(ast.AsyncFunctionDef, *own)):
            self._own.setdefault(node.name, []).append(node)
        made = {each.name for each in of_kind(ast.ClassDef, *own)}
        stored = {each.id for each in of_kind(ast.Name, *own) if isinstance(each.ctx, ast.Store)}
        stored |= {each.arg for each in of_kind(ast.arg, *own)}
        imports = [*of_kind(ast.ImportFrom, *own), *(each for each in given if isinstance(each, ast.ImportFrom))]
        taken = {(each.asname or each.name, each.name) for one in imports for each in one.names}
        renamed = {name for name, original in taken if original in _CHANGING}
        known = {name for name in vars(builtins) if not name.startswith("__")} | {name for name, _ in taken}
        self._harmless = (known | self._own.keys()) - stored - made - renamed - _CHANGING
        self._steps = MOST_STEPS
        following = of_kinds(_FOLLOWED, *own)
        before = -1
        while before < len(self._names) + len(self._functions):
            before = len(self._names) + len(self._functions)
            for node in following:
                self._follow(node)

    def _follow(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value) if self._gives(value):
                self._names |= set[str]().union(*map(variables, targets))
            case (
                ast.For(target=target, iter=value)
                | ast.comprehension(target=target, iter=value)
                | ast.NamedExpr(target=target, value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ) if self._gives(value):
                self._names |= variables(target)
            case ast.FunctionDef(name=name) if any(
                each.value is not None and self._gives(each.value) for each in of_kind(ast.Return, node)
            ):
                self._functions.add(name)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in self._own:
                self._names.update(self._received(node, self._own[name]))
            case _:
                pass

    def _received(self, call: ast.Call, functions: Sequence[ast.FunctionDef | ast.AsyncFunctionDef]) -> Iterator[str]:
        """Parameters of functions of the answer's own that get a class by a call."""
        named = {each.arg for each in call.keywords if self._gives(each.value)}
        places = [place for place, each in enumerate(call.args) if self._gives(each)]
        is_open = None in named or any(isinstance(each, ast.Starred) for each in call.args)
        if not (named or places or is_open):
            return
        for each in functions:
            given = each.args
            names = [one.arg for one in (*given.posonlyargs, *given.args)]
            self._spend(1 + len(places) + len(names))
            names = names[isinstance(call.func, ast.Attribute) and names[:1] in (["self"], ["cls"]) :]
            others = [one.arg for one in (given.vararg, given.kwarg) if one is not None]
            yield from (one for one in (*names, *(one.arg for one in given.kwonlyargs)) if one in named)
            yield from (names[place] for place in places if place < len(names))
            if is_open or (named and given.kwarg) or any(place >= len(names) for place in places):
                yield from [*others, *(names if is_open and (places or named) else ())]

    def _gives(self, node: ast.expr) -> bool:
        """Whether a class, or something of it that is no instance, is what an expression gives, or in that."""
        left = [node]  # which may be nested as deeply as Python's parser allows
        while left:
            self._spend(1)
            match each := left.pop():
                case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items) | ast.Dict(values=items):
                    left += items
                case ast.IfExp(body=one, orelse=other):
                    left += [one, other]
                case ast.BoolOp(values=items):
                    left += items
                case ast.Starred(value=one):
                    left.append(one)
                case _:
                    if self._is_of_class(each):
                        return True
        return False

    def _is_of_class(self, node: ast.expr) -> bool:
        """Whether something is a class or is reached by its attributes."""
        while isinstance(node, ast.Subscript | ast.Attribute):
            if isinstance(node, ast.Attribute) and (node.attr == "__class__" or not _is_special(node.attr)):
                return node.attr == "__class__"  # others are values, such as `Color.RED`
            node = node.value
        match node:
            case ast.Name(id=name):
                return name in self._names
            case ast.Call(func=ast.Name(id=name), args=given):
                return name in self._functions and (name != "type" or len(given) == 1)
            case _:
                return False

    def _spend(self, steps: int) -> None:
        """Raises TooMuchCode: what gives what has been followed for too long."""
        self._steps -= steps
        if self._steps < 0:
            raise TooMuchCode

    def are_changed(self, own: Sequence[ast.stmt]) -> bool:
        """Whether code writes to such a class, or gives it to what may."""
        return any(map(self._changes, of_kinds((ast.Attribute, ast.Subscript, ast.Call), *own)))

    def _changes(self, node: ast.AST) -> bool:
        match node:
            case ast.Attribute(value=owner, attr=attr, ctx=ast.Store() | ast.Del()):
                return _is_special(attr) or self._is_of_class(owner)
            case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()):
                return not isinstance(owner, ast.Name) and self._is_of_class(owner)
            case ast.Call(func=function, args=given, keywords=keywords):
                brought = [*given, *(each.value for each in keywords)]
                return not self._is_harmless(function) and any(map(self._gives, brought))
            case _:
                return False

    def _is_harmless(self, function: ast.expr) -> bool:
        """Whether what is called leaves a class as it is, or shows what it does with it."""
        match function:
            case ast.Name(id=name):
                return name in self._harmless
            case ast.Attribute(attr=attr):
                return not attr.startswith("__") and attr not in _CHANGING
            case _:
                return False


def _is_special(attr: str) -> bool:
    return attr.startswith("__") and attr.endswith("__") and attr not in _HARMLESS
