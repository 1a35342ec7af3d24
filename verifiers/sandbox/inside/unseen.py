"""Lets nobody see the frames of our code, nor what our objects hold: neither a program nor a library that it has walk.

What runs a program stands on the stack beneath it, with all that the tests expect. Python itself passes over frames
that have not begun, where it gives out a frame's caller, writes a traceback or calls a handler of signals: those that
are before the first instruction that their code says may be traced. So our code says of itself that none may be.
Generators are shown all the same, so that none of ours may run what is not ours (``eager.py`` of the driver).
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, S307
# pyright: basic, reportAttributeAccessIssue=false
import ctypes
import dis
import gc
import sys
import types

import hidden
import seal

_WITHIN = (
    list, tuple, set, dict, property, classmethod, staticmethod, types.CellType, types.MappingProxyType,
    types.MethodType,
)  # fmt: skip
_LOOK = compile("sys._getframe(1)", "<look>", "eval")
_HEAD = 24  # bytes of any object of changing size, before what code has for itself


class Closed:
    """What only our own code may open: that of others notes a doubt as it reads it (``entries.c``)."""

    __slots__ = ("_stillroom_content_",)

    def __init__(self, content):
        self._stillroom_content_ = content


_guarded = [Closed.__dict__["_stillroom_content_"]]


def opened(closed):
    """What is in a ``Closed``."""
    return closed._stillroom_content_


def guard(descriptor):
    """Have the reading of a slot by others' code be a doubt from when this process hides what is ours."""
    _guarded.append(descriptor)


def hide():
    """Hide all of our code that is loaded, once, before any program is there.

    Raises:
        OSError: where this Python shows it all the same.
    """
    place = _place()
    for code in _codes():
        end = len(code._co_code_adaptive) // 2  # no `co_code`, which each would keep
        ctypes.c_int.from_address(id(code) + place).value = end
    for each in _guarded:
        seal.compiled().entries_guard(each)
    if not _is_hidden():
        raise OSError(f"Python {sys.version.split()[0]} shows the frames of what runs programs")


def _is_hidden():
    run = seal.compiled().frames_at
    is_read_right = run(0) == id(_is_hidden.__code__) and run(1) == id(hide.__code__)
    return is_read_right and not _is_shown() and not seal.compiled().frames_apart(_is_shown)


def _is_shown():
    try:
        return eval(_LOOK, {"sys": sys}).f_code.co_filename.startswith(hidden.HOME)
    except ValueError:  # there is no frame but ours
        return False


def _place():
    """Where code has what it says of its first such instruction: one place fits functions that begin differently."""
    probes = [_plain.__code__, _one.__code__, _three.__code__, _later.__code__]
    begins = [next(each.offset for each in dis.get_instructions(code) if each.opname == "RESUME") for code in probes]
    size = type(probes[0]).__basicsize__
    found = [at for at in range(_HEAD, size, 4) if [2 * _number(code, at) for code in probes] == begins]
    if len(found) != 1:
        raise OSError(f"Python {sys.version.split()[0]} keeps code otherwise than 3.11 and 3.12 do")
    return found[0]


def _number(code, at):
    return ctypes.c_int.from_address(id(code) + at).value


def _plain():
    return None


def _one(a):
    return lambda: a


def _three(a, b, c):
    return lambda: (a, b, c)


def _later():
    yield


def _codes():
    """All code of our modules: of what is in them, in what that is made of, and of what runs now."""
    found, seen = {}, set()
    left = [*map(vars, hidden.ours()), *_running()]
    while left:
        each = left.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if type(each) is types.CodeType:
            found[id(each)] = each
            left += each.co_consts
        elif type(each) is types.FunctionType:
            left += [each.__code__] if each.__code__.co_filename.startswith(hidden.HOME) else []
            left += each.__closure__ or ()  # of one that a library has put around ours, too
        elif isinstance(each, type):
            left += vars(each).values() if hidden.is_ours(each.__module__) else ()
        elif type(each) in _WITHIN or hidden.is_ours(type(each).__module__):
            left += gc.get_referents(each)
    return found.values()


def _running():
    frame, found = sys._getframe(), []
    while frame is not None:
        if frame.f_code.co_filename.startswith(hidden.HOME):
            found.append(frame.f_code)
        frame = frame.f_back
    return found
