"""Finds the classes of a prompt whose methods tests ask, whether or not they name the class.

``assert solve(3).is_solved()`` lets whatever ``solve`` returns judge itself, where the prompt has a ``Board`` for that.
"""

import ast
from collections.abc import Iterator, Sequence

from stillroom.capabilities.python_code.lasting import is_for_answer
from stillroom.capabilities.python_code.module_names import FUNCTION
from stillroom.capabilities.python_code.source_nodes import of_kinds

_OF_DATA = frozenset(name for kind in (str, bytes, int, float, list, tuple, dict, set) for name in dir(kind))
"""What tests ask of data, too: it shows no object."""


def judging_classes(given: Sequence[ast.stmt], tests: ast.AST, entry_point: str) -> set[str]:
    """Names of classes of a prompt that have a method or property, as no data has it, for which the tests ask.

    Args:
        given: the statements of the prompt.
        tests: the tests.
        entry_point: what is asked for: of that class, methods are under test.
    """
    named = set(attributes([tests])) - _OF_DATA
    classes = (each for each in given if isinstance(each, ast.ClassDef) and each.name != entry_point)
    return {each.name for each in classes if not named.isdisjoint(methods([each]))}


def methods(statements: Sequence[ast.stmt]) -> set[str]:
    """Names of the methods and properties that have a body, of the classes among statements, special ones apart."""
    classes = (each for each in statements if isinstance(each, ast.ClassDef))
    inner = (each for one in classes for each in one.body if isinstance(each, FUNCTION) and not is_for_answer(each))
    return {each.name for each in inner if not each.name.startswith("__")}


def attributes(pieces: Sequence[ast.AST]) -> Iterator[str]:
    """Names of attributes in code, and texts, which may be some."""
    for node in of_kinds((ast.Attribute, ast.Constant), *pieces):
        match node:
            case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                yield name
            case _:
                pass
