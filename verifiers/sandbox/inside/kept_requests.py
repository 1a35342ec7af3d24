"""Has a prompt's classes looked after as a solution's tests ask something of it, and what it is compared with."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN201, ANN202
# pyright: basic
from kept_code import AFTER_CALL, BEHIND, OTHER
from kept_compared import is_comparing
from kept_steps import judge, watched, watched_method
from kept_stores import held_by
from link_forms import OBJECT, PLAIN, YOURS

_RUNNING = frozenset(("await", "cancel", "copy", "plain", "take"))
"""What else than calls is the solution's own code to carry out."""


def serve(kept, serving, exports):
    """Have what serves a solution's tests look before each request, and at what is compared.

    Args:
        kept: the ``kept_code.Kept`` of the solution.
        serving: the ``link_serving.Serving``.
        exports: the objects that the tests have got, by number.
    """
    when, carry_out = OTHER, serving.carry_out
    methods, name, why = {}, "", ""
    for_data = set()  # by number: methods whose results are held but against data
    makers, made, is_object = set(), set(), False  # by number: what makes objects as the tests use them, and these

    def carried_out(kind, *rest):
        if kind == "name":
            kept.ask(rest[0])
            found = carry_out(kind, *rest)
            if rest[1] and found[2][0][0] == OBJECT:
                makers.add(found[2][0][1])
            return found
        kept.rest()
        try:
            return looked_after(kind, *rest)
        finally:
            kept.work()

    def looked_after(kind, *rest):
        nonlocal when, name, why, is_object
        kept.look(when)
        if kind == "set":
            kept.stores.allow(rest[1])
        elif kind == "attr":
            kept.tell(kept.judging.read(exports[rest[0]], rest[1]))
        called = exports[rest[0]] if kind == "call" else None
        is_others = called is not None and not kept.is_original(called)
        is_function = not (called is None or is_others or isinstance(called, type))
        is_given = is_function and any(each[0] != PLAIN for each in rest[1])  # and may call that
        when = AFTER_CALL if is_others or is_given else OTHER
        if when == AFTER_CALL or kind in _RUNNING:
            kept.work()
        name, outer, why = methods.get(rest[0], "") if kind == "call" else "", why, ""
        is_object = kind == "op" and rest[1][0][0] == YOURS and rest[1][0][1] in made
        try:
            is_for_data = kind == "call" and rest[0] in for_data
            found = kept.runs.asked(lambda: carry_out(kind, *rest), is_for_data=is_for_data)
            if kind == "set":
                held = held_by(exports[rest[0]], type(exports[rest[0]])) or {}
                kept.judging.callables.give([held.get(rest[1])])
            if kind == "call" and found[2][0] != (PLAIN, None):
                kept.tell(why)
            if kind == "call" and rest[0] in makers and found[2][0][0] == OBJECT:
                made.add(found[2][0][1])
        finally:
            why = outer
        if kind == "attr" and found[0] == OBJECT and is_comparing(rest[1]):
            methods[found[1]] = rest[1]
        if kind == "attr" and found[0] == OBJECT:
            (for_data.add if kept.judging.is_rich(rest[1]) else for_data.discard)(found[1])
        if kind == "op" or is_function:
            kept.look(BEHIND)  # it may have been the last, and have run what an object has
        return found

    def seen(what, given):
        nonlocal name, why
        if name and type(what) is not str:
            asked, name = name, ""
            why = watched_method(kept, asked, what, given)
            judge(kept, what, given)
            return given
        return watched(kept, what, given, is_object=is_object)

    serving.carry_out, serving.watched = carried_out, seen
