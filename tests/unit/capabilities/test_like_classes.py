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
        pytest.param("pass\n" + FIELDS.replace("@dataclass", "@dataclass(eq=False)"), id="behind-a-pass"),
        pytest.param(
            GIVEN.replace("next=None", "next=None, *, prev=None") + "        self.prev = prev\n",
            id="given-more-by-name",
        ),
        pytest.param(GIVEN.replace("        self.val", "        super().__init__()\n        self.val"), id="super"),
        pytest.param(GIVEN.replace("Node:\n", "Node:\n    __slots__ = 'val', 'next'\n"), id="slots"),
        pytest.param(GIVEN + "    def __iter__(self): yield self.val\n", id="items"),
        pytest.param(GIVEN + "    def __add__(self, other): return Node()\n", id="operator"),
        pytest.param(GIVEN + "    def helper(self, low=float('-inf')): pass\n", id="default-of-a-helper"),
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
        pytest.param(
            GIVEN.replace("Node:\n", "Node:\n    __slots__ = 'val', 'next', 'size'\n"), id="slot-that-is-asked"
        ),
        pytest.param(GIVEN.replace("next=None", "*, next=None"), id="given-by-name-only"),
        pytest.param(
            GIVEN.replace("val=0, next=None", "next=0, val=None")
            .replace("= val", "= n")
            .replace("= next", "= val")
            .replace("= n\n", "= next\n"),
            id="names-changed-about",
        ),
        pytest.param(GIVEN + "    def helper(self, x=(size := 3)): pass\n", id="bound-in-a-default"),
        pytest.param(GIVEN + "    def helper(self) -> (size := 3): pass\n", id="bound-in-an-annotation"),
        pytest.param(GIVEN + "    def __repr__(self, x=(size := 3)): pass\n", id="bound-in-a-repr"),
        pytest.param(GIVEN + "    def helper(self, x=vars().update()): pass\n", id="called-in-a-default"),
        pytest.param(GIVEN.replace("val=0", "val: (size := 3) = 0"), id="bound-in-the-maker"),
        pytest.param(FIELDS.replace("object", "(size := 3)"), id="bound-in-a-field"),
        pytest.param(FIELDS + "    val: int = 0\n", id="field-twice"),
        pytest.param("super = made\n" + GIVEN.replace("self.val =", "super().__init__(); self.val ="), id="own-super"),
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


@pytest.mark.parametrize(
    ("tests", "is_like"),
    [
        ("assert f(Node(3)) == 3", True),
        ("assert f(Node(val=3)) == isinstance(x, Node)", True),
        ("assert f(Node()) == 3", False),
        ("assert f(Node(*values)) == 3", False),
        ("assert f(map(Node, values)) == 3", False),
        ("assert f(type(x)()) == 3", False),
    ],
)
def test_a_default_is_another_only_where_nobody_takes_it(tests, is_like):
    assert bool(found(GIVEN.replace("val=0", "val=None"), tests=tests)) is is_like


@pytest.mark.parametrize(
    ("method", "tests"),
    [
        ("__add__", "assert f(x) + 1 == 3"),
        ("__radd__", "assert sum(f(x)) == 3"),
        ("__contains__", "assert 3 in f(x)"),
        ("__enter__", "with f(x): pass"),
        ("__neg__", "assert -f(x) == 3"),
        ("__sub__", "self.assertAlmostEqual(f(x), 3)"),
    ],
)
def test_an_operator_that_is_asked_for_may_not_be_added(method, tests):
    own = f"{GIVEN}    def {method}(self, *others): return 3\n"
    assert found(own)
    assert not found(own, tests=tests)


def test_items_are_those_that_the_prompts_class_gives():
    given = GIVEN + "    def __getitem__(self, place): return self.val\n"
    assert not found(given + "    def __iter__(self): yield 3\n", given)
    assert not found(given + "    def keys(self): return []\n", given)
    under = GIVEN.replace("Node:", "Node(list):")
    assert not found(under + "    def __iter__(self): yield 3\n", under)


def test_an_order_of_fields_compares_as_the_prompts_class_does():
    assert found(FIELDS.replace("@dataclass", "@dataclass(order=True)"), FIELDS) == [("Node", False)]
    assert found(FIELDS + "    def __lt__(self, other): return True\n", FIELDS) == [("Node", True)]
    assert not found(FIELDS + "    def __eq__(self, other): return True\n", FIELDS)


def test_no_helper_is_read_by_the_body_of_the_class():
    given = GIVEN + "    @made\n    def size(self): return 1\n"
    assert not found(GIVEN + "    def made(f): return 3\n    @made\n    def size(self): return 1\n", given)
