"""Knows methods of a prompt that judge nothing: they give a constant, what they get, a field, or a text of fields.

``def speak(self): return "..."`` is there for others to say more. What an answer's ``Dog`` says instead is what is
asked for, and what the prompt's own would say decides nothing.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202
# pyright: basic
import dis

from kept_names import codes_in

_NO_STEPS = frozenset(("CACHE", "EXTENDED_ARG", "NOP", "PRECALL", "PUSH_NULL", "RESUME"))
_OF_TEXT = frozenset((
    "BINARY_OP", "BUILD_STRING", "BUILD_TUPLE", "CALL", "CONVERT_VALUE", "FORMAT_SIMPLE", "FORMAT_VALUE",
    "FORMAT_WITH_SPEC", "LOAD_ATTR", "LOAD_CONST", "LOAD_FAST", "LOAD_GLOBAL", "LOAD_METHOD", "RETURN_VALUE",
))  # fmt: skip
"""What makes a text of fields: no comparison, no branch, no loop."""
_CALLED = frozenset(("__class__", "__name__", "capitalize", "format", "lower", "str", "title", "type", "upper"))
_JOINING = frozenset(("%", "+"))


def is_constant(function, _):
    """Whether all that a function does is to give a constant, or what it is given."""
    names = [each.opname for each in _steps(function)]
    return names in (["RETURN_CONST"], ["LOAD_CONST", "RETURN_VALUE"], ["LOAD_FAST", "RETURN_VALUE"])


def is_field_of(function, is_its):
    """Whether all that it does is to give what an object has.

    Args:
        function: the function.
        is_its: says of a name whether the prompt has a method or a property under it, so that an object has more there.
    """
    steps = _steps(function)
    names = [each.opname for each in steps]
    return names == ["LOAD_FAST", "LOAD_ATTR", "RETURN_VALUE"] and not is_its(steps[1].argval)


def is_text(function, is_its):
    """Whether a function makes a text of what an object has, one way for all."""
    steps = _steps(function)
    return (
        all(each.opname in _OF_TEXT for each in steps)
        and any(each.opname == "LOAD_CONST" and type(each.argval) is str for each in steps)
        and all(each.argrepr in _JOINING for each in steps if each.opname == "BINARY_OP")
        and not any(each not in _CALLED and is_its(each) for each in function.__code__.co_names)
        and all(each.argval in _CALLED for each in steps if each.opname in ("LOAD_GLOBAL", "LOAD_METHOD"))
    )


def is_raising(function):
    """Whether a function raises, other than to say that it is to be written."""
    codes = codes_in(function.__code__)
    return any(
        dis.opmap["RAISE_VARARGS"] in code.co_code[::2] and "NotImplementedError" not in code.co_names for code in codes
    )


def _steps(function):
    return [each for each in dis.get_instructions(function.__code__) if each.opname not in _NO_STEPS]
