"""The fixtures of pytest itself that model-written tests use: ``capsys``, ``monkeypatch`` and ``tmp_path``."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import collections
import importlib
import io
import os
import sys

_Captured = collections.namedtuple("_Captured", "out err")
_ABSENT = object()


class _Capsys:
    """What the test and the solution print."""

    def readouterr(self):
        """What was printed since this was last asked."""
        texts = []
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            texts.append(stream.getvalue())
            stream.seek(0)
            stream.truncate()
        return _Captured(*texts)


def _capsys():
    saved = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        yield _Capsys()
    finally:
        sys.stdout, sys.stderr = saved


class _Monkeypatch:
    """Puts things in the place of others until the test ends."""

    def __init__(self, joined):
        self._joined = joined
        self._undo = []

    def setattr(self, target, name, value=_ABSENT, raising=True):
        """Set an attribute of an object, or of what a dotted name stands for."""
        if value is _ABSENT:
            dotted, value = target, name
            module, _, name = dotted.rpartition(".")
            target = importlib.import_module(module)
        before = getattr(target, name, _ABSENT)
        if before is _ABSENT and raising:
            raise AttributeError(name)
        self._joined.note_patch(target, name)
        self._undo.append(lambda: setattr(target, name, before) if before is not _ABSENT else delattr(target, name))
        setattr(target, name, value)

    def setitem(self, target, key, value):
        """Set an item of a mapping."""
        before = target.get(key, _ABSENT)
        self._joined.note_patch(target, key)
        self._undo.append(lambda: target.__setitem__(key, before) if before is not _ABSENT else target.pop(key, None))
        target[key] = value

    def setenv(self, name, value, prepend=None):
        """Set a variable of the environment."""
        self.setitem(os.environ, name, str(value))

    def delenv(self, name, raising=True):
        """Remove a variable of the environment."""
        self._joined.note_patch(os.environ, name)
        before = os.environ.pop(name) if raising else os.environ.pop(name, None)
        if before is not None:
            self._undo.append(lambda: os.environ.__setitem__(name, before))

    def undo(self):
        """Put everything back."""
        while self._undo:
            self._undo.pop()()


def made(joined):
    """The fixtures by name; each is a function whose result a test gets, or a generator of it."""

    def monkeypatch():
        patching = _Monkeypatch(joined)
        try:
            yield patching
        finally:
            patching.undo()

    def tmp_path():
        import pathlib
        import tempfile

        return pathlib.Path(tempfile.mkdtemp(dir="/tmp"))

    def capsys():
        yield from _capsys()

    return {"capsys": capsys, "monkeypatch": monkeypatch, "tmp_path": tmp_path}
