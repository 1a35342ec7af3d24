"""Puts the code of those functions that every program runs together in memory.

A call counts itself in the function's code, and a clone copies the page for it. Code lies where its module was loaded,
between others that hardly any program runs: for each function that one does run there was a page to copy. Made anew
one after the other, some five of them share one.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, RUF100
# pyright: basic, reportAttributeAccessIssue=false
import sys
import types

import filling


def ran_in(work):
    """The code of the functions that some work runs, by identity."""
    found = {}

    def note(frame, event, _):
        if event == "call":
            found[id(frame.f_code)] = frame.f_code

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return found


def gather(codes):
    """Have all functions of modules and their classes that have this code, by identity, have it anew, in one place."""
    functions = [*_functions({code.co_filename for code in codes.values()})]  # before: its lists leave gaps, too
    end = filling.heap_end()
    filled = filling.fill_gaps()  # in which it would come to lie here and there
    made = {}
    for function in functions:
        function.__code__ = _anew(function.__code__, codes, made, end, filled)


def _functions(files):
    """The functions of the modules that were read from these files."""
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) in files:
            for value in list(vars(module).values()):
                if isinstance(value, type) and value.__module__ == module.__name__:
                    yield from _of_class(value)
                elif type(value) is types.FunctionType and value.__module__ == module.__name__:
                    yield value


def _of_class(kind):
    for value in list(vars(kind).values()):
        for each in (value, getattr(value, "__func__", None), getattr(value, "fget", None)):
            if type(each) is types.FunctionType:
                yield each


def _anew(code, codes, made, end, filled):
    """The same code, made anew where it is one of these or holds one: what a function makes a function of."""
    if id(code) not in made:
        constants = tuple(
            _anew(each, codes, made, end, filled) if type(each) is types.CodeType else each for each in code.co_consts
        )
        is_holder = any(each is not before for each, before in zip(constants, code.co_consts, strict=True))
        if not is_holder and id(code) not in codes:
            return code  # and not noted: a large book would come to lie between those that are made
        # The one of before, too: else another could come to lie in its place.
        while id(found := code.replace(co_consts=constants)) < end:  # in a gap that has come since
            filled.append(found)
        made[id(code)] = code, found
    return made[id(code)][1]
