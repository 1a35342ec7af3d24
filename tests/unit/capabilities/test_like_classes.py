"""Which classes of an answer make the same objects as the prompt's of that name, though they are written otherwise."""

import ast

import pytest

from stillroom.capabilities.python_code.like_classes import likes

GIVEN = "class Node:\n    def __init__(self, val=0, next=None):\n        self.val = val\n        self.next = next\n"
METHOD = GIVEN + "    def size(self): return 1 + (self.next.size() if self.next else 0)\n"
FIELDS = "from dataclasses import dataclass\n@dataclass\nclass Node:\n    val: int = 0\n    next: object = None\n"
NAMED = {"next", "size", "val"}


def found(own, given=GIVEN, *, tests="Node()", is_shown=False):
    like = likes(ast.parse(own), ast.parse(given).body, ast.parse(tests).body, NAMED, is_shown=is_shown)
    return [(each.name, each.compares_anew) for each in like.values()]


@pytest.mark.parametrize(
    "own",
    [
        pytest.param(GIVEN + "    def to_list(self): return []\n", id="helper"),
        pytest.param(GIVEN + "    @classmethod\n    def of(cls, *values): return cls()\n", id="class-method"),
        pytest.param("class Node:\n    def __init__(self, x): self.val, self.next = x, None\n", id="given-less"),
        pytest.param(GIVEN.replace("next=None", "rest=None").replace("= next", "= rest"), id="other-name"),
        pytest.param(
            GIVEN.replace("next=None", "next=None, prev=None") + "        self.prev = prev\n", id="given-and-holds-more"
        ),
        pytest.param(FIELDS.replace("@dataclass", "@dataclass(eq=False, slots=True)"), id="dataclass-without-eq"),
    ],
)
def test_a_class_that_holds_the_same_is_like_it(own):
    assert found(own) == [("Node", False)]


@pytest.mark.parametrize(
    "own",
    [
        pytest.param(FIELDS, id="dataclass"),
        pytest.param("import heapq\ndef twice(x, n=2): return n * x\n" + FIELDS, id="dataclass-behind-others"),
        pytest.param(GIVEN + "    def __eq__(self, other): return True\n", id="eq"),
        pytest.param(GIVEN + "    def __lt__(self, other): return True\n", id="order"),
        pytest.param(GIVEN + "    def __hash__(self): return 1\n", id="hash"),
    ],
)
def test_one_that_compares_otherwise_is_told(own):
    assert found(own) == [("Node", True)]


@pytest.mark.parametrize(
    "own",
    [
        pytest.param(GIVEN.replace("= val", "= 0"), id="holds-another"),
        pytest.param(GIVEN.replace("= val", "= val + 1"), id="computes"),
        pytest.param(GIVEN.replace("= val", "= seen(val)"), id="calls"),
        pytest.param(GIVEN.replace("val=0", "val=1"), id="another-default"),
        pytest.param(GIVEN.replace("val=0, next=None", "next=None, val=0"), id="another-order"),
        pytest.param(GIVEN.replace("        self.next = next\n", ""), id="holds-less"),
        pytest.param(GIVEN + "        self.size = 3\n", id="holds-a-name-that-is-asked"),
        pytest.param(GIVEN + "    def size(self): return 3\n", id="helper-that-is-asked"),
        pytest.param(GIVEN + "    @property\n    def val(self): return 3\n", id="property"),
        pytest.param(GIVEN + "    val = 3\n", id="attribute"),
        pytest.param(GIVEN + "    def __bool__(self): return True\n", id="truth"),
        pytest.param(GIVEN + "    def __getattr__(self, name): return 3\n", id="any-name"),
        pytest.param(GIVEN + "    def __init__(self, *given): pass\n", id="made-twice"),
        pytest.param(GIVEN.replace("class Node", "class Node(dict)"), id="base"),
        pytest.param(GIVEN.replace("class Node", "class Node(metaclass=M)"), id="metaclass"),
        pytest.param(GIVEN.replace("class Node", "@made\nclass Node"), id="decorator"),
        pytest.param(FIELDS.replace("0\n", "0\n    size: int = 3\n"), id="field-that-is-asked"),
        pytest.param("def dataclass(kind): return kind\n" + FIELDS, id="another-dataclass"),
        pytest.param("import dataclasses\ndataclasses.dataclass = made\n" + FIELDS, id="dataclass-of-another"),
        pytest.param("def f(x: made()): pass\n" + FIELDS, id="dataclass-behind-a-call"),
        pytest.param("property = None\n" + GIVEN + "    def helper(self): pass\n", id="another-built-in"),
    ],
)
def test_what_may_hold_or_say_something_else_is_not(own):
    assert found(own) == []


def test_its_methods_have_to_be_there_as_they_are():
    record = "class Node:\n    def __init__(self, x): self.val, self.next = x, None\n"
    size = METHOD.rpartition("\n    def")[2]
    assert found(f"{record}    def{size}", METHOD) == [("Node", False)]
    assert found(record, METHOD) == []
    assert found(f"{record}    def size(self): return 2\n", METHOD) == []


def test_where_objects_are_looked_at_as_texts_none_shows_itself():
    shown = GIVEN + "    def __repr__(self): return 'Node'\n    def helper(self): pass\n"
    assert found(shown) == [("Node", False)]
    assert found(shown, is_shown=True) == []
    assert found(FIELDS, is_shown=True) == []
