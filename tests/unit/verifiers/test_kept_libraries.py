"""Of the libraries that a prompt's code runs through it is told when a part of them acts otherwise than before."""

import ast
import collections
import copy
import dataclasses
import decimal
import fractions
import functools
import importlib
import ipaddress
import json
import re
import statistics
import string
import subprocess
import sys
from pathlib import Path

import pytest

import verifiers.sandbox.inside

INSIDE = str(Path(verifiers.sandbox.inside.__file__).parent)
FUNCTION = "{imports}\nclass P:\n    def __eq__(self, other):\n        return {code} == other\n"


@pytest.fixture
def looked_at(monkeypatch):
    """The libraries that an expression of a comparison reaches, as they are now."""
    monkeypatch.syspath_prepend(INSIDE)
    module = importlib.import_module("kept_libraries")

    def found(imports, code):
        tree = ast.parse(FUNCTION.format(imports=imports, code=code))
        codes = [compile(ast.Module([each], []), "<solution>", "exec") for each in tree.body[-1:]]
        libraries = module.Libraries({"__name__": "solution"})
        libraries.read(tree.body, codes)
        return libraries

    return found


RENEWED = """
import functools, sys, types

sys.path.insert(0, sys.argv[1])
from kept_libraries import Libraries

def alone():
    return types.FunctionType((lambda *given: None).__code__, {}, "alone")

libraries = Libraries({"__name__": "solution"})
key = functools.singledispatch(alone())
libraries.add([key])
key.register(int)(alone())
assert libraries.change()
libraries.renew()
assert libraries.change() == ""
key(2), key(True), key("a")
assert libraries.change() == "", libraries.change()
key.register(str)(alone())
assert libraries.change()
"""
"""Alone in its process, as in a sandbox: what else a process has loaded is followed, too, until there is no room."""


def nothing(*given, **named):
    return None


def encoder(monkeypatch):
    monkeypatch.setattr(json._default_encoder, "encode", nothing, raising=False)


CHANGES = [
    pytest.param(
        "from collections import Counter",
        "Counter(self.cards)",
        lambda m: m.setattr(collections.Counter, "update", nothing),
        id="method-of-a-class",
    ),
    pytest.param(
        "from collections import Counter",
        "Counter(self.cards)",
        lambda m: m.setattr(collections, "all", nothing, raising=False),
        id="built-in-name-of-its-module",
    ),
    pytest.param("import re", "re.sub('x', '', self.t)", lambda m: m.setattr(re, "_compile", nothing), id="function"),
    pytest.param(
        "import re", "self.pattern.sub('x', self.t)", lambda m: m.setattr(re, "_subx", nothing), id="asked-from-c"
    ),
    pytest.param(
        "import re",
        "re.sub('x', '', self.t)",
        lambda m: m.setitem(re._cache, (str, "x", 0), re.compile("y")),
        id="pattern-under-the-name-of-another",
    ),
    pytest.param(
        "import re",
        "re.sub('x', '', self.t)",
        lambda m: m.setattr(re._parser.parse, "__code__", nothing.__code__),
        id="code-of-a-function-behind-another",
    ),
    pytest.param(
        "from dataclasses import asdict",
        "asdict(self)",
        lambda m: m.setattr(dataclasses, "_asdict_inner", nothing),
        id="inner-function",
    ),
    pytest.param("import json", "json.dumps(self.x)", encoder, id="attribute-of-an-object"),
    pytest.param(
        "import json",
        "json.dumps(self.x)",
        lambda m: m.setattr(json._default_encoder, "item_separator", ""),
        id="data-of-an-object",
    ),
    pytest.param(
        "import json as j",
        "j.dumps(self.x, cls=E)",
        lambda m: m.setattr(json.JSONEncoder, "default", nothing),
        id="method-of-a-class-that-a-function-names",
    ),
    pytest.param(
        "import copy",
        "copy.deepcopy(self)",
        lambda m: m.setitem(copy._deepcopy_dispatch, nothing, nothing),
        id="table-of-functions",
    ),
    pytest.param(
        "from statistics import mean",
        "mean(self.xs)",
        lambda m: m.setattr(statistics, "_sum", nothing),
        id="imported-by-its-name",
    ),
    pytest.param(
        "", "self.f()\n    def f(self):\n        import statistics\n        return statistics.mean(self.xs)\n    x = 1",
        lambda m: m.setattr(statistics, "_convert", nothing), id="imported-where-it-is-called",
    ),
    pytest.param(
        "from fractions import Fraction",
        "Fraction(self.x)",
        lambda m: m.setattr(fractions.Fraction, "__abs__", nothing),
        id="operator",
    ),
    pytest.param(
        "from functools import cached_property",
        "self.x\n    @cached_property\n    def x(self): return 1",
        lambda m: m.setattr(functools.cached_property, "__get__", nothing),
        id="descriptor",
    ),
    pytest.param(
        "import string",
        "string.capwords(self.x)",
        lambda m: m.setattr(string.capwords, "__defaults__", ("",)),
        id="default",
    ),
    pytest.param(
        "import json",
        "json.dumps(self.x)",
        lambda m: m.setitem(json.dumps.__kwdefaults__, "sort_keys", True),
        id="default-by-name",
    ),
    pytest.param(
        "from decimal import Decimal",
        "abs(self.x - Decimal(1))",
        lambda m: m.setattr(decimal.getcontext(), "prec", 1),
        id="rounding-of-decimals",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("imports", "code", "change"), CHANGES)
def test_a_part_of_a_library_that_acts_otherwise_is_told(looked_at, monkeypatch, imports, code, change):
    libraries = looked_at(imports, code)
    assert libraries.change() == ""
    change(monkeypatch)
    assert libraries.change()
    monkeypatch.undo()


def used():
    re.compile("[a-z]+(b|c)"), re.sub("(x)", r"\1y", "x"), json.dumps({"a": [1.5, None]}, indent=1, sort_keys=True)
    json.loads("[1]"), copy.deepcopy([{1: {2}}]), statistics.mean([1, fractions.Fraction(1, 3)])
    collections.Counter("abc").most_common(1), fractions.Fraction("1/3") + decimal.Decimal(1).as_integer_ratio()[0]
    collections.namedtuple("A", "b c")(1, 2), dataclasses.make_dataclass("D", ["x"])(1)
    dataclasses.asdict(dataclasses.make_dataclass("D", ["x"])([1])), string.Template("$a").substitute(a=1)
    functools.lru_cache(len)("a"), functools.singledispatch(len)


@pytest.mark.parametrize(("imports", "code", "change"), CHANGES)
def test_libraries_may_be_used(looked_at, imports, code, change):
    libraries = looked_at(imports, code)
    used()
    assert libraries.change() == ""


def test_what_the_prompt_does_not_reach_may_be_another(looked_at, monkeypatch):
    libraries = looked_at("import math, json", "math.floor(self.x)")
    monkeypatch.setattr(json, "dumps", nothing)
    monkeypatch.setattr(decimal.getcontext(), "prec", 1)
    assert libraries.change() == ""


def test_decimals_may_have_more_digits(looked_at, monkeypatch):
    libraries = looked_at("from decimal import Decimal", "abs(self.x - Decimal(1))")
    monkeypatch.setattr(decimal.getcontext(), "prec", 50)
    assert libraries.change() == ""


def test_streams_may_be_redirected(looked_at, monkeypatch):
    libraries = looked_at("import sys", "sys.stdout.write(self.x)")
    monkeypatch.setattr(sys, "stdout", sys.stderr)
    assert libraries.change() == ""


def test_what_the_prompt_itself_changes_is_taken_down_anew():
    subprocess.run([sys.executable, "-I", "-c", RENEWED, INSIDE], check=True)


def test_a_class_of_a_library_that_is_compared_stays_as_it_was(looked_at, monkeypatch):
    libraries = looked_at("", "1")
    libraries.add_only([collections.Counter])
    assert libraries.change() == ""
    monkeypatch.setattr(collections.Counter, "__missing__", nothing)
    assert libraries.change() == "__missing__ of Counter"


def test_an_object_of_a_library_may_keep_what_it_has_computed(looked_at):
    libraries = looked_at("", "1")
    network = ipaddress.ip_network("10.0.0.0/8")
    libraries.add([network])
    assert network.broadcast_address
    assert libraries.change() == ""
    network.__dict__["supernet"] = nothing
    assert libraries.change() == "supernet of IPv4Network"
