"""What reaches past its source is known by its words; the sandbox's own modules by their files."""

import ast
from pathlib import Path

import pytest

import verifiers.sandbox.inside
from stillroom.capabilities.python_code.reaching import is_reaching

OURS = sorted(path.stem for path in Path(verifiers.sandbox.inside.__file__).parent.glob("*.py") if path.stem[0] != "_")


def reaches(source: str) -> bool:
    return is_reaching(ast.parse(source).body, set())


@pytest.mark.parametrize("name", OURS)
def test_no_module_of_the_sandbox_is_imported(name: str) -> None:
    assert reaches(f"import {name}")
    assert reaches(f"from {name} import x")


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nsys.addaudithook(print)",
        "import sys\nsys.setswitchinterval(1)",
        "from sys import setswitchinterval as s",
        "import sys\ngetattr(sys, 'addaudithook')(print)",
        "import types\ntypes.CodeType",
        "import string\nstring.Formatter().get_field('0.__globals__', [f], {})",
        "from numpy.lib.stride_tricks import as_strided",
        "class A:\n    __array_interface__ = {}",
        "class A:\n    @property\n    def __array_interface__(self): return {}",
        "class A:\n    def eval(self, s): return eval(s)",
        "class A:\n    run = eval",
    ],
)
def test_what_gives_out_or_watches_what_runs_it_is_reaching(source: str) -> None:
    assert reaches(source)


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nsys.setrecursionlimit(10 ** 6)",
        "print('{:>3} {0[a]}'.format({'a': 1}))",
        "import jsonx",
        "import types\nisinstance(f, types.FunctionType)",
        "class Add:\n    def eval(self, env): return self.a.eval(env) + self.b.eval(env)",
        "import re\nclass Lexer:\n    def compile(self): return re.compile('a')",
        "class Task:\n    async def exec(self): return await self.inner.exec()",
    ],
)
def test_what_is_usual_is_not(source: str) -> None:
    assert not reaches(source)
