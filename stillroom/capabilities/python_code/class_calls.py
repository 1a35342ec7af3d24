"""Finds what a class is given wherever code calls it: no default of its own is taken for that."""

import ast
from collections.abc import Sequence

from stillroom.capabilities.python_code.source_nodes import nodes, of_kind


def always_given(name: str, parameters: Sequence[str], body: Sequence[ast.stmt]) -> set[int]:
    """Places of what a class is given in each call; none where code does anything else with the class.

    Args:
        name: of the class.
        parameters: names of what it may be given, in order.
        body: the statements of all code that may call it, but for its own.
    """
    everything = nodes(*body)
    called, left_alone = list[ast.Call](), set[int]()
    for node in everything:
        match node:
            case ast.Call(func=ast.Name(id=found) as function) if found == name:
                called.append(node)
                left_alone.add(id(function))
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
                left_alone |= {id(each) for each in ast.walk(kind)}
            case ast.arg(annotation=ast.expr() as said) | ast.AnnAssign(annotation=said):
                left_alone |= {id(each) for each in ast.walk(said)}
            case ast.FunctionDef(returns=ast.expr() as said):
                left_alone |= {id(each) for each in ast.walk(said)}
            case _:
                pass
    others = [each for each in of_kind(ast.Name, *body) if each.id == name and id(each) not in left_alone]
    is_made_otherwise = any(_makes_of_objects(each) for each in everything)
    places = set(range(len(parameters)))
    for each in called:
        places &= _given(each, parameters)
    return set() if others or is_made_otherwise else places


def _given(call: ast.Call, parameters: Sequence[str]) -> set[int]:
    count = next((place for place, each in enumerate(call.args) if isinstance(each, ast.Starred)), len(call.args))
    named = {each.arg for each in call.keywords}
    return {place for place, each in enumerate(parameters) if place < count or each in named}


def _makes_of_objects(node: ast.AST) -> bool:
    """Whether code asks an object for its class, of which it may make others."""
    match node:
        case ast.Name(id="type" | "cls" | "getattr") | ast.Attribute(attr="__class__" | "__new__"):
            return True
        case _:
            return False
