"""Structure is what counts: texts that differ in nothing else have the same, and all others another or none."""

import ast
import textwrap

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.code_structure import code_structure
from stillroom.curation.structures import STRUCTURES, task_structure

CODE = '''
from math import floor


def largest_gap(numbers, least=0):
    """The largest difference of neighbours."""
    ordered = sorted(numbers, key=lambda one: one)
    best = least
    for left, right in zip(ordered, ordered[1:]):  # neighbours
        if right - left > best:
            best = floor(right - left)
    return f"{best}"


print(largest_gap([1], least=2))
'''
RENAMED = """
from math import floor
def f(values,lowest = 0):

    s = sorted(values,
               key=(lambda x: x))
    found = lowest
    for a,b in zip( s, s[1:] ):
        # the next one
        if (b - a) > found: found = floor(b - a)
    return f'{found}'
print(f([1], lowest=2))
"""


def test_renamed_and_reformatted_code_has_the_same_structure():
    assert code_structure(CODE) == code_structure(RENAMED) != ""
    assert code_structure(f"```python{RENAMED}```") == code_structure(CODE)
    assert code_structure(textwrap.indent(RENAMED, "    ")) == code_structure(CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("b - a) > found", "a - b) > found", id="names in another order"),
        pytest.param("sorted(", "reversed(", id="another builtin"),
        pytest.param("key=(", "reverse=(", id="another keyword of a builtin"),
        pytest.param("import floor", "import ceil as floor", id="another import"),
        pytest.param("floor", "ceil", id="another import by its own name"),
        pytest.param("s[1:]", "s[2:]", id="another number"),
        pytest.param("for a,b in zip( s, s[1:] )", "for a,b in zip(s, values[1:])", id="one name for two"),
        pytest.param("lowest = 0", "lowest = 0.0", id="another type of number"),
        pytest.param("f'{found}'", "f'{found!r}'", id="another conversion"),
        pytest.param("f'{found}'", "f'{found} '", id="another text"),
        pytest.param("values,", "values: list,", id="an annotation"),
        pytest.param("    return", "return", id="another block"),
    ],
)
def test_code_that_does_something_else_has_another_structure(old: str, new: str):
    assert old in RENAMED
    assert code_structure(RENAMED.replace(old, new)) != code_structure(CODE)


METHODS = "class Stack:\n    size = 0\n    def push(self, item):\n        self.size += item\n        return self\n"


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        pytest.param("Stack", "Pile", False, id="class"),
        pytest.param("item", "one", True, id="argument"),
        pytest.param("push", "put", False, id="method"),
        pytest.param("    size = 0", "    total = 0", False, id="class variable"),
        pytest.param("self.size", "self.total", False, id="attribute"),
    ],
)
def test_what_others_reach_as_an_attribute_is_not_renamed(old: str, new: str, is_same: bool):
    assert (code_structure(METHODS) == code_structure(METHODS.replace(old, new))) == is_same


def test_a_builtin_that_is_bound_somewhere_is_itself_elsewhere():
    one = "def f(x):\n    return sum(x)\ndef g(x):\n    sum = x\n    return sum\n"
    assert code_structure(one) != code_structure(one.replace("sum", "max"))


def test_names_in_statements_that_declare_them_are_renamed():
    one = """
    def f(a, *rest, **named):
        global total
        try:
            match a:
                case [first, *others]: total = first
                case {"k": v, **left}: total = v
                case other: pass
        except ValueError as error:
            raise error
        return [y for y in rest if (z := y)]
    """
    other = one
    for name in ("total", "first", "others", "left", "other", "error", "rest", "named"):
        other = other.replace(name, f"{name}_x")
    assert other != one
    assert code_structure(one) == code_structure(other) != ""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("Write a function that adds.", id="prose"),
        pytest.param("word", id="one word"),
        pytest.param("def f(:", id="broken"),
        pytest.param(f"Here you are:\n```python{CODE}```", id="code in prose"),
        pytest.param(f"```python{CODE}```\n```python{CODE}```", id="two blocks"),
        pytest.param("x = " + "(" * 5000 + ")" * 5000, id="deeper than can be read"),
        pytest.param("x = 1\n" * 40_000, id="data"),
        pytest.param("x = '\x00'", id="binary"),
    ],
)
def test_what_is_no_program_has_no_structure(text: str):
    assert code_structure(text) == ""


NAMES = st.sampled_from(["a", "b", "c", "d"])
LINES = st.lists(
    st.one_of(
        st.builds("{} = {} + {}".format, NAMES, NAMES, NAMES),
        st.builds("{} = sorted({}, key={})".format, NAMES, NAMES, NAMES),
        st.builds("print({}, {})".format, NAMES, st.integers(0, 2)),
        st.builds("for {} in {}: {} = {}.x".format, NAMES, NAMES, NAMES, NAMES),
    ),
    min_size=1,
    max_size=4,
)


def renamings(source: str) -> set[str]:
    """The program under every renaming of its four variables: what brute force calls the same."""
    from itertools import permutations

    tree = ast.parse(source)
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    found: set[str] = set()
    for theirs in permutations("pqrs"):
        names = {name: new if name in bound else name for name, new in zip("abcd", theirs, strict=True)}
        again = ast.parse(source)
        for node in ast.walk(again):
            if isinstance(node, ast.Name):
                node.id = names.get(node.id, node.id)
        found.add(ast.unparse(again))
    return found


@given(LINES, LINES)
def test_structures_are_equal_exactly_where_some_renaming_makes_programs_equal(one: list[str], other: list[str]):
    left, right = "\n".join(one), "\n".join(other)
    if not code_structure(left) or not code_structure(right):
        return
    assert (code_structure(left) == code_structure(right)) == bool(renamings(left) & renamings(right))


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        pytest.param("Add 3 and 4.", "Add 12 and 0.5.", True, id="numbers"),
        pytest.param("It costs 1,000.50 dollars.", "It costs 7 dollars.", True, id="thousands"),
        pytest.param("Solve 3x = 12.", "Solve 5x = 20.", True, id="factor"),
        pytest.param("Sum 1,2,3.", "Sum 4,5,6.", True, id="list"),
        pytest.param("Sum 1,2,3.", "Sum 1,2.", False, id="shorter list"),
        pytest.param("Add x1 to 3.", "Add x2 to 3.", False, id="digit in a name"),
        pytest.param("Add 3 and 4.", "Multiply 3 and 4.", False, id="another word"),
        pytest.param("Add 3 to -4.", "Add 3 to 4.", False, id="sign"),
        pytest.param("Add three and 4.", "Add five and 4.", False, id="number in words"),
        pytest.param("Add 3  and 4.\r\n", "Add \uff13 and 9.", True, id="normalised first"),
        pytest.param("Add x12 to 3.", "Add x13 to 3.", False, id="second digit in a name"),
        pytest.param("Add y_1 to 3.", "Add y_2 to 3.", False, id="digit behind an underscore"),
        pytest.param("Add CO2 to 3.", "Add CO3 to 3.", False, id="digit in a formula"),
        pytest.param(r"What is $2\times3$?", r"What is $4\times5$?", True, id="after a command of LaTeX"),
        pytest.param(r"Find $\sqrt2+\frac12$", r"Find $\sqrt5+\frac34$", True, id="argument of a command of LaTeX"),
        pytest.param(r"Find $\sqrt2$", r"Find $\log2$", False, id="another command of LaTeX"),
        pytest.param("Pay Rs300 or USD200.", "Pay Rs5 or USD7.", True, id="currency"),
        pytest.param("Pay CARS300 or 2.", "Pay CARS5 or 2.", False, id="name that ends like a currency"),
        pytest.param(
            "\u5c0f\u660e\u67093\u4e2a\u82f9\u679c\uff0c\u53c8\u4e70\u4e864\u4e2a",
            "\u5c0f\u660e\u670915\u4e2a\u82f9\u679c\uff0c\u53c8\u4e70\u4e8627\u4e2a",
            True,
            id="Chinese",
        ),
        pytest.param(
            "\u5c0f\u660e\u67093\u4e2a\u82f9\u679c",
            "\u5c0f\u660e\u6709\u4e09\u4e2a\u82f9\u679c",
            False,
            id="number in Chinese words",
        ),
        pytest.param("\u8bbex1=3", "\u8bbex2=3", False, id="digit in a name in Chinese"),
        pytest.param("\u308a\u3093\u3054\u304c3\u500b", "\u308a\u3093\u3054\u304c9\u500b", True, id="Japanese"),
        pytest.param(
            "\u0e0b\u0e37\u0e49\u0e2d\u0e17\u0e35\u0e483\u0e1c\u0e25",
            "\u0e0b\u0e37\u0e49\u0e2d\u0e17\u0e35\u0e487\u0e1c\u0e25",
            True,
            id="Thai, behind a mark",
        ),
        pytest.param("\uc0ac\uacfc 3\uac1c", "\uc0ac\uacfc 5\uac1c", True, id="Korean"),
        pytest.param("\uc81c3 4", "\uc81c5 4", False, id="name in Korean, which has spaces"),
        pytest.param(
            "\u0915\u093f\u0932\u094b3 4", "\u0915\u093f\u0932\u094b5 4", False, id="name in Hindi, behind a mark"
        ),
    ],
)
def test_tasks_are_equal_but_for_numbers(one: str, other: str, is_same: bool):
    left, right = STRUCTURES["prompt"].keys(pl.Series([one, other]))
    assert (left == right) == is_same


def test_a_task_without_a_number_has_no_structure():
    assert task_structure("Reverse a list.") == ""
    assert STRUCTURES["prompt"].keys(pl.Series(["Reverse a list.", ""])) == ["", ""]


def test_powers_are_structure() -> None:
    keys = STRUCTURES["prompt"].keys(pl.Series(["What is 12²?", "What is 13²?", "What is 12³?", "What is 122?"]))
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            "class S:\n    def f(self, a, b): return a - b\nS().f(a=1, b=2)",
            "class S:\n    def f(self, b, a): return b - a\nS().f(a=1, b=2)",
            id="method",
        ),
        pytest.param(
            "class S:\n    def __init__(self, a, b): self.d = a - b\nS(a=1, b=2)",
            "class S:\n    def __init__(self, b, a): self.d = b - a\nS(a=1, b=2)",
            id="class",
        ),
        pytest.param("g = lambda a, b: a - b\ng(b=1, a=2)", "g = lambda b, a: b - a\ng(b=1, a=2)", id="lambda"),
        pytest.param(
            'def f(a, b):\n    return a\nf(**{"a": 1, "b": 2})',
            'def f(b, a):\n    return b\nf(**{"a": 1, "b": 2})',
            id="dict",
        ),
        pytest.param(
            'def f(x):\n    return "{x}".format(**locals())',
            'def f(y):\n    return "{x}".format(**locals())',
            id="format",
        ),
        pytest.param('def f(a): return a\nglobals()["f"](1)', 'def g(a): return a\nglobals()["f"](1)', id="globals"),
        pytest.param("def f(a): return eval('a + 1')", "def f(b): return eval('a + 1')", id="eval"),
        pytest.param(
            "def f(d, lo, hi): return d.query('x > @lo and x < @hi')",
            "def f(d, hi, lo): return d.query('x > @lo and x < @hi')",
            id="word of a query",
        ),
        pytest.param(
            "def f(d, lo, hi): return d.query(f'x > @lo and x < {d}')",
            "def f(d, hi, lo): return d.query(f'x > @lo and x < {d}')",
            id="word between fields",
        ),
        pytest.param(
            "def f(lo, hi): return lo - hi\nf(**dict(zip('lo hi'.split(), [1, 2])))",
            "def f(hi, lo): return hi - lo\nf(**dict(zip('lo hi'.split(), [1, 2])))",
            id="words of a text",
        ),
        pytest.param(
            "def f(a, b): return a - b\nf(**dict(zip('ab', [1, 2])))",
            "def f(b, a): return b - a\nf(**dict(zip('ab', [1, 2])))",
            id="letters of a text",
        ),
        pytest.param(
            "import timeit\ndef f(): return 1\ndef g(): return 2\ntimeit.timeit('f()', 'from __main__ import f')",
            "import timeit\ndef g(): return 1\ndef f(): return 2\ntimeit.timeit('f()', 'from __main__ import f')",
            id="program in a text",
        ),
        pytest.param(
            "import sys\nalpha = 1\nbeta = 2\nprint(getattr(sys.modules[__name__], 'al' + 'pha'))",
            "import sys\nbeta = 1\nalpha = 2\nprint(getattr(sys.modules[__name__], 'al' + 'pha'))",
            id="module by its name",
        ),
        pytest.param("def f(a): return dir()", "def f(b): return dir()", id="dir"),
        pytest.param(
            "import inspect\ndef f(a): pass\nprint(inspect.signature(f))",
            "import inspect\ndef f(b): pass\nprint(inspect.signature(f))",
            id="signature",
        ),
        pytest.param(
            "def alpha(): pass\nprint(alpha.__name__)",
            "def beta(): pass\nprint(beta.__name__)",
            id="name of a function",
        ),
        pytest.param("class A(Exception): pass\nraise A()", "class B(Exception): pass\nraise B()", id="exception"),
        pytest.param("def test_x(tmp_path): use(tmp_path)", "def test_x(capsys): use(capsys)", id="argument of a test"),
        pytest.param("def test_x(): f()", "def text_x(): f()", id="test"),
        pytest.param(
            "import m\n@m.get('/')\ndef f(user): return user",
            "import m\n@m.get('/')\ndef f(name): return name",
            id="argument of a decorated function",
        ),
        pytest.param("def __getattr__(n): return n", "def __dir__(n): return n", id="function of a module"),
        pytest.param("__all__ = ['f']\ndef f(): return 1", "names = ['f']\ndef f(): return 1", id="list of names"),
    ],
)
def test_a_name_by_which_something_is_reached_is_structure(one: str, other: str) -> None:
    assert "" != code_structure(one) != code_structure(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            "def f(a, b): return a - b\nf(b=1, a=2)", "def g(x, y): return x - y\ng(y=1, x=2)", id="own function"
        ),
        pytest.param('def f(a): print(f"{a} a")', 'def f(b): print(f"{b} a")', id="between fields of a message"),
        pytest.param(
            'def f(a): print("a " + "%d a" % a, "a {}".format(a))',
            'def f(b): print("a " + "%d a" % b, "a {}".format(b))',
            id="message that is put together",
        ),
        pytest.param(
            'def f(a):\n    assert a, "no a"\n    raise ValueError("a is " + a)',
            'def f(b):\n    assert b, "no a"\n    raise ValueError("a is " + b)',
            id="error",
        ),
        pytest.param(
            "import m\n@m.cache\ndef f(a): return a\nif __name__ == '__main__': f(1)",
            "import m\n@m.cache\ndef g(b): return b\nif __name__ == '__main__': g(1)",
            id="decorator that looks at no name",
        ),
        pytest.param(
            "def f(g, **k): return g(**k, **{})", "def h(i, **j): return i(**j, **{})", id="arguments passed on"
        ),
        pytest.param('def f(a):\n    """Take a."""\n    return a', "def f(b):\n    return b", id="docstring"),
        pytest.param('def f(a): print("a number", a)', 'def f(b): print("a number", b)', id="word of a message"),
        pytest.param("def f(a): return dict(b=a)", "def f(c): return dict(b=c)", id="keyword of a builtin"),
    ],
)
def test_a_name_that_nothing_else_knows_is_none(one: str, other: str) -> None:
    assert "" != code_structure(one) == code_structure(other)
