"""Of the data that a prompt's comparisons read it is told when its contents are others, unless the prompt fills it."""

import ast
import importlib
import types
from pathlib import Path

import pytest

import verifiers.sandbox.inside

SOURCE = """
import collections, enum, types
SCALE = {"m": 1, "km": 1000}
ORDER = ["a", "b"]
NESTED = {"m": {"cm": [100]}}
KNOWN = {1, 2}
SEEN = collections.defaultdict(int)
CACHE = {}
UNREAD = {}
class Settings:
    def __init__(self):
        self.tolerance, self.asked = 0, 0
    def ask(self):
        self.asked += 1
        return self.tolerance
SETTINGS = Settings()
OPEN = types.SimpleNamespace(tolerance=0)
class Unit(enum.Enum):
    M = 1
    KM = 1000
    def __init__(self, size):
        self.size = size
def limit(): return limit.most
limit.most = 1
def made():
    inner = {"m": 1}
    class Length:
        table = {"m": 1}
        made = []
        rates = {"a": 1}
        names = []
        def __init__(self, n, unit="m"):
            self.n, self.unit = n, unit
            self.made.append(n)
        def total(self): return self.n * self.rates["a"] + len(self.names)
        def __abs__(self): return NESTED[self.unit]["cm"][0]
        def scaled(self, order=["m"]): return self.n * SCALE[self.unit] * self.table[self.unit] * inner[self.unit]
        def __eq__(self, other, memo={}):
            SEEN[self.n]
            CACHE[self.n] = 1
            return self.scaled() == other.scaled() and self.n in KNOWN and memo.get(self.n, True) and ORDER[0] and (
                SETTINGS.ask() + OPEN.tolerance < limit() and Unit.M.size and abs(self))
    return Length
Length = made()
"""


@pytest.fixture
def taken(monkeypatch):
    """The tables of the source, after it was run, and its namespace."""
    monkeypatch.syspath_prepend(str(Path(verifiers.sandbox.inside.__file__).parent))
    tables, stores = importlib.import_module("kept_tables"), importlib.import_module("kept_stores").Stores()
    shapes = importlib.import_module("kept_shapes")
    module = types.ModuleType("solution")
    exec(SOURCE, vars(module))  # noqa: S102 - our own code
    compared = types.SimpleNamespace(may_be_key=lambda value: type(value) is str)
    found = tables.Tables(stores, compared)
    for each in ast.parse(SOURCE).body:
        stores.add(compile(ast.Module([each], []), "<solution>", "exec"), each, ())
    for each in ast.parse(SOURCE).body:
        found.note(each)
    kinds = [module.Length, module.Unit, module.Settings]
    names = {name for each in kinds[:1] for name in shapes.ClassShape(each).reads}
    found.take(names, kinds, vars(module))
    return found, module, stores


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("SCALE['m'] = 0", id="table"),
        pytest.param("SCALE.update(dict.fromkeys(SCALE, 0))", id="update"),
        pytest.param("SCALE['cm'] = 0", id="more-of-a-table"),
        pytest.param("del SCALE['m']", id="less-of-a-table"),
        pytest.param("ORDER.reverse()", id="order"),
        pytest.param("NESTED['m']['cm'][0] = 0", id="nested"),
        pytest.param("KNOWN.add(3)", id="set"),
        pytest.param("SEEN[1] = 5", id="what-reading-does-not-put-in"),
        pytest.param("Length.table['m'] = 0", id="table-of-a-class"),
        pytest.param("Length.__eq__.__defaults__[0][1] = True", id="default"),
        pytest.param("Length.scaled.__defaults__[0].append(1)", id="default-of-a-method"),
        pytest.param("Length.scaled.__closure__[0].cell_contents['m'] = 0", id="closure"),
        pytest.param("SETTINGS.tolerance = 1e9", id="settings"),
        pytest.param("OPEN.tolerance = 1e9", id="namespace"),
        pytest.param("Unit.M.size = 0", id="member-of-an-enumeration"),
        pytest.param("limit.most = 1e9", id="attribute-of-a-function"),
        pytest.param("Length.rates['a'] = 0", id="table-of-a-class-that-another-method-reads"),
    ],
)
def test_other_contents_are_told(taken, code):
    tables, module, _ = taken
    assert tables.change() == ""
    exec(code, vars(module))  # noqa: S102 - our own code
    assert tables.change()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("Length(1) == Length(1)", id="use"),
        pytest.param("SEEN[1], SEEN['x']", id="what-reading-puts-in"),
        pytest.param("CACHE[1] = 2", id="filled-by-the-prompt"),
        pytest.param("Length.made.append(3)", id="filled-by-a-constructor"),
        pytest.param("SETTINGS.asked += 1", id="counter"),
        pytest.param("SETTINGS.more = 1", id="another-attribute"),
        pytest.param("SCALE['m'] = 1", id="same-value"),
        pytest.param("UNREAD[1] = 2", id="what-no-comparison-reads"),
        pytest.param("Length.rates['b'] = 0", id="more-in-a-table-that-another-method-reads"),
        pytest.param("Length.names.append(1)\nLength.names.pop()", id="list-that-another-method-reads"),
    ],
)
def test_what_the_prompt_fills_or_nobody_compares_by_is_not(taken, code):
    tables, module, _ = taken
    exec(code, vars(module))  # noqa: S102 - our own code
    assert tables.change() == ""


def test_what_the_tests_store_is_not(taken):
    tables, module, stores = taken
    stores.allow("tolerance")
    module.SETTINGS.tolerance = 2
    assert tables.change() == ""


def test_what_the_prompt_itself_changes_as_it_is_run_is_taken_down_anew(taken):
    tables, module, _ = taken
    module.SCALE["m"] = 0
    tables.renew()
    assert tables.change() == ""
    module.SCALE["m"] = 1
    assert tables.change() == "SCALE"
