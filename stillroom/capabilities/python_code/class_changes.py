"""Finds what an answer does to classes that a prompt defines, or beside them, by which their instances compare anew.

Where tests compare an answer's object with one of such a class, both say themselves whether they are equal. An answer
may compute with them; it may not change the class, nor bring objects that are equal to whatever they meet.
"""

import ast
from collections.abc import Iterator, Sequence

from stillroom.capabilities.python_code.module_names import FUNCTION

_COMPARING = frozenset(["__eq__", "__ne__", "__bool__", "__class__"])
_MAKING = frozenset((
    "__delattr__", "__dict__", "__getattr__", "__getattribute__", "__globals__", "__hash__", "__init__",
    "__init_subclass__", "__instancecheck__", "__new__", "__set_name__", "__setattr__", "__subclasshook__",
))  # fmt: skip
"""What an own class may have, and nobody has to name elsewhere."""
_HARMLESS = frozenset(["__doc__", "__name__", "__qualname__", "__wrapped__"])
_USUAL_MODULES = frozenset((
    "__future__", "abc", "array", "asyncio", "base64", "bisect", "calendar", "cmath", "collections", "concurrent",
    "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "hashlib",
    "heapq", "io", "itertools", "json", "logging", "math", "numbers", "numpy", "operator", "os", "pathlib", "queue",
    "random", "re", "secrets", "statistics", "string", "struct", "sys", "textwrap", "threading", "time", "types",
    "typing", "typing_extensions", "uuid", "warnings", "weakref", "zlib",
))  # fmt: skip
"""Modules without objects that equal everything, as ``unittest.mock.ANY`` does."""
_TAKING_CLASSES = frozenset((
    "NewType", "Optional", "TypeVar", "Union", "all", "any", "asdict", "callable", "cast", "defaultdict", "dict",
    "enumerate", "field", "fields", "filter", "getattr", "hasattr", "id", "isinstance", "issubclass", "len", "list",
    "map", "max", "min", "print", "repr", "set", "sorted", "str", "super", "tuple", "type", "zip",
))  # fmt: skip
"""Functions that leave a class as it is."""


def compares_anew(own: Sequence[ast.stmt], classes: set[str], entry_point: str) -> bool:
    """Whether statements change classes, or bring what may be equal to any instance of them.

    Args:
        own: an answer's statements that are no copy of the prompt's.
        classes: of the prompt.
        entry_point: what is asked for; if it is a class, its own comparison is under test.
    """
    asked = {each for each in own if isinstance(each, ast.ClassDef) and each.name == entry_point}
    others = [each for each in own if each not in asked]
    said = set(_identifiers(others)) | {name for each in asked for name in _identifiers(_inner(each))}
    return (
        not said.isdisjoint(_COMPARING | _MAKING)
        or not all(map(_is_usual, own))
        or _Classes(own, classes).are_changed(own)
    )


def _inner(asked: ast.ClassDef) -> Iterator[ast.AST]:
    """What is in a class, without its methods' names."""
    for each in asked.body:
        yield from ast.iter_child_nodes(each) if isinstance(each, FUNCTION) else (each,)


def _identifiers(nodes: Sequence[ast.AST] | Iterator[ast.AST]) -> Iterator[str]:
    """All names and texts in code but those that are only read, and a class's own methods of construction."""
    for node in (each for one in nodes for each in ast.walk(one)):
        match node:
            case ast.Attribute(ctx=ast.Load()) | ast.Name(ctx=ast.Load()):
                pass
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name if name in _COMPARING else ""
            case _:
                yield from (value for _, value in ast.iter_fields(node) if isinstance(value, str))


def _is_usual(statement: ast.stmt) -> bool:
    """Whether a statement imports nothing, or what is known to bring no object that equals all."""
    for node in ast.walk(statement):
        match node:
            case ast.Import(names=names):
                modules = [each.name for each in names]
            case ast.ImportFrom(module=module):
                modules = [module or ""]
            case _:
                continue
        if not all(each.partition(".")[0] in _USUAL_MODULES for each in modules):
            return False
    return True


class _Classes:
    """Knows which expressions of an answer give a class that may be the prompt's.

    Args:
        own: the answer's statements.
        classes: names of the prompt's.
    """

    def __init__(self, own: Sequence[ast.stmt], classes: set[str]) -> None:
        self._names = set(classes)
        self._functions = {"type"}
        nodes = [each for one in own for each in ast.walk(one)]
        before = -1
        while before < len(self._names) + len(self._functions):
            before = len(self._names) + len(self._functions)
            for node in nodes:
                self._follow(node)

    def _follow(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value) if self._gives(value):
                self._names |= {each.id for one in targets for each in ast.walk(one) if isinstance(each, ast.Name)}
            case (
                ast.For(target=target, iter=value)
                | ast.comprehension(target=target, iter=value)
                | ast.NamedExpr(target=target, value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ) if self._gives(value):
                self._names |= {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
            case ast.FunctionDef(name=name) if any(
                isinstance(each, ast.Return) and each.value is not None and self._gives(each.value)
                for each in ast.walk(node)
            ):
                self._functions.add(name)
            case _:
                pass

    def _gives(self, node: ast.expr) -> bool:
        """Whether a class, or something of it that is no instance, is what an expression gives, or in that."""
        left = [node]  # which may be nested as deeply as Python's parser allows
        while left:
            match each := left.pop():
                case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items) | ast.Dict(values=items):
                    left += items
                case ast.IfExp(body=one, orelse=other):
                    left += [one, other]
                case ast.BoolOp(values=items):
                    left += items
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

    def are_changed(self, own: Sequence[ast.stmt]) -> bool:
        """Whether code writes to such a class, or gives it to what may."""
        return any(self._changes(each) for one in own for each in ast.walk(one))

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
        match function:
            case ast.Name(id=name):
                return name in _TAKING_CLASSES
            case ast.Attribute(attr=attr):
                return not attr.startswith("__") and attr not in ("dataclass", "total_ordering", "setitem", "update")
            case _:
                return False


def _is_special(attr: str) -> bool:
    return attr.startswith("__") and attr.endswith("__") and attr not in _HARMLESS
