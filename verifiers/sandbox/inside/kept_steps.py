"""Has a prompt's classes looked after as the steps of a plan use a solution, and what it is compared with."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN202
# pyright: basic
import types

import runner
from kept_code import AFTER_CALL, LAST, OTHER
from kept_compared import ITERATORS, OPERATIONS, is_comparing

_CALLED = "called"  # no operation of a plan: a method that compares by its name
_METHODS = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)


def steps(kept, given):
    """The steps of a plan, with a look before each that may be believed."""
    others, methods, when = set(), set(), OTHER  # registers that hold what came of the solution's own; of methods
    for step in given:
        kind, register = step[0], step[1]
        if kind == "name":
            if not kept.is_original(kept.found(step[2])):
                others.add(register)
        elif kind not in ("put", "read"):  # what is read was made before, and a look comes after
            kept.look(when)
            is_others = any(each in others for each in _registers(step))
            when = AFTER_CALL if kind == "call" and is_others else OTHER
            if is_others:
                others.add(register)
        if kind == "attr" and is_comparing(step[3]):
            methods.add(register)
        elif kind == "call" and step[2] in methods and not step[4]:
            step = ("op", register, _CALLED, [(True, step[2]), *step[3]])
        yield step
    kept.look(LAST)


def _registers(step):
    """The registers that a step reads."""
    if step[0] == "attr":
        return [step[2]]
    named = [spec for _, spec in step[4]] if step[0] == "call" else []
    read = [value for is_register, value in (*step[3], *named) if is_register]
    return [step[2], *read] if step[0] == "call" else read


def operation(kept):
    """What ``runner.operation`` gives, with a look at what it compares."""

    def found(name):
        if name == _CALLED:
            return lambda method, *given: method(*watched(kept, method, given))
        usual = runner.operation(name)
        return lambda *given: usual(*watched(kept, name, given))

    return found


def watched(kept, what, given):
    """Look at what is compared, if that is compared by an operation of this name or a method; returns what to give."""
    if type(what) is str:
        if what in OPERATIONS:
            kept.tell(kept.compared.doubt(given))
            if what == "contains" and type(given[0]) in ITERATORS:
                return [_walked(kept, *given), given[1]]
        elif what == "setattr":
            kept.stores.allow(given[1])
    elif type(what) in _METHODS and is_comparing(what.__name__):
        kept.tell(kept.compared.doubt([what.__self__, *given]))
    elif type(what) is types.FunctionType and kept.is_original(what) and is_comparing(what.__name__):
        kept.tell(kept.compared.doubt(given))
    return given


def _walked(kept, items, other):
    """Items of an iterator in which a value is looked for; each is looked at before it is compared."""
    for each in items:
        kept.tell(kept.compared.doubt([each, other]))
        yield each
