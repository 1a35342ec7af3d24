"""Marks what our code in a program's process has said, so that what the program itself writes there is found out.

Frames are claims, and most need no mark: a program that knows which value is expected may as well return it. But where
objects of the program are compared, the claim is that they are equal, and whoever writes into the file of results or
the socket would say so. So marks are made by ``seal.c``, with a key that is in none of the objects here, and the driver
and the tests' process, which know it, hold them against what they got. From when they are made, ``audit.c`` listens.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import ctypes
import types
from collections import deque
from struct import Struct

LIBRARY = "/usr/lib/stillroom/spawn.so"
KEY_BYTES = 32  # with which each job's file begins
MARK_BYTES = 32
_COUNT = Struct("<Q")
LINK_MARK_BYTES = _COUNT.size + MARK_BYTES

_TELLS = 2  # what seal_fits gives for a mark that tells of a doubt

_Mark = ctypes.c_char * MARK_BYTES
_held = []


def load(path=LIBRARY):
    """Have the library at hand, once, before any program is there."""
    loaded = ctypes.PyDLL(path)  # PyDLL: nothing runs between what is read and what is marked
    for name, kinds in (
        ("seal_said", (ctypes.c_char_p, ctypes.c_uint64)),
        ("seal_heard", (ctypes.c_char_p, ctypes.c_uint64)),
        ("seal_digest", (ctypes.c_char_p,)),
        ("seal_mark", (ctypes.c_char_p,)),
        ("seal_fits", (ctypes.c_char_p, ctypes.c_uint64, ctypes.c_char_p)),
        ("seal_begin", (ctypes.c_int, ctypes.c_int)),
        ("seal_doubt", ()),
        ("audit_begin", ()),
        ("quiet_rest", ()),
        ("quiet_work", ()),
        ("footing_take", (ctypes.py_object, ctypes.py_object)),
        ("entries_guard", (ctypes.py_object,)),
        ("frames_at", (ctypes.c_int,)),
        ("frames_apart", (ctypes.py_object,)),
    ):
        getattr(loaded, name).argtypes = kinds
    loaded.seal_heard.restype = ctypes.c_uint64
    loaded.frames_at.restype = ctypes.c_size_t
    loaded.frames_apart.restype = ctypes.py_object
    for name in ("__closure__", "__globals__"):  # early: what Python has fitted to an attribute asks no more
        loaded.entries_guard(types.FunctionType.__dict__[name])
    _held[:] = [loaded]


def compiled():
    """What is written in C, loaded."""
    return _held[0]


def apart(function):
    """What a function gives that is called on a stack of its own: what it runs finds none of what is beneath."""
    return compiled().frames_apart(function) if _held else function()


def begin(file, *, is_tests, is_alone):
    """Take the key of this process from the file of its job.

    Args:
        file: descriptor.
        is_tests: whether no program's code runs here, but what holds the marks against what it got.
        is_alone: whether there are no tests in another process, who may be asked by the program and ask back.
    """
    own = compiled()
    if not own.seal_begin(file, is_alone) or (not is_tests and own.audit_begin()):
        raise OSError("the job has no key")
    return Watch(own) if is_tests else Seal(own)


class Unmarked(Exception):
    """What came does not bear the mark that it should."""


class Seal:
    """Marks what is said, in the process of a program."""

    def __init__(self, library):
        self._said, self._heard, self._mark = library.seal_said, library.seal_heard, library.seal_mark
        self.doubt = library.seal_doubt
        self._count = 0

    def add(self, data):
        """Go on by what is said."""
        self._said(data, len(data))

    def mark(self):
        """The mark of all so far, ``MARK_BYTES`` long."""
        out = _Mark()
        self._mark(out)
        return out.raw

    def sent(self, data):
        """What goes behind a message to the tests: how much of what they asked was heard by then, and the mark."""
        self.add(data)
        return _COUNT.pack(self._count) + self.mark()

    def came(self, data):
        """What the tests ask, which bears no mark: the marks of what is said from now on are of it, too."""
        self._count = self._heard(data, len(data))
        return data


class Watch:
    """Holds marks against what was asked of a program and what it said, in the tests' process.

    Attributes:
        is_told: whether a mark said that there is a doubt.
    """

    def __init__(self, library):
        self._said, self._heard = library.seal_said, library.seal_heard
        self._fits, self._digest = library.seal_fits, library.seal_digest
        self._first, self._digests = 0, deque()  # of what was asked and may still be answered, and how many came before
        self._note()
        self.is_told = False

    def _note(self):
        out = _Mark()
        self._digest(out)
        self._digests.append(out.raw)

    def sent(self, data):
        """What goes behind a request: nothing; what answers it has a mark that is of it, too."""
        self._heard(data, len(data))
        self._note()
        return b""

    def came(self, data):
        """What the program said, without its mark.

        Raises:
            Unmarked: where it has none, or another.
        """
        data, mark = data[:-LINK_MARK_BYTES], data[-LINK_MARK_BYTES:]
        self._said(data, len(data))
        count = _COUNT.unpack_from(mark)[0] if len(mark) == LINK_MARK_BYTES else -1
        if not self._first <= count < self._first + len(self._digests):
            raise Unmarked("the other process sent what its end of the link has not made")
        for _ in range(count - self._first):
            self._digests.popleft()
        self._first = count
        found = self._fits(mark[_COUNT.size :], count, self._digests[0])
        if not found:
            raise Unmarked("the other process sent what its end of the link has not made, or heard what was not asked")
        self.is_told = self.is_told or found == _TELLS
        return data
