"""Lets tests hear what the solution prints, and answer what it reads: its streams are in another process.

Where tests put something in the place of ``sys.stdout``, ``sys.stderr``, ``sys.stdin``, ``input`` or ``print``, each
call takes that with it, and brings back what was printed and how much was read. Whatever else tests put in place is not
seen by the solution, so that a failure under it says nothing.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN202, ANN204, BLE001, S108
# pyright: basic, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
import builtins
import io
import os
import random
import sys

from link_owned import TESTS
from link_proxies import Proxy

CARRIED = ("input", "print")
STREAMS = ("stdin", "stdout", "stderr")
TMP = "/tmp"


class Streams:
    """What the tests have put in place of streams and built-ins since this was made.

    Args:
        link: the tests' end.
    """

    def __init__(self, link) -> None:
        self.link = link
        self._streams = {name: getattr(sys, name) for name in STREAMS}
        self._builtins = {name: getattr(builtins, name) for name in CARRIED}
        self._seed = random.seed
        self._unwritten = None  # how the folder for files looked when nothing was in it
        self._state = None  # of random numbers when both last had the same, once tests have seeded them; () where not
        random.seed = self._seeded
        self._getstate = random.getstate
        random.getstate, random.setstate = self._kept(random.getstate), self._kept(random.setstate)

    def told(self) -> list | None:
        """What a call takes with it; None where nothing was put in place."""
        printed = [name for name in ("stdout", "stderr") if getattr(sys, name) is not self._streams[name]]
        patched = [name for name in CARRIED if getattr(builtins, name) is not self._builtins[name]]
        typed = None
        if sys.stdin is not self._streams["stdin"]:
            typed = self._typed()
        if not self.link.unsure and self._has_files():
            self.link.unsure = "the tests have files or folders, which the solution does not see"
        drawn = self._drawn()
        if not (printed or patched or drawn or typed is not None):
            return None
        if self.link.lanes.waiting and not self.link.unsure:
            self.link.unsure = "threads call the solution at one time, and what surrounds a call is all threads'"
        return [printed, typed, [(name, self.link.values.pack(getattr(builtins, name))) for name in patched], drawn]

    def _has_files(self) -> bool:
        """Whether there are files in the folder where there may be some; one look at it tells that nothing has come."""
        now = os.stat(TMP)
        looks = (now.st_size, now.st_mtime_ns)  # the size counts entries on Linux, where times are those of a tick
        if looks == self._unwritten:
            return False
        found = bool(os.listdir(TMP))
        self._unwritten = None if found else looks
        return found

    def _drawn(self) -> tuple | None:
        """Where random numbers that the tests have seeded go on, if they drew some: the next are others."""
        if self._state is None or self._state == (state := self._getstate()):
            return None
        self._state = state
        return state

    def _typed(self) -> str | None:
        try:
            at = sys.stdin.tell()
            text = sys.stdin.read()
            sys.stdin.seek(at)
        except Exception:
            self.link.unsure = "the tests put something in the place of stdin that is no text in memory"
            return None
        return text if type(text) is str else None

    def take(self, heard: object) -> None:
        """Print here what was printed there, and leave unread what was not read there."""
        if type(heard) is not list or len(heard) != 3:
            return
        out, err, read = heard
        for stream, text in (("stdout", out), ("stderr", err)):
            if type(text) is str and text and getattr(sys, stream) is not self._streams[stream]:
                getattr(sys, stream).write(text)
        if type(read) is int and read > 0 and sys.stdin is not self._streams["stdin"]:
            sys.stdin.read(read)

    def _seeded(self, *arguments, **keywords):
        """``random.seed`` for both processes."""
        self._seed(*arguments, **keywords)
        if not keywords and not self.link.gone:
            self.link.ask("seed", *[self.link.values.pack(each) for each in arguments])
            self._state = self._getstate()
        else:
            self._state = ()

    def _kept(self, function):
        """``random.getstate`` or ``setstate``, by which tests have something drawn again: both go on from there."""

        def kept(*arguments):
            found = function(*arguments)
            self._state = ()
            return found

        return kept

    def watch_patches(self) -> None:
        """Notice what ``unittest.mock`` puts in place where the solution does not see it."""
        from unittest import mock

        link = self.link
        enter, enter_dict = mock._patch.__enter__, mock._patch_dict.__enter__

        def entered(patching):
            found = enter(patching)
            link.note_patch(patching.target, patching.attribute)
            return found

        def entered_dict(patching):
            link.unsure = "the tests change a dictionary for a while, which the solution does not see"
            return enter_dict(patching)

        mock._patch.__enter__, mock._patch_dict.__enter__ = entered, entered_dict


def is_carried(target: object, name: str) -> bool:
    """Whether the solution sees what tests put in this place."""
    if target is builtins:
        return name in CARRIED
    if (target is sys and name in STREAMS) or type(target) is Proxy:
        return True
    return getattr(target, "__module__", "") == TESTS


class Surrounded:
    """The solution's side: what a call is surrounded by; no generator, whose frame what it runs could see.

    Args:
        told: as ``Streams.told`` says it.
        heard: holds afterwards what the call did there.
        unpack: reads a value.
    """

    def __init__(self, told: list, heard: list, unpack) -> None:
        self._told, self._heard, self._unpack = told, heard, unpack
        self._saved, self._originals, self._made = {}, {}, {}

    def __enter__(self):
        printed, typed, patched, drawn = self._told
        if drawn is not None:
            random.setstate(drawn)
        self._saved = {name: getattr(sys, name) for name in STREAMS}
        self._originals = {name: getattr(builtins, name) for name, _ in patched}
        self._made = {name: io.StringIO() for name in printed}
        try:
            for name, stream in self._made.items():
                setattr(sys, name, stream)
            if typed is not None:
                sys.stdin = io.StringIO(typed)
            for name, function in patched:
                setattr(builtins, name, self._unpack(function))
        except BaseException:
            self._restore()
            raise

    def __exit__(self, *_):
        self._restore()

    def _restore(self):
        for position, name in enumerate(("stdout", "stderr")):
            self._heard[position] = self._made[name].getvalue() if name in self._made else None
        if self._told[1] is not None:
            self._heard[2] = sys.stdin.tell() if isinstance(sys.stdin, io.StringIO) else 0
        for name, stream in self._saved.items():
            setattr(sys, name, stream)
        for name, function in self._originals.items():
            setattr(builtins, name, function)
