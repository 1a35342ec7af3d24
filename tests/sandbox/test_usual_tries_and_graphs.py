"""Answers to prompts with tries and graphs, as models write them."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

TRIE = '''\
class TrieNode:
    def __init__(self):
        self.children = {}
        self.is_end = False


class Trie:
    """insert(word), search(word), starts_with(prefix)."""
'''
OF_TRIE = """\
def check(candidate):
    t = candidate()
    t.insert("apple")
    assert t.search("apple") is True
    assert t.search("app") is False
    assert t.starts_with("app")
    t.insert("app")
    assert t.search("app")
    assert TrieNode().children == {}
"""
GRAPH = '''\
from collections import defaultdict
from typing import NamedTuple


class Edge(NamedTuple):
    source: str
    target: str
    weight: float = 1.0


class Graph:
    def __init__(self, edges=()):
        self.edges = defaultdict(list)
        for edge in edges:
            self.add(edge)

    def add(self, edge):
        self.edges[edge.source].append(edge)

    def neighbours(self, node):
        return [each.target for each in self.edges[node]]


def shortest(graph, start, end):
    """The length of the shortest path, or None."""
'''
OF_GRAPH = """\
def check(candidate):
    g = Graph([Edge("a", "b", 2), Edge("b", "c", 2), Edge("a", "c", 5)])
    assert candidate(g, "a", "c") == 4
    assert candidate(g, "c", "a") is None
    assert candidate(g, "a", "a") == 0
    assert g.neighbours("a") == ["b", "c"]
"""
HONEST = [
    pytest.param(
        TRIE,
        OF_TRIE,
        """\
class Trie:
    def __init__(self):
        self.root = TrieNode()

    def insert(self, word: str) -> None:
        node = self.root
        for c in word:
            node = node.children.setdefault(c, TrieNode())
        node.is_end = True

    def _find(self, prefix):
        node = self.root
        for c in prefix:
            if c not in node.children:
                return None
            node = node.children[c]
        return node

    def search(self, word: str) -> bool:
        node = self._find(word)
        return node is not None and node.is_end

    def starts_with(self, prefix: str) -> bool:
        return self._find(prefix) is not None
""",
        "Trie",
        id="trie-plain",
    ),
    pytest.param(
        TRIE,
        OF_TRIE,
        """\
from typing import Dict, Optional

class TrieNode:
    def __init__(self) -> None:
        self.children: Dict[str, "TrieNode"] = {}
        self.is_end: bool = False

class Trie:
    def __init__(self) -> None:
        self.root = TrieNode()

    def insert(self, word: str) -> None:
        node = self.root
        for c in word:
            if c not in node.children:
                node.children[c] = TrieNode()
            node = node.children[c]
        node.is_end = True

    def search(self, word: str) -> bool:
        node = self._walk(word)
        return bool(node and node.is_end)

    def starts_with(self, prefix: str) -> bool:
        return self._walk(prefix) is not None

    def _walk(self, s: str) -> Optional[TrieNode]:
        node = self.root
        for c in s:
            node = node.children.get(c)
            if node is None:
                return None
        return node
""",
        "Trie",
        id="trie-typed",
    ),
    pytest.param(
        GRAPH,
        OF_GRAPH,
        """\
import heapq

def shortest(graph, start, end):
    heap, seen = [(0, start)], set()
    while heap:
        cost, node = heapq.heappop(heap)
        if node == end:
            return cost
        if node in seen:
            continue
        seen.add(node)
        for edge in graph.edges[node]:
            heapq.heappush(heap, (cost + edge.weight, edge.target))
    return None
""",
        "shortest",
        id="graph-dijkstra",
    ),
    pytest.param(
        GRAPH,
        OF_GRAPH,
        """\
import heapq
from dataclasses import dataclass

@dataclass(order=True, frozen=True)
class State:
    cost: float
    node: str

def shortest(graph: Graph, start: str, end: str):
    best = {start: 0}
    heap = [State(0, start)]
    while heap:
        s = heapq.heappop(heap)
        if s.node == end:
            return s.cost
        if s.cost > best.get(s.node, float("inf")):
            continue
        for source, target, weight in graph.edges.get(s.node, []):
            cost = s.cost + weight
            if cost < best.get(target, float("inf")):
                best[target] = cost
                heapq.heappush(heap, State(cost, target))
    return None
""",
        "shortest",
        id="graph-state",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_usual_answers_to_prompts_with_tries_and_graphs_pass(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found
