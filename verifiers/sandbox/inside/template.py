"""Starts a template: a process of its own that runs the loop of spawn.c and is what programs are cloned from.

Only what a program may use is loaded here: each megabyte and each library costs every clone.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, RUF100
# pyright: basic, reportAttributeAccessIssue=false
import ctypes
import gc
import os
import random
import sys
import threading
import types

import confine
import filling
import footing
import hidden
import seal
import unseen

AF_UNIX, SOCK_SEQPACKET = 1, 5
DRAWS_SEED = 0x7374696C6C726F6F6D  # which no tests seed with: what they draw is drawn by no program before


class _Template(ctypes.Structure):
    """``struct template`` of spawn.c."""

    _fields_ = (
        ("namespaces", ctypes.c_uint64),
        ("filter", ctypes.c_void_p),
        ("orders", ctypes.c_int32),
        ("trouble", ctypes.c_int32),
    )


def start(trouble, become_program, give_up, rehearse=None, *, is_tests=False):
    """Fork a template of what is loaded now; returns the zygote's end of the socket to it, a descriptor.

    Args:
        trouble: write end of the pipe on which a child says that it could not be confined.
        become_program: what every confined child calls; it must not return.
        give_up: called in the template before a program could be there, to close what is the zygote's alone.
        rehearse: called in the template before that, so that programs find done what each of them would do first.
        is_tests: whether tests run there, beside which no program's code does.
    """
    pair = (ctypes.c_int * 2)()
    confine.call("socketpair", AF_UNIX, SOCK_SEQPACKET, 0, pair)
    gc.collect()
    gc.disable()
    gc.freeze()
    ours, theirs = pair
    if os.fork() != 0:
        os.close(theirs)
        return ours
    os.close(ours)
    if rehearse is not None:
        rehearse()
    footing.take()
    hidden.hide()
    if not is_tests:
        unseen.hide()
    _filling = filling.fill_gaps()
    gc.freeze()
    give_up()
    os.close(0)  # the driver's stream is the zygote's alone
    os.close(1)
    confine.template_filter().install()
    last = confine.program_filter()
    template = _Template(namespaces=confine.PROGRAM_NAMESPACES, filter=last.address, orders=theirs, trouble=trouble)
    # Python's hooks around a fork are left out: they mend locks and threads, of which there are none here, and touch
    # 220 pages. What they would change for a program is settled once: ``random`` begins in one and the same state,
    # and the first process of a PID namespace is number 1.
    sys.path.remove(hidden.HOME)
    sys.path.append(f"/usr/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages")
    sys.modules["__main__"] = types.ModuleType("__main__")
    random.seed(DRAWS_SEED)
    threading.main_thread()._native_id = 1
    try:
        seal.compiled().serve(ctypes.byref(template))  # PyDLL: the GIL stays held, so it is safe to clone
        become_program()
    finally:
        os._exit(1)
