"""Answers to prompts with nodes of lists, as models write them."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

LRU = '''\
class Node:
    def __init__(self, key, value):
        self.key = key
        self.value = value
        self.prev = None
        self.next = None


class LRUCache:
    """get(key) gives the value or -1, put(key, value); at most capacity, the least recently used goes."""
'''
OF_LRU = """\
def check(candidate):
    cache = candidate(2)
    cache.put(1, 1)
    cache.put(2, 2)
    assert cache.get(1) == 1
    cache.put(3, 3)
    assert cache.get(2) == -1
    assert cache.get(3) == 3
    n = Node(1, 2)
    assert n.prev is None and n.value == 2
"""
ITERATOR = '''\
class ListNode:
    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next


class Numbers:
    """Made of the head of a list; iterates its values, and len() counts them."""
'''
OF_ITERATOR = """\
def check(candidate):
    ns = candidate(ListNode(1, ListNode(2, ListNode(3))))
    assert list(ns) == [1, 2, 3]
    assert len(ns) == 3
    assert [x * 2 for x in ns] == [2, 4, 6]
    assert list(candidate(None)) == []
"""
HONEST = [
    pytest.param(
        LRU,
        OF_LRU,
        """\
class LRUCache:
    def __init__(self, capacity: int):
        self.capacity = capacity
        self.table = {}
        self.head, self.tail = Node(0, 0), Node(0, 0)
        self.head.next, self.tail.prev = self.tail, self.head

    def _remove(self, node):
        node.prev.next, node.next.prev = node.next, node.prev

    def _add(self, node):
        before = self.tail.prev
        before.next = self.tail.prev = node
        node.prev, node.next = before, self.tail

    def get(self, key: int) -> int:
        if key not in self.table:
            return -1
        node = self.table[key]
        self._remove(node)
        self._add(node)
        return node.value

    def put(self, key: int, value: int) -> None:
        if key in self.table:
            self._remove(self.table[key])
        node = Node(key, value)
        self.table[key] = node
        self._add(node)
        if len(self.table) > self.capacity:
            oldest = self.head.next
            self._remove(oldest)
            del self.table[oldest.key]
""",
        "LRUCache",
        id="lru-list",
    ),
    pytest.param(
        LRU,
        OF_LRU,
        """\
class Node:
    __slots__ = "key", "value", "prev", "next"
    def __init__(self, key=0, value=0):
        self.key, self.value = key, value
        self.prev = self.next = None

class LRUCache:
    def __init__(self, capacity: int):
        self.capacity = capacity
        self.table = {}
        self.head, self.tail = Node(), Node()
        self.head.next, self.tail.prev = self.tail, self.head

    def _remove(self, node):
        node.prev.next, node.next.prev = node.next, node.prev

    def _add(self, node):
        before = self.tail.prev
        before.next = self.tail.prev = node
        node.prev, node.next = before, self.tail

    def get(self, key: int) -> int:
        if key not in self.table:
            return -1
        node = self.table[key]
        self._remove(node)
        self._add(node)
        return node.value

    def put(self, key: int, value: int) -> None:
        if key in self.table:
            self._remove(self.table[key])
        node = Node(key, value)
        self.table[key] = node
        self._add(node)
        if len(self.table) > self.capacity:
            oldest = self.head.next
            self._remove(oldest)
            del self.table[oldest.key]
""",
        "LRUCache",
        id="lru-node",
    ),
    pytest.param(
        LRU,
        OF_LRU,
        """\
from collections import OrderedDict

class LRUCache:
    def __init__(self, capacity):
        self.capacity, self.data = capacity, OrderedDict()

    def get(self, key):
        if key not in self.data:
            return -1
        self.data.move_to_end(key)
        return self.data[key]

    def put(self, key, value):
        self.data[key] = value
        self.data.move_to_end(key)
        while len(self.data) > self.capacity:
            self.data.popitem(last=False)
""",
        "LRUCache",
        id="lru-ordered",
    ),
    pytest.param(
        ITERATOR,
        OF_ITERATOR,
        """\
class Numbers:
    def __init__(self, head):
        self.head = head

    def __iter__(self):
        node = self.head
        while node:
            yield node.val
            node = node.next

    def __len__(self):
        return sum(1 for _ in self)
""",
        "Numbers",
        id="iterator-gen",
    ),
    pytest.param(
        ITERATOR,
        OF_ITERATOR,
        """\
class ListNode:
    def __init__(self, val=None, next=None):
        self.val = val
        self.next = next

class Numbers:
    def __init__(self, head):
        self.head = head
        self._node = head

    def __iter__(self):
        self._node = self.head
        return self

    def __next__(self):
        if self._node is None:
            raise StopIteration
        val, self._node = self._node.val, self._node.next
        return val

    def __len__(self):
        n, node = 0, self.head
        while node:
            n, node = n + 1, node.next
        return n
""",
        "Numbers",
        id="iterator-next",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_usual_answers_to_prompts_with_linked_lists_pass(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found
