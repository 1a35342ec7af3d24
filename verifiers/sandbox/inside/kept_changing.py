"""Knows by what names a prompt's own code changes data: what it fills itself, an answer may have it fill."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import ast

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_AT_ONCE, _MADE, _CALLED = range(3)
"""When code is run: as the module is, as an object is made, when it is called."""
MAKING = frozenset(("__init__", "__new__", "__post_init__"))
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
        self._left, self._names, self._stored, self._aliases = [], set(), set(), []
        self._added = set()  # as numbers are: under another name nobody sees it

    def add(self, statement):
        """Note a statement, with all that is in it."""
        self._left.append(statement)

    def has(self, name):
        """Whether the contents of what is under a name, also of an attribute, may be changed."""
        self._read()
        return name in self._names or name in self._added

    def stores(self, name):
        """Whether an attribute may be stored once its object is made."""
        self._read()
        return name in self._stored

    def _read(self):
        if not self._left:
            return
        nodes, self._left = [(each, _AT_ONCE) for each in self._left], []
        while nodes:
            node, when = nodes.pop()
            self._note_alias(node)
            if when != _AT_ONCE:
                self._note(node)
            if when == _CALLED and isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                self._stored.add(node.attr)
            if isinstance(node, _FUNCTION):
                when = _MADE if getattr(node, "name", "") in MAKING else _CALLED
            nodes += [(each, when) for each in ast.iter_child_nodes(node)]
        before = -1
        while before < len(self._names):
            before = len(self._names)
            for made, of in self._aliases:
                if not self._names.isdisjoint(made):
                    self._names |= of

    def _note(self, node):
        match node:
            case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()):
                self._names |= _said(owner)
            case ast.AugAssign(target=ast.Name() | ast.Attribute() as target):
                self._added |= _said(target)
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if attr in _CHANGING:
                self._names |= _said(owner)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[owner, *_]) if name in _TAKING:
                self._names |= _said(owner)
            case _:
                pass

    def _note_alias(self, node):
        match node:
            case ast.Assign(targets=targets, value=value):
                self._aliases += [(_said(each), _said(value)) for each in targets]
            case ast.NamedExpr(target=target, value=value):
                self._aliases.append((_said(target), _said(value)))
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                made = {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
                self._aliases.append((made, _said(value)))
            case _:
                pass


def _said(node):
    """The name or attribute of which ``X.y[0].setdefault(1, [])`` is a part."""
    found = set()
    while True:
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=attr)):
                found.add(attr)
                node = value
            case ast.Subscript(value=value) | ast.Starred(value=value):
                node = value
            case ast.Attribute(attr=name) | ast.Name(id=name):
                return found | {name}
            case _:
                return found
