"""Answers to prompts with nodes of trees, as models write them."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

BST = '''\
class TreeNode:
    def __init__(self, val=0, left=None, right=None):
        self.val = val
        self.left = left
        self.right = right


def is_bst(root):
    """Whether a tree is a binary search tree."""
'''
OF_BST = """\
def check(candidate):
    assert candidate(TreeNode(2, TreeNode(1), TreeNode(3))) is True
    assert candidate(TreeNode(5, TreeNode(1), TreeNode(4, TreeNode(3), TreeNode(6)))) is False
    assert candidate(None) is True
"""
MIRROR = '''\
class TreeNode:
    def __init__(self, val=0, left=None, right=None):
        self.val = val
        self.left = left
        self.right = right


def mirror(root):
    """The tree mirrored."""
'''
OF_MIRROR = """\
def check(candidate):
    found = candidate(TreeNode(1, TreeNode(2), TreeNode(3, TreeNode(4))))
    assert (found.val, found.left.val, found.right.val) == (1, 3, 2)
    assert found.left.right.val == 4 and found.left.left is None
    assert candidate(None) is None
"""
HONEST = [
    pytest.param(
        BST,
        OF_BST,
        """\
from typing import Optional
import math

class TreeNode:
    def __init__(self, val: int = 0, left: Optional["TreeNode"] = None, right: Optional["TreeNode"] = None) -> None:
        self.val = val
        self.left = left
        self.right = right

    def is_leaf(self) -> bool:
        return self.left is None and self.right is None

    def __repr__(self) -> str:
        return f"TreeNode({self.val})"

def is_bst(root: Optional[TreeNode]) -> bool:
    def check(node, lo, hi):
        if node is None:
            return True
        if not lo < node.val < hi:
            return False
        return check(node.left, lo, node.val) and check(node.right, node.val, hi)
    return check(root, -math.inf, math.inf)
""",
        "is_bst",
        id="bst-opt",
    ),
    pytest.param(
        BST,
        OF_BST,
        """\
class TreeNode:
    def __init__(self, val=0, left=None, right=None):
        self.val = val
        self.left = left
        self.right = right

    def within(self, lo=float("-inf"), hi=float("inf")):
        if not lo < self.val < hi:
            return False
        if self.left and not self.left.within(lo, self.val):
            return False
        return self.right is None or self.right.within(self.val, hi)

def is_bst(root):
    return root is None or root.within()
""",
        "is_bst",
        id="bst-method",
    ),
    pytest.param(
        BST,
        OF_BST,
        """\
from __future__ import annotations
from dataclasses import dataclass
from typing import Any, Optional as Opt

@dataclass
class TreeNode:
    val: Any = 0
    left: TreeNode | None = None
    right: TreeNode | None = None

def is_bst(root: Opt[TreeNode]) -> bool:
    previous = None
    stack, node = [], root
    while stack or node:
        while node:
            stack.append(node)
            node = node.left
        node = stack.pop()
        if previous is not None and node.val <= previous:
            return False
        previous, node = node.val, node.right
    return True
""",
        "is_bst",
        id="bst-dataclass",
    ),
    pytest.param(
        BST,
        OF_BST,
        """\
class Solution:
    def isValidBST(self, root):
        return self._walk(root, None, None)

    def _walk(self, node, lo, hi):
        if not node:
            return True
        if (lo is not None and node.val <= lo) or (hi is not None and node.val >= hi):
            return False
        return self._walk(node.left, lo, node.val) and self._walk(node.right, node.val, hi)

def is_bst(root):
    return Solution().isValidBST(root)
""",
        "is_bst",
        id="bst-solution",
    ),
    pytest.param(
        MIRROR,
        OF_MIRROR,
        """\
def mirror(root):
    if root is None:
        return None
    return TreeNode(root.val, mirror(root.right), mirror(root.left))
""",
        "mirror",
        id="mirror-new",
    ),
    pytest.param(
        MIRROR,
        OF_MIRROR,
        """\
class TreeNode:
    __slots__ = ("val", "left", "right")

    def __init__(self, val=0, left=None, right=None):
        self.val = val
        self.left = left
        self.right = right

def mirror(root):
    if root:
        root.left, root.right = mirror(root.right), mirror(root.left)
    return root
""",
        "mirror",
        id="mirror-slots",
    ),
    pytest.param(
        MIRROR,
        OF_MIRROR,
        """\
class TreeNode:
    def __init__(self, val=0, left=None, right=None):
        self.val = val
        self.left = left
        self.right = right

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.val
        if self.right:
            yield from self.right

def mirror(root):
    if root is None:
        return None
    root.left, root.right = mirror(root.right), mirror(root.left)
    return root

if __name__ == "__main__":
    print(list(mirror(TreeNode(1, TreeNode(2)))))
""",
        "mirror",
        id="mirror-iter",
    ),
    pytest.param(
        MIRROR,
        OF_MIRROR,
        """\
class TreeNode:
    def __init__(self, val, left=None, right=None):
        self.val = val
        self.left = left
        self.right = right

def mirror(root):
    return root and TreeNode(root.val, mirror(root.right), mirror(root.left))
""",
        "mirror",
        id="mirror-required",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_usual_answers_to_prompts_with_trees_pass(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found
