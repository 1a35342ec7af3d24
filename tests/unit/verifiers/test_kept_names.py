"""Code that looks at an object's class is told from code that makes another such object by it."""

import importlib
from pathlib import Path

import pytest

import verifiers.sandbox.inside


@pytest.fixture
def names(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(verifiers.sandbox.inside.__file__).parent))
    return importlib.import_module("kept_names")


def is_constructing(names, body):
    held = {}
    exec(f"def f(self, other):\n    {body}", held)  # noqa: S102 - our own code
    return names.CONSTRUCTING in names.read_by(held["f"].__code__)


def formats_by(names, text):
    held = {}
    exec(f"def f(self, w):\n    return {text}", held)  # noqa: S102 - our own code
    return names.read_by(held["f"].__code__) & {"__format__", names.CONVERTING}


@pytest.mark.parametrize("text", ["f'{type(self).__name__}'", "f'{self.__class__.__name__} of'", "self.x"])
def test_the_name_of_a_class_is_a_text(names, text):
    assert not formats_by(names, text)


@pytest.mark.parametrize("text", ["f'{self.area():.2f}'", "f'{type(self).__name__} of {self.x:>3}'"])
def test_what_is_formatted_in_a_way_makes_no_text_of_an_object(names, text):
    assert formats_by(names, text) == {"__format__"}


@pytest.mark.parametrize(
    "text",
    [
        "f'{self}'", "f'{self.x}'", "f'{self.__name__}'", "f'{self.x().__name__}'", "f'{self:{w}}'", "f'{self!r:>3}'",
        "f'{self!s}'", "f'{self:.2f}{w}'", "'%s' % self", "f'{(w if w else type(self)).__name__}'", "f'{type(self)}'",
        "f'{type(self).__name__!r}'",
    ],
)  # fmt: skip
def test_what_is_formatted_otherwise_may_make_one(names, text):
    assert formats_by(names, text) == {"__format__", names.CONVERTING}


@pytest.mark.parametrize(
    "body",
    [
        "return f'{type(self).__name__} of {self.x:.1f}'",
        "return self.__class__.__name__ + self.x",
        "return type(self) is type(other)",
        "return self.__class__ != other.__class__ and 3",
        "return type(self) is Foo and type(other) == self.kind",
        "return isinstance(other, type(self)) and self.x == other.x",
        "return isinstance(other, self.__class__)",
        "return self.x",
    ],
)
def test_a_class_is_looked_at(names, body):
    assert not is_constructing(names, body)


@pytest.mark.parametrize(
    "body",
    [
        "return type(self)(1)",
        "return self.__class__(other)",
        "return type(self)(self.a < other.b)",
        "return type(self)(type(other))",
        "made = type(self)\n    return made(1)",
        "return make(1, type(self)) if isinstance(other, int) else 0",
        "return type(self).made(1)",
        "return self.__class__.make(1)",
        "return [type(each)(1) for each in other]",
        "return isinstance(other, type(self)) and type(self)()",
        "return type",
        "return map(type, other)",
    ],
)
def test_a_class_makes_objects(names, body):
    assert is_constructing(names, body)
