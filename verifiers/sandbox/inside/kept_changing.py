"""Knows what data a prompt's own code changes, and whose it is: what it fills itself, an answer may have it fill."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import ast

from kept_scopes import AT_ONCE, CALLED, key, placed

_CHANGING = frozenset((
    "add", "append", "appendleft", "clear", "difference_update", "discard", "extend", "extendleft", "insert",
    "intersection_update", "move_to_end", "pop", "popitem", "popleft", "remove", "reverse", "rotate", "setdefault",
    "sort", "subtract", "symmetric_difference_update", "update",
))  # fmt: skip
_TAKING = frozenset((
    "heapify", "heappop", "heappush", "heapreplace", "insort", "insort_left", "insort_right", "setitem", "shuffle",
))  # fmt: skip
"""Methods that change what they are of, and functions that change what they are given first."""


class Changing:
    """What the code of some statements changes; it is read when that is first asked, since few ask."""

    def __init__(self):
        self._left, self._classes, self._aliases = [], set(), []
        self._keys, self._stored = set(), set()
        self._added = set()  # as numbers are: under another name nobody sees it

    def add(self, statement, left_out=()):
        """Note a statement, with all that is in it but methods of some names."""
        self._left.append((statement, left_out))
        if isinstance(statement, ast.ClassDef):
            self._classes.add(statement.name)

    def has(self, keys):
        """Whether the contents of what is under one of some keys may be changed; one that ends a key stands for it."""
        self._read()
        found = self._keys | self._added
        return not found.isdisjoint(keys) or any(each.endswith(one) for one in keys if one[:1] == ":" for each in found)

    def stores(self, keys):
        """Whether an attribute may be stored once its object is made."""
        self._read()
        return not self._stored.isdisjoint(keys)

    def _read(self):
        if not self._left:
            return
        statements, self._left = self._left, []
        for node, place in [each for one in statements for each in placed(*one)]:
            self._note_alias(node, place)
            if place.when != AT_ONCE:
                self._note(node, place)
            if place.when == CALLED and isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                self._stored.add(key(node, place, self._classes))
        before = -1
        while before < len(self._keys):
            before = len(self._keys)
            for made, of in self._aliases:
                if not self._keys.isdisjoint(made):
                    self._keys |= of

    def _note(self, node, place):
        match node:
            case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()):
                self._keys |= self._said(owner, place)
            case ast.AugAssign(target=ast.Name() | ast.Attribute() as target):
                self._added |= self._said(target, place)
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if attr in _CHANGING:
                self._keys |= self._said(owner, place)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[owner, *_]) if name in _TAKING:
                self._keys |= self._said(owner, place)
            case _:
                pass

    def _note_alias(self, node, place):
        match node:
            case ast.Assign(targets=targets, value=value):
                self._aliases += [(self._said(each, place), self._said(value, place)) for each in targets]
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                self._aliases.append((self._said(target, place), self._said(value, place)))
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                names = [each for each in ast.walk(target) if isinstance(each, ast.Name)]
                self._aliases.append(({key(each, place, self._classes) for each in names}, self._said(value, place)))
            case _:
                pass

    def _said(self, node, place):
        """The keys of the name or attribute of which ``X.y[0].setdefault(1, [])`` is a part, and of such methods."""
        found = set()
        while True:
            match node:
                case ast.Call(func=ast.Attribute(value=value) as method):
                    found.add(key(method, place, self._classes))
                    node = value
                case ast.Subscript(value=value) | ast.Starred(value=value):
                    node = value
                case ast.Attribute() | ast.Name():
                    return found | {key(node, place, self._classes)}
                case _:
                    return found
