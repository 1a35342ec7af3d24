"""Knows which names code reads, with what operators ask for under none, and which it binds."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN201, ANN202
# pyright: basic
import ast
import dis
import sys
import types

_OPERATIONS = {number: "__getitem__" for name, number in dis.opmap.items() if name == "BINARY_SUBSCR"}
"""Methods that are called by no name, by the operations that do."""
_FORMATTING = frozenset(number for name, number in dis.opmap.items() if name.startswith("FORMAT_"))
CONVERTING = "str()"
"""Stands among the names that code reads for what makes a text of an object whose class says nothing of formats."""
CONSTRUCTING = "type()"
"""Stands among the names that code reads for what makes another object of an object's class."""
_LOOKING = frozenset(("__doc__", "__module__", "__name__", "__qualname__"))
_LOADING = ("LOAD_FAST", "LOAD_DEREF", "LOAD_NAME", "LOAD_GLOBAL")
_NO_STEPS = frozenset(("PRECALL", "CACHE", "PUSH_NULL", "EXTENDED_ARG", "RESUME", "NOP"))
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
        if any(type(one) is str and "%" in one for one in each.co_consts):
            found |= {"__format__", CONVERTING}
        if not _FORMATTING.isdisjoint(each.co_code[::2]):
            found |= _formats(each)
        if not {"type", "__class__"}.isdisjoint(each.co_names) and _constructs(each):
            found.add(CONSTRUCTING)
    return found


def _formats(code):
    """What a code's formats call: of the name of a class nothing, and nothing but ``__format__`` where they say how."""
    steps, found = [each for each in dis.get_instructions(code) if each.opname not in _NO_STEPS], set()
    for at, each in enumerate(steps):
        if each.opname.startswith("FORMAT_") and not _is_name_of_a_class(steps, at):
            before = steps[at - 1]
            is_said = before.opname == "LOAD_CONST" and type(before.argval) is str and bool(before.argval)
            is_plain = each.opname == "FORMAT_VALUE" and each.argval == (None, True) and is_said
            found |= {"__format__"} if is_plain and not each.is_jump_target else {"__format__", CONVERTING}
    return found


def _is_name_of_a_class(steps, at):
    """Whether what a step formats is ``type(x).__name__`` or ``x.__class__.__name__`` of a variable."""
    if at < 3 or steps[at].argval != (None, False) or any(each.is_jump_target for each in steps[at - 2 : at + 1]):
        return False
    given, of = steps[at - 1], steps[at - 2]
    if given.opname != "LOAD_ATTR" or given.argval != "__name__":
        return False
    is_class = of.opname == "LOAD_ATTR" and of.argval == "__class__" and steps[at - 3].opname.startswith(_LOADING)
    return is_class or (at >= 4 and steps[at - 4].argval == "type" and _is_type_of(steps, at - 4))


def _constructs(code):
    """Whether code may do more with an object's class than to compare it, or to look for its name."""
    steps = [each for each in dis.get_instructions(code) if each.opname not in _NO_STEPS]
    for at, each in enumerate(steps):
        if each.argval == "type" and each.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            if not _is_type_of(steps, at):
                return True
            first, following = at, at + 3
        elif each.argval == "__class__":
            first, following = at - 1, at + 1
        else:
            continue
        is_told = [one.argval for one in steps[first - 2 : first - 1]] in (["isinstance"], ["issubclass"])
        is_asked = is_told and [(one.opname, one.arg) for one in steps[following : following + 1]] == [("CALL", 2)]
        if not is_asked and not _is_looked_at(steps, following):
            return True
    return False


def _is_type_of(steps, at):
    """Whether ``type(x)`` of a variable is what begins at a step."""
    following = steps[at + 1 : at + 3]
    return [(each.opname == "CALL", each.opname.startswith(_LOADING)) for each in following] == [
        (False, True),
        (True, False),
    ]


def _is_looked_at(steps, at):
    """Whether the class that lies on the stack before a step is compared, or asked for its name."""
    depth = 1
    while at < len(steps):
        each = steps[at]
        if each.opname in ("IS_OP", "COMPARE_OP"):
            return depth <= 2
        if each.opname == "LOAD_ATTR":
            if depth == 1:
                return each.argval in _LOOKING
        elif each.opname.startswith("LOAD_") and each.opname != "LOAD_METHOD":
            depth += 1
            at += 2 if each.argval == "type" and _is_type_of(steps, at) else 0
        else:
            return False
        at += 1
    return False


def variables_by(code, *operations):
    """Names that code itself reads or binds by some operations."""
    return {step.argval for step in dis.get_instructions(code) if step.opname in operations}


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
