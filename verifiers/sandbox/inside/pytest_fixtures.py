"""Fixtures: those of pytest itself that model-written tests use, and how a test gets what it asks for."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import collections
import importlib
import inspect
import io
import os
import sys
import types

_Captured = collections.namedtuple("_Captured", "out err")
_ABSENT = object()


class _Own:
    """A fixture of pytest's, of which not all is done here."""

    def __init__(self, joined):
        self._joined = joined

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        self._joined.give_up(f"the tests use {name!r} of a fixture of pytest's")


class _Capsys(_Own):
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


def _capsys(joined):
    saved = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        yield _Capsys(joined)
    finally:
        sys.stdout, sys.stderr = saved


class _Monkeypatch(_Own):
    """Puts things in the place of others until the test ends."""

    def __init__(self, joined):
        super().__init__(joined)
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

        return pathlib.Path(joined.folder())

    def capsys():
        yield from _capsys(joined)

    return {"capsys": capsys, "monkeypatch": monkeypatch, "tmp_path": tmp_path}


def in_class(kind, owner):
    """The fixtures that a class of tests defines, as attributes of it or of an object of it."""
    names = [name for name in dir(kind) if _is_fixture(getattr(kind, name, None))]
    return named({name: getattr(owner, name) for name in names})


def _is_fixture(value):
    return type(value) is types.FunctionType and getattr(value, "is_fixture", False) is True


def named(functions):
    """Those of these functions that are fixtures, by the names that tests know them by."""
    found = {name: each for name, each in functions.items() if getattr(each, "is_fixture", False) is True}
    return {getattr(each, "fixture_name", None) or name: each for name, each in found.items()}


class Given:
    """What the tests of a module get from their fixtures, and what is to be ended after them.

    Args:
        joined: gives up what is not done here.
    """

    def __init__(self, joined):
        self.joined = joined
        self._kept = {}  # by fixture and class: what is made once for more than one test
        self._ends = []

    def bound(self, function, case, fixtures, kind=None):
        """A test with its parameters and its fixtures, which are ended after it.

        Args:
            function: the test, to be called with both.
            case: the parameters, and the fixtures that its marks ask for.
            fixtures: all there are, by name.
            kind: the class that the test is in.
        """

        def run():
            made, ends = {}, []
            try:
                automatic = [name for name, each in fixtures.items() if getattr(each, "is_autouse", False)]
                for name in (*automatic, *case.used):
                    self._value(name, fixtures, made, ends, kind)
                wanted = [name for name in _wanted(function) if name not in case.parameters]
                given = {name: self._value(name, fixtures, made, ends, kind) for name in wanted}
                result = function(**given, **case.parameters)
                if ends and type(result) is types.CoroutineType:  # before its fixtures end
                    import asyncio

                    return asyncio.run(result)
                return result
            finally:
                _end(ends)

        return run

    def end(self):
        """End what was made for all the tests."""
        _end(self._ends)

    def _value(self, name, fixtures, made, ends, kind):
        if name not in fixtures:
            self.joined.give_up(f"the tests ask for a fixture {name!r}, which is not there")
        function = fixtures[name]
        scope = getattr(function, "scope", "function")
        if scope != "function":
            made, ends = self._kept, self._ends
        key = (name, kind if scope == "class" else None)
        if made.get(key) is _MAKING:
            self.joined.give_up(f"the fixture {name!r} asks for itself")
        if key not in made:
            made[key] = _MAKING
            if getattr(function, "has_parameters", False) or scope not in _SCOPES or _is_asynchronous(function):
                self.joined.give_up(f"the fixture {name!r} is of a kind that is not made here")
            value = function(**{each: self._value(each, fixtures, made, ends, kind) for each in _wanted(function)})
            if inspect.isgeneratorfunction(function):
                ends.append(value)
                value = next(value)
            made[key] = value
        return made[key]


_MAKING = object()
_SCOPES = ("function", "class", "module", "package", "session")


def _is_asynchronous(function):
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _wanted(function):
    """Parameters that only a fixture can give: ``mock.patch`` gives the first ones."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found = inspect.signature(function).parameters.values()
    names = [each.name for each in found if each.kind in kinds and each.default is inspect.Parameter.empty]
    return names[sum(map(_is_given, getattr(function, "patchings", ()))) :]


def _is_given(patching):
    from unittest import mock

    return not patching.attribute_name and patching.new is mock.DEFAULT


def _end(ends):
    while ends:
        next(ends.pop(), None)
