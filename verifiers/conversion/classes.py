"""Tells classes of the solution from functions by how the tests use what a name makes.

``Fib(10) == 55`` does not say that ``Fib`` is a class, however it is written: only an object has attributes and methods
that no data has. What is compared with data is data, until that is known.
"""

import ast

_DATA = (list, tuple, dict, set, frozenset, str, bytes, bytearray, int, float, complex, bool)
_OF_DATA = frozenset(name for kind in _DATA for name in dir(kind))


def is_class_name(name: str) -> bool:
    """Whether a name is written as classes are."""
    return name.lstrip("_")[:1].isupper()


def class_names(tree: ast.Module) -> frozenset[str]:
    """Names that are written as classes are, and which have, or whose results have, attributes that no data has."""
    made: dict[str, set[str]] = {}  # by variable: the names that may have made what it holds
    used: list[ast.expr] = []  # as no data can be used
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and (maker := _maker(node.value)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    made.setdefault(target.id, set()).add(maker)
        elif isinstance(node, ast.Attribute) and node.attr not in _OF_DATA:
            used.append(node.value)
    found = {maker for each in used if (maker := _maker(each))}
    found |= {each.id for each in used if isinstance(each, ast.Name) and is_class_name(each.id)}
    return frozenset(found.union(*(made.get(each.id, ()) for each in used if isinstance(each, ast.Name))))


def _maker(node: ast.expr | None) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name)) if is_class_name(name):
            return name
        case _:
            return ""
