"""Parses source once where it is asked for again before much other source was: prompts and tests come with each answer.

A tree is shared by all who ask, so nobody changes one.
"""

import ast
import threading
from collections import OrderedDict

MOST_CHARS = 1 << 19
"""Of sources whose trees are kept: some 50 bytes for each character of an ordinary one, 200 of ``a;a;a;``."""


class KeptTrees:
    """The trees of sources; the ones that were asked for longest ago are let go of first.

    Args:
        most_chars: of the sources whose trees are kept; the last one is kept, however long.
    """

    def __init__(self, most_chars: int) -> None:
        self._most_chars = most_chars
        self._chars = 0
        self._trees: OrderedDict[str, ast.Module | None] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, source: str) -> ast.Module | None:
        """The tree of some source, or None where it is no Python."""
        with self._lock:
            if source in self._trees:
                self._trees.move_to_end(source)
                return self._trees[source]
        tree = _parsed(source)
        with self._lock:
            if source not in self._trees:
                self._trees[source] = tree
                self._chars += len(source)
            while self._chars > self._most_chars and len(self._trees) > 1:
                self._chars -= len(self._trees.popitem(last=False)[0])
        return tree


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


parsed = KeptTrees(MOST_CHARS)
"""The trees of this process."""
