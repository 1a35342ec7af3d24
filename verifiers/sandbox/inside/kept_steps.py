"""Has a prompt's classes looked after as the steps of a plan use a solution, and what it is compared with."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import types

import runner
from kept_code import AFTER_CALL, LAST, OTHER
from kept_compared import is_comparing, is_comparing_operation
from kept_data import is_iterator
from kept_holders import Holder
from link_claims import CHANGING, claims_equality
from link_standing import is_of_objects

_CALLED, _HOLDS, _READ = "called", "holds", "read"
"""No operations of a plan: what is called that compares by its name or judges, what is in what the tests use as an
object, and what is read of a value."""
_BUILT_IN = (types.BuiltinMethodType, types.MethodWrapperType)
_METHODS = (types.MethodType, *_BUILT_IN)


class Steps:
    """The steps of a plan, with a look before each that may be believed; no generator, whose frame could be seen.

    Args:
        kept: the ``kept_code.Kept`` of the solution.
        given: the steps.
    """

    def __init__(self, kept, given):
        self._kept, self._left, self._objects = kept, iter(given), _objects(given)
        self._originals, self._classes, self._methods, self._names, self._when = set(), set(), {}, {}, OTHER

    def __iter__(self):
        return self

    def __next__(self):
        for step in self._left:
            self._look_before(step)
            return self._seen(step)
        self._kept.look(LAST)
        raise StopIteration

    def _look_before(self, step):
        kept, kind, register = self._kept, step[0], step[1]
        if kind == "name":
            kept.ask(step[2])
            found = kept.found(step[2])
            self._names[register] = step[2]
            if kept.is_original(found):
                (self._classes if isinstance(found, type) else self._originals).add(register)
        elif kind not in ("put", "read"):  # what is read was made before, and a look comes after
            kept.rest()
            kept.look(self._when)
            if kind == "call":
                known = [self._names[each] for each in _given(step) if each in self._names]
                kept.judging.callables.give([kept.found(each) for each in known])
            is_own = kind != "call" or step[2] in self._classes or (step[2] in self._originals and not _given(step))
            self._when = OTHER if is_own else AFTER_CALL
            if not is_own:
                kept.work()

    def _seen(self, step):
        """The step, in the form in which what it compares or asks is seen."""
        kept, kind, register = self._kept, step[0], step[1]
        if kind == "attr" and (is_comparing(step[3]) or kept.judging.knows(step[3])):
            self._methods[register] = step[3]
            return ("op", register, _READ, [(True, step[2]), (False, step[3])])
        if kind == "call" and step[2] in self._methods:
            return self._call(step, self._methods[step[2]])
        if kind == "call" and (step[2] in self._originals or kept.judging.knows("__call__")):
            return self._call(step, "")
        if kind == "op" and step[2] == "contains" and step[3][0] in self._objects:
            return (kind, register, _HOLDS, step[3])
        return step

    def _call(self, step, name):
        called = [(False, name), (False, [each for each, _ in step[4]]), (True, step[2])]
        return ("op", step[1], _CALLED, [*called, *step[3], *[spec for _, spec in step[4]]])


def _objects(steps):
    """What names make that the tests use as no data can be used, as what a step is given."""
    names, made, used = {}, {}, set()
    for step in steps:
        kind, register = step[0], step[1]
        if kind == "name":
            names[register] = step[2]
        elif kind == "call" and step[2] in names:
            made[register] = names[step[2]]
        elif kind == "attr" and step[2] in made and is_of_objects(step[3]) and not claims_equality(step[3]):
            used.add(made[step[2]])
    return {(True, register) for register, name in made.items() if name in used}


def _given(step):
    """The registers that a call is given, which may call what is in them."""
    return [each for is_register, each in (*step[3], *[spec for _, spec in step[4]]) if is_register]


def operation(kept):
    """What ``runner.operation`` gives, with a look at what it compares."""

    def found(name):
        if name == _CALLED:
            return lambda name, names, method, *given: _called(kept, name, names, method, given)
        if name == _READ:
            return lambda value, name: _read(kept, value, name)
        is_object = name == _HOLDS
        what = "contains" if is_object else name
        usual = runner.operation(what)
        return lambda *given: usual(*watched(kept, what, given, is_object=is_object))

    return found


def watched(kept, what, given, *, is_object):
    """Look at what is compared, if that is compared by an operation of this name or a method; returns what to give.

    Args:
        kept: the ``kept_code.Kept`` of the solution.
        what: the name, or what is called.
        given: to it.
        is_object: whether the tests use the first of these as no data can be used.
    """
    if type(what) is str:
        kept.tell(kept.judging.operated(what, given))
        if what == "setattr":
            kept.stores.allow(given[1])
            kept.judging.callables.give(given[2:])
        elif is_comparing_operation(what, given):
            kind, is_held = type(given[0]), what == "contains"
            if is_held and kept.compared.is_own(kind) and not kept.compared.is_holder(kind, is_object=is_object):
                given = [Holder(kept, given[0]), given[1]]
            elif not (is_held and kept.compared.is_holder(kind, is_object=is_object)):
                kept.tell(kept.compared.doubt(given))
            if what == "contains" and is_iterator(given[0]):
                return [_Walked(kept, *given), given[1]]
    elif type(what) in _BUILT_IN:
        if is_comparing(what.__name__):
            kept.tell(kept.compared.doubt([what.__self__, *given]))
    elif type(what) is types.MethodType:
        is_its = type(what.__func__) is types.FunctionType and not kept.compared.is_asked(type(what.__self__))
        if is_its and is_comparing(what.__func__.__code__.co_name):
            kept.tell(kept.compared.doubt([what.__self__, *given]))
    elif type(what) is types.FunctionType and kept.is_original(what) and is_comparing(what.__code__.co_name):
        kept.tell(kept.compared.doubt(given))
    if type(what) is not str:
        judge(kept, what, given)
    return given


def judge(kept, what, given):
    """Look at what is given to a function or a method of the prompt, or at an object that is called."""
    kept.judging.callables.give(given)
    if type(what) is types.MethodType:
        what, given = what.__func__, [what.__self__, *given]
    if type(what) is types.FunctionType:
        kept.tell(kept.judging.called(what, given))
    elif type(what) not in _BUILT_IN:
        kept.tell(kept.judging.operated("call", [what]))


def watched_method(kept, name, method, given):
    """Look at what is given to a method that was asked for under a name by which it compares.

    Returns:
        Why what it gives may say what the answer likes; "" where there is no such doubt, or it is told. What an
        object of the answer's own takes out of itself claims nothing where it gives nothing.
    """
    owner = getattr(method, "__self__", None) if type(method) in _METHODS else None
    why = "" if kept.compared.is_asked(type(owner)) else kept.compared.doubt([owner, *given])
    if name in CHANGING and type(method) is types.MethodType and kept.compared.is_own(type(owner)):
        return why
    kept.tell(why)
    return ""


def _called(kept, name, names, method, given):
    """Call what compares by its name, or may judge; the last of what is given is given by names."""
    count = len(given) - len(names)
    why = watched_method(kept, name, method, given) if is_comparing(name) else ""
    judge(kept, method, given)
    by_name = dict(zip(names, given[count:], strict=True))
    is_for_data = kept.judging.is_rich(name)
    found = kept.runs.asked(lambda: method(*given[:count], **by_name), is_for_data=is_for_data)
    if found is not None:
        kept.tell(why)
    return found


def _read(kept, value, name):
    """What a value has under a name."""
    kept.tell(kept.judging.read(value, name))
    return getattr(value, name)


class _Walked:
    """Items of an iterator in which a value is looked for; each is looked at before it is compared."""

    def __init__(self, kept, items, other):
        self._kept, self._items, self._other = kept, iter(items), other

    def __iter__(self):
        return self

    def __next__(self):
        found = next(self._items)
        self._kept.tell(self._kept.compared.doubt([found, self._other]))
        return found
