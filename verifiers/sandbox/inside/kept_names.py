"""Knows which names code reads, with what operators ask for under none, and which it binds."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201
# pyright: basic
import ast
import dis
import sys
import types

_OPERATIONS = {
    number: "__format__" if name.startswith("FORMAT_") else "__getitem__"
    for name, number in dis.opmap.items()
    if name.startswith("FORMAT_") or name == "BINARY_SUBSCR"
}
"""Methods that are called by no name, by the operations that do."""
_IMPORTING = (ast.Import, ast.ImportFrom, ast.If, ast.Try, ast.With)


def codes_in(code, left_out=()):
    """A function's code, and that of what is in it but under some names."""
    found, left = [], [code]
    while left:
        each = left.pop()
        found.append(each)
        left += [one for one in each.co_consts if isinstance(one, types.CodeType) and one.co_name not in left_out]
    return found


def read_by(code):
    """Names of variables and attributes that code reads, and of the methods by which it formats and gets items."""
    found = set()
    for each in codes_in(code):
        found.update(each.co_names)
        found |= {_OPERATIONS[one] for one in {*each.co_code[::2]} & _OPERATIONS.keys()}
    return found


def stored_by(functions, operation):
    """Names that functions bind or delete by an operation, ``STORE_GLOBAL`` or ``STORE_ATTR``."""
    found = set()
    for code in [each for one in functions for each in codes_in(one.__code__)]:
        if dis.opmap[operation] in code.co_code[::2]:
            found |= {step.argval for step in dis.get_instructions(code) if step.opname == operation}
    return found


def imported_by(body):
    """What statements of a module import of what is loaded, by the names that it gets there."""
    found = {}
    for each in [node for statement in body if isinstance(statement, _IMPORTING) for node in ast.walk(statement)]:
        if isinstance(each, ast.Import):
            for one in each.names:
                name = one.name if one.asname else one.name.partition(".")[0]
                found[one.asname or name] = sys.modules.get(name)
        elif isinstance(each, ast.ImportFrom) and not each.level:
            held = vars(sys.modules[each.module]) if each.module in sys.modules else {}
            for one in each.names:
                if one.name == "*":
                    found |= {name: value for name, value in held.items() if name[:1] != "_"}
                else:
                    found[one.asname or one.name] = held.get(one.name, sys.modules.get(f"{each.module}.{one.name}"))
    return {name: value for name, value in found.items() if value is not None}
