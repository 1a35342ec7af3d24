"""A class that says itself what its instances equal is found, however it was made or got its method."""

import importlib
import sys
import types
from pathlib import Path

import pytest

import verifiers.sandbox.inside

KEY = "'__e' + 'q__'"
LIKE = "def f(*given): return True\n"


@pytest.fixture
def stranger(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(verifiers.sandbox.inside.__file__).parent))
    module = types.ModuleType("solution_that_is_looked_at")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    kept = importlib.import_module("kept_types").Types(
        vars(module), "asked", lambda function: False, lambda name, method: False
    )

    def found(code):
        exec(code, vars(module))  # noqa: S102 - our own code
        return kept.stranger()

    return found


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("class L:\n    def __eq__(self, other): return True", id="plain"),
        pytest.param(f"{LIKE}L = type('L', (), {{{KEY}: f}})", id="by-type"),
        pytest.param(f"{LIKE}class L: pass\nsetattr(L, {KEY}, f)", id="by-setattr"),
        pytest.param(f"{LIKE}class L(int): pass\nL.__ne__ = f", id="of-data"),
        pytest.param(
            f"{LIKE}import dataclasses\nL = dataclasses.make_dataclass('L', 'a', namespace={{{KEY}: f}})", id="made"
        ),
        pytest.param("import logging\nclass L:\n    nlen = 0\n    __eq__ = logging.Filter.filter", id="of-a-library"),
        pytest.param("class L(str):\n    __eq__ = str.__ne__", id="of-a-built-in-class"),
        pytest.param("class L:\n    __eq__ = max", id="built-in"),
        pytest.param("class L:\n    @property\n    def __class__(self): return int", id="claims-a-class"),
        pytest.param(
            "class M(type):\n    def __eq__(*given): return True\n    __hash__ = type.__hash__", id="metaclass"
        ),
        pytest.param(
            "import dataclasses\n@dataclasses.dataclass\nclass L:\n    a: int\n"
            "L.__eq__.__code__ = (lambda self, other: True).__code__",
            id="code-of-a-dataclass",
        ),
        pytest.param(
            "import fractions\nclass asked:\n    pass\nclass L(fractions.Fraction):\n    __eq__ = asked.__init__",
            id="asked",
        ),
        pytest.param(
            "from collections import UserList\nclass L(UserList):\n    def _UserList__cast(self, _): return self.data",
            id="under-a-list-in-python",
        ),
        pytest.param(
            "from fractions import Fraction\nclass L(Fraction):\n    def from_float(self, b): return self",
            id="under-a-fraction",
        ),
        pytest.param("import fractions\nclass L(fractions.Fraction): _numerator = _denominator = 0", id="without-code"),
        pytest.param("from collections.abc import Mapping\nclass L(Mapping):\n    items = dict", id="under-a-mapping"),
    ],
)
def test_a_class_that_compares_anew_is_named(stranger, code):
    assert stranger(code) == ("M" if "class M" in code else "L")


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            "class L:\n    def __lt__(self, other): return True\n    def __hash__(self): return 1", id="order"
        ),
        pytest.param("class asked:\n    def __eq__(self, other): return True", id="what-is-asked-for"),
        pytest.param(
            "import dataclasses, enum, typing, collections, functools\n@dataclasses.dataclass(order=True, slots=True)\n"
            "class A:\n    a: int\n    b: int = dataclasses.field(default=0, compare=False)\n"
            "class B(enum.IntFlag):\n    X = 1\nclass C(typing.NamedTuple):\n    a: int\n"
            "D = collections.namedtuple('D', 'a')\n@dataclasses.dataclass(frozen=True)\nclass E:\n    pass",
            id="made-by-the-library",
        ),
        pytest.param("import ipaddress, mailbox, plistlib, xmlrpc.client, zoneinfo", id="libraries"),
    ],
)
def test_other_classes_are_not(stranger, code):
    assert (stranger(code), stranger("")) == ("", "")


def test_a_known_class_that_compares_anew_later_is_named(stranger):
    before = stranger("class L:\n    pass")
    assert (before, stranger("L.__eq__ = lambda *given: True")) == ("", "L")


def test_a_class_of_a_library_whose_comparison_asks_something_else_now_is_named(stranger, monkeypatch):
    import collections

    monkeypatch.setattr(collections.UserList, "_UserList__cast", collections.UserList._UserList__cast)
    assert stranger("") == ""
    monkeypatch.setattr(collections.UserList, "_UserList__cast", lambda self, other: self.data)
    assert stranger("") == "UserList"
