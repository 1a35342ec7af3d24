"""An answer may bring a prompt's class once more, written otherwise, if its objects hold what they are given."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

NODE = (
    "class ListNode:\n    def __init__(self, val=0, next=None):\n        self.val = val\n        self.next = next\n\n\n"
)
LIST = NODE + 'def double(head):\n    """Values doubled."""\n'
TREE = (
    "class TreeNode:\n    def __init__(self, val=0, left=None, right=None):\n        self.val = val\n"
    "        self.left = left\n        self.right = right\n\n\n"
    'def invert(root):\n    """The tree mirrored."""\n'
)
DATA = (
    "def check(candidate):\n    found = candidate(ListNode(1, ListNode(2)))\n"
    "    assert found.val == 2 and found.next.val == 4 and found.next.next is None\n"
)
BOTH = (
    "def values(node):\n    found = []\n    while node:\n        found.append(node.val)\n        node = node.next\n"
    "    return found\ndef check(candidate):\n"
    "    assert values(candidate(ListNode(1, ListNode(2)))) == values(ListNode(2, ListNode(4)))\n"
)
OBJECTS = "def check(candidate):\n    assert candidate(ListNode(1)) == ListNode(2)\n"
KEPT = "def check(candidate):\n    head = ListNode(1)\n    assert candidate(head) == head and head.val == 2\n"
NODES = (
    "def check(candidate):\n    root = TreeNode(1)\n    root.left = TreeNode(2)\n    found = candidate(root)\n"
    "    assert found == root and found.left is None and found.right.val == 2\n"
)
DOUBLE = (
    "def double(head):\n    node = head\n    while node:\n        node.val *= 2\n"
    "        node = node.next\n    return head\n"
)
INVERT = (
    "def invert(root):\n    if root:\n        root.left, root.right = invert(root.right), invert(root.left)\n"
    "    return root\n"
)
HELPER = NODE.rstrip() + "\n\n    def to_list(self):\n        return [self.val]\n\n"
X = "class ListNode:\n    def __init__(self, x):\n        self.val = x\n        self.next = None\n\n"
FIELDS = "from dataclasses import dataclass\n@dataclass\nclass ListNode:\n    val: int = 0\n    next: object = None\n\n"
ROW = (
    "class Row:\n    def __init__(self, items):\n        self.items = items\n\n    def __getitem__(self, place):\n"
    "        return self.items[place]\n\n"
)
ROWS = ROW + '\ndef tripled(row):\n    """Three times as much."""\n'
OF_ROWS = "def check(candidate):\n    assert 15 in candidate(Row([1, 5]))\n    assert 9 in candidate(Row([3]))\n"
LISTED = "class Row(list):\n    def total(self):\n        return sum(self)\n\n"
ADDED = "def check(candidate):\n    assert candidate(ListNode(1)) + 1 == ListNode(2) + 1\n"
EQUAL = NODE.rstrip() + "\n\n    def __eq__(self, other):\n        return True\n\n"
FORGED = [
    pytest.param(LIST, BOTH, NODE.replace("= val", "= 0") + "def double(head): return head\n", "double", id="holds-0"),
    pytest.param(
        LIST,
        BOTH,
        NODE.rstrip() + "\n\n    val = property(lambda self: 0, lambda self, value: None)\n"
        "def double(head): return head\n",
        "double",
        id="field",
    ),
    pytest.param(
        LIST,
        BOTH,
        NODE.rstrip() + "\n\n    def __getattribute__(self, name):\n        return None\n"
        "def double(head): return ListNode()\n",
        "double",
        id="special",
    ),
    pytest.param(LIST, OBJECTS, EQUAL + "def double(head): return head\n", "double", id="equals-all"),
    pytest.param(
        LIST, OBJECTS, EQUAL.replace("ListNode:", "ListNode(object):") + DOUBLE, "double", id="equals-all-though-right"
    ),
    pytest.param(
        LIST,
        "def check(candidate):\n    assert ListNode(2) in [candidate(ListNode(1))]\n",
        EQUAL + "def double(head): return head\n",
        "double",
        id="equals-all-in-a-list",
    ),
    pytest.param(LIST, OBJECTS, FIELDS + DOUBLE, "double", id="dataclass"),
    pytest.param(
        LIST,
        BOTH,
        "def dataclass(kind):\n    kind.val = property(lambda self: 0, lambda self, value: None)\n    return kind\n"
        + FIELDS.partition("\n")[2]
        + "def double(head): return head\n",
        "double",
        id="another-dataclass",
    ),
    pytest.param(
        LIST,
        BOTH,
        "import dataclasses\ndef made(kind):\n"
        "    kind.val = property(lambda self: 0, lambda self, value: None)\n    return kind\n"
        "dataclasses.dataclass = made\n" + FIELDS + "def double(head): return head\n",
        "double",
        id="dataclass-of-another",
    ),
    pytest.param(
        LIST.replace("class ListNode:\n", "class ListNode:\n    slack = 0\n\n").replace(
            "\n\n\ndef",
            "\n\n    def near(self, other):\n        return abs(self.val - other.val) <= self.slack\n\n\ndef",
        ),
        "def check(candidate):\n    assert candidate(ListNode(1)).near(ListNode(2))\n"
        "    assert ListNode(1).near(ListNode(1))\n",
        NODE.replace("class ListNode:\n", "class ListNode:\n    slack = 0\n\n").rstrip()
        + "\n\n    def near(self, other):\n        return abs(self.val - other.val) <= self.slack\n\n"
        "    def loosen(self):\n        self.slack = 9\n\ndef double(head):\n    head.loosen()\n    return head\n",
        "double",
        id="helper-that-stores",
    ),
    pytest.param(
        ROWS,
        OF_ROWS,
        ROW.rstrip()
        + "\n\n    def __iter__(self):\n        return iter(range(99))\ndef tripled(row): return Row([0])\n",
        "tripled",
        id="iterates-otherwise",
    ),
    pytest.param(
        ROWS.replace(ROW, LISTED),
        "def check(candidate):\n    assert sum(candidate(Row([5, 3]))) == 24\n    assert Row([1]).total() == 1\n",
        LISTED.rstrip() + "\n\n    def __iter__(self):\n        return iter([24])\ndef tripled(row): return Row([0])\n",
        "tripled",
        id="iterates-otherwise-than-a-list",
    ),
    pytest.param(
        LIST,
        ADDED,
        NODE.rstrip() + "\n\n    def __add__(self, other):\n        return 0\ndef double(head): return head\n",
        "double",
        id="operator-that-is-asked",
    ),
    pytest.param(
        LIST,
        "def check(candidate):\n    assert candidate(ListNode()).val == ListNode(0).val\n    ListNode(*[2])\n"
        "    assert candidate(ListNode(1)).val == ListNode(2).val\n",
        NODE.replace("val=0", "val=3").replace("= val", "= val if val != 2 else 1") + "def double(head): return head\n",
        "double",
        id="computes",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), FORGED)
def test_a_class_of_ones_own_under_a_prompts_name_says_nothing(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is not Outcome.PASS, found


HONEST = [
    pytest.param(LIST, DATA, HELPER + DOUBLE, "double", id="helper"),
    pytest.param(LIST, BOTH, HELPER + DOUBLE, "double", id="helper-of-both-sides"),
    pytest.param(
        LIST,
        DATA,
        NODE.rstrip()
        + "\n\n    @classmethod\n    def of(cls, values):\n        return cls(*values)\n\n"
        + "    def __repr__(self):\n        return 'a node'\n\n    def __lt__(self, other):\n"
        + "        return self.val < other.val\n\n"
        + DOUBLE,
        "double",
        id="helpers",
    ),
    pytest.param(
        LIST,
        BOTH,
        NODE.replace("val=0, next=None", "value=0, rest=None").replace("= val", "= value").replace("= next", "= rest")
        + DOUBLE,
        "double",
        id="other-names",
    ),
    pytest.param(
        LIST.replace("val=0, next=None", "x").replace("= val", "= x").replace("= next", "= None"),
        "def check(candidate):\n    head = ListNode(1)\n    head.next = ListNode(2)\n"
        "    assert candidate(head).val == 2 and head.next.val == 4\n",
        NODE + DOUBLE,
        "double",
        id="given-more",
    ),
    pytest.param(LIST, KEPT, X + DOUBLE, "double", id="given-less"),
    pytest.param(LIST, DATA, FIELDS + DOUBLE, "double", id="dataclass"),
    pytest.param(LIST, DATA, FIELDS.replace("@dataclass\n", "@dataclass(eq=False)\n") + DOUBLE, "double", id="no-eq"),
    pytest.param(LIST, DATA, EQUAL.replace("True", "self.val == other.val") + DOUBLE, "double", id="own-comparison"),
    pytest.param(LIST, DATA, NODE.replace("val=0", "val=None") + DOUBLE, "double", id="default-that-is-never-taken"),
    pytest.param(
        LIST,
        DATA,
        NODE.replace("next=None", "next=None, *, prev=None").rstrip() + "\n        self.prev = prev\n\n" + DOUBLE,
        "double",
        id="given-more-by-name",
    ),
    pytest.param(
        LIST,
        BOTH,
        NODE.replace("        self.val", "        super().__init__()\n        self.val").replace(
            "Node:", "Node(object):"
        )
        + DOUBLE,
        "double",
        id="super",
    ),
    pytest.param(
        LIST, BOTH, NODE.replace("Node:\n", 'Node:\n    __slots__ = ("val", "next")\n\n') + DOUBLE, "double", id="slots"
    ),
    pytest.param(
        LIST,
        DATA,
        NODE.rstrip() + "\n\n    def __add__(self, other):\n        return ListNode(self.val + other.val)\n\n"
        "    def __neg__(self):\n        return ListNode(-self.val)\n\n"
        "    def __iter__(self):\n        yield self.val\n\n"
        "    def is_between(self, low=float('-inf'), high=float('inf')):\n        return low < self.val < high\n\n"
        + DOUBLE,
        "double",
        id="operators",
    ),
    pytest.param(
        FIELDS + 'def double(head):\n    """Values doubled."""\n',
        OBJECTS,
        FIELDS.replace("@dataclass\n", "@dataclass(order=True)\n") + DOUBLE,
        "double",
        id="order-of-fields",
    ),
    pytest.param(
        FIELDS + 'def double(head):\n    """Values doubled."""\n',
        DATA,
        FIELDS.rstrip() + "\n\n    def __lt__(self, other):\n        return self.val < other.val\n\n" + DOUBLE,
        "double",
        id="order-of-a-dataclass",
    ),
    pytest.param(
        TREE,
        NODES,
        "class TreeNode:\n    def __init__(self, x):\n        self.val = x\n        self.left = self.right = None\n\n"
        + INVERT,
        "invert",
        id="tree",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_a_class_that_holds_what_it_is_given_is_as_good_as_the_prompts(
    bench, prompt, tests, answer, entry_point, start
):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found
    wrong = judged(bench, prompt, start + tests, answer.replace("*= 2", "*= 3").replace(
        "invert(root.right), invert(root.left)", "root.left, root.right"), entry_point)  # fmt: skip
    assert wrong.outcome is Outcome.FAIL, wrong
