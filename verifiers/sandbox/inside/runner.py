"""Runs one program in a process that has already been confined, and reports what it did as plain data.

Nothing here is trusted: the program shares this process and may alter anything. What leaves is claims about
values, written to ``RESULT_FD`` as frames (kind, length, marshal format 2), and the driver holds them against
expected values that were never here.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, BLE001, S102, S108, S110, S302, SIM105
# pyright: basic, reportAttributeAccessIssue=false
import atexit
import builtins
import gc
import importlib
import marshal
import operator
import os
import struct
import sys
import threading
import types

import pytest_idle
import seal
from plain_form import MAX_DEPTH, Opaque, plain
from stand_ins import Quitter

RESULT_FD = 3
SOCKET_FD = 4
JOB_FD = 5
STDIN_COPY = "/tmp/.stdin"  # as in confine.py
FORMAT = 2  # marshal without back references; the driver has a decoder of its own for what it allows
MAX_MESSAGE = 500  # characters of an exception's message
MAX_ITEMS = 1_000_000  # items taken from an iterator that is to be read as a list
SMALL_BYTES = 256  # values that always have room: there are a few thousand at most
SPARE_BYTES = 1 << 20  # of the room for results, for what comes after a large value

SYNTAX, LOADED, BROKEN, VALUE, RAISED, OPAQUE, ABSENT, END = b"S", b"L", b"B", b"V", b"X", b"O", b"A", b"E"
SEALED = "sealed"  # a job before which this stands is one whose reports are marked
UNDERNEATH = b"U"  # a value that is not all of built-in types: what there is underneath

_write, _dumps, _exit, _pack = os.write, marshal.dumps, os._exit, struct.pack
_MRO = type.__dict__["__mro__"]
# Taken before a program could change them.
_OPERATIONS = types.MappingProxyType({**vars(builtins), **vars(operator)})


class AbsentName(NameError):
    """The program does not define the name that a test calls."""


_late = {}


def late(name):
    """A module of ours that needs this one; loaded before any program is there, which finds none of ours."""
    if name not in _late:
        _late[name] = importlib.import_module(name)
    return _late[name]


_sealing = []  # what marks the frames, where their truth is the program's own to say


def send(kind, payload=b""):
    """Write one frame."""
    data = kind + _pack("<I", len(payload)) + payload
    for each in _sealing:
        each.add(data)
    while data:
        data = data[_write(RESULT_FD, data) :]


def describe(error):
    """An exception as plain data: its type's name, the names of its bases, its message."""
    names = [str(base.__name__) for base in _MRO.__get__(type(error)) if issubclass(base, BaseException)]
    try:
        message = str(error)[:MAX_MESSAGE]
    except BaseException:
        message = "<no message>"
    missing = getattr(error, "name", None) if isinstance(error, (NameError, ImportError)) else None
    return _dumps((names[0], names, message, missing if type(missing) is str else ""), FORMAT)


def has_room(size):
    """Whether a frame of this size fits, with what may come after it, into what this process may write."""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return limit == resource.RLIM_INFINITY or os.lseek(RESULT_FD, 0, os.SEEK_CUR) + size + SPARE_BYTES <= limit


def send_value(value, as_list=False):
    """Write a value's frame, or an opaque one with the name of its type: it has no plain form, or no room."""
    others = []
    try:
        try:
            data = _dumps(plain(value, MAX_DEPTH, others), FORMAT)
        except Opaque:
            if not as_list:
                raise
            others.clear()
            items = []
            for item in value:
                items.append(item)
                if len(items) > MAX_ITEMS:
                    raise Opaque("endless iterator") from None
            data = _dumps(plain(items, MAX_DEPTH, others), FORMAT)
        if len(data) > SMALL_BYTES and not has_room(len(data)):
            raise Opaque(type(value).__name__)
    except (Opaque, ValueError, TypeError, RecursionError) as error:
        name = str(error) if isinstance(error, Opaque) else type(value).__name__
        send(OPAQUE, _dumps(str(name)[:MAX_MESSAGE], FORMAT))
    except BaseException as error:
        send(RAISED, describe(error))
    else:
        send(UNDERNEATH if others else VALUE, data)


class Failed:
    """What a register holds after its step raised."""

    def __init__(self, error):
        self.error = error


def _built(kind, items):
    if kind == "dict":
        return dict(zip(items[::2], items[1::2], strict=True))
    return {"list": list, "tuple": tuple, "set": set}[kind](items)


def operation(name):
    """The built-in or operator that a step names."""
    return _OPERATIONS[name]


def run_steps(steps, namespace, operation=operation):
    """Carry out a plan's steps in order; a step whose input failed fails with the same error."""
    registers = {}

    def given(spec):
        is_register, value = spec
        if is_register:
            value = registers[value]
            if type(value) is Failed:
                raise value.error
        return value

    for step in steps:
        kind, register = step[0], step[1]
        try:
            if kind == "call":
                function = given((True, step[2]))
                value = function(*map(given, step[3]), **{name: given(spec) for name, spec in step[4]})
            elif kind == "name":
                if step[2] not in namespace:
                    raise AbsentName(step[2])
                value = namespace[step[2]]
            elif kind == "put":
                value = step[2]
            elif kind == "attr":
                value = getattr(given((True, step[2])), step[3])
            elif kind == "op":
                value = operation(step[2])(*map(given, step[3]))
            elif kind == "build":
                value = _built(step[2], [given(spec) for spec in step[3]])
            else:
                send_value(given((True, register)), as_list=step[2])
                continue
            registers[register] = value
        except BaseException as error:
            if kind != "read":
                registers[register] = Failed(error)
            elif type(error) is AbsentName:
                send(ABSENT, _dumps(str(error), FORMAT))
            else:
                send(RAISED, describe(error))


def load(source, name, kept=None):
    """Run a program's source as a module of this name; None where it did not get that far.

    Args:
        source: Python.
        name: of the module.
        kept: the ``kept_code.Kept`` that looks after what a prompt defines in it.
    """
    module = types.ModuleType(name)
    sys.modules[name] = module
    namespace = module.__dict__
    namespace["__file__"] = f"/tmp/{name}.py"
    namespace["__builtins__"] = builtins
    if "pytest" in source:
        pytest_idle.offer()
    try:
        code = compile(source, f"<{name}>", "exec", dont_inherit=True)
        pieces = None if kept is None else kept.pieces(source, code, namespace)
    except (SyntaxError, ValueError, UnicodeError, MemoryError, RecursionError, OverflowError) as error:
        send(SYNTAX, describe(error))
        return None
    try:
        if kept is None:
            exec(code, namespace)
        else:
            kept.run(pieces)
    except SystemExit as error:
        if name == "__main__" and error.code in (None, 0):
            send(LOADED)
            return namespace
        send(BROKEN, describe(error))
        return None
    except BaseException as error:
        send(BROKEN, describe(error))
        return None
    send(LOADED)
    return namespace


def flush():
    """Flush what the program printed, whatever it made of its streams."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


def run_calls(source, steps, originals=None, seal=None):
    """A module whose functions a plan calls.

    Args:
        source: Python.
        steps: of the plan.
        originals: what a prompt defines in it, as ``Kept`` takes it.
        seal: makes the mark behind all frames, where there has to be one.
    """
    _sealing[:] = [seal] if seal else []
    kept, named = None, operation
    if originals is not None:
        kept_code, kept_steps = late("kept_code"), late("kept_steps")
        kept = kept_code.Kept(*originals)
        steps, named = kept_steps.Steps(kept, steps), kept_steps.operation(kept)
    namespace = load(source, "solution", kept)
    if namespace is not None:
        run_steps(steps if kept is None else kept.runs.steps(steps), namespace, named)
        send(END, seal.mark() if seal else b"")
    flush()


def copy_stdin():
    """Put what is on stdin where the name ``/dev/stdin`` leads."""
    with open(STDIN_COPY, "wb") as file:
        file.write(os.pread(0, os.fstat(0).st_size, 0))


def run_script(source, arguments):
    """A whole program that reads stdin and writes stdout; ends as Python itself would."""
    if "/dev/stdin" in source:
        copy_stdin()
    sys.argv = ["solution.py", *arguments]
    status = 0
    try:
        if load(source, "__main__") is None:
            status = 1
        threading._shutdown()
        atexit._run_exitfuncs()
    finally:
        flush()
    _exit(status)


def run_job():
    """Run the job that the driver described; never returns."""
    try:
        size = os.fstat(JOB_FD).st_size - seal.KEY_BYTES
        payload = os.pread(JOB_FD, size, seal.KEY_BYTES)
        while len(payload) < size:
            payload += os.pread(JOB_FD, size - len(payload), seal.KEY_BYTES + len(payload))
        kind, *arguments = marshal.loads(payload)
        if kind == SEALED:
            kind, *arguments = arguments
            arguments.append(seal.begin(JOB_FD, is_tests=kind == "tests", is_alone=kind == "calls"))
        os.close(JOB_FD)
        gc.enable()
        if kind != "tests":
            builtins.exit, builtins.quit = Quitter("exit"), Quitter("quit")
        del payload
        if kind == "tests":
            late("tests_process").run_tests(*arguments)
        elif kind == "serve":
            late("solution_process").serve_solution(*arguments)
        else:
            {"calls": run_calls, "script": run_script}[kind](*arguments)
    except BaseException as error:
        try:
            send(BROKEN, describe(error))
        except BaseException:
            pass
    finally:
        _exit(0)
