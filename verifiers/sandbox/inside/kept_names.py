"""Knows which names code reads, with what operators ask for under none."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201
# pyright: basic
import dis
import types

_OPERATIONS = {
    number: "__format__" if name.startswith("FORMAT_") else "__getitem__"
    for name, number in dis.opmap.items()
    if name.startswith("FORMAT_") or name == "BINARY_SUBSCR"
}
"""Methods that are called by no name, by the operations that do."""


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
