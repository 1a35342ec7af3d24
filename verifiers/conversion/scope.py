"""Knows what each name of the tests stands for at this point, and with it where an expression can be computed.

A name stands for data that the driver can evaluate, for something that the solution defines (``Function``), for a value
in the solution's process (``Remote``), for a function of the tests (``Local``), or for a module (``Imported``).
"""

import ast
import builtins
from collections.abc import Container, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from verifiers.bounded import Evaluator
from verifiers.conversion.classes import is_class_name
from verifiers.conversion.recording import Remote
from verifiers.conversion.refusal import MAX_SHOWN_CHARS, Refused, refuse
from verifiers.conversion.sharing import Sharing

REMOTE_BUILT_INS = frozenset(("iter", "next", "len", "str", "repr", "bool"))
"""Functions that the solution's process applies to what it computed: their results say more than data can."""


@dataclass(frozen=True, slots=True)
class Function:
    """A name that stands for something the solution defines."""

    name: str


@dataclass(frozen=True, slots=True)
class Local:
    """A function that the tests define; ``is_nested``: in another one, of which it sees the names."""

    node: ast.FunctionDef
    is_nested: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """A module that the tests import, of which the driver knows no values."""

    name: str


class Scope:
    """The names so far.

    Args:
        entry_point: the function that is under test, even where it is called as a built-in one is.
        classes: names of the solution's classes.

    Attributes:
        names: what has been bound, of any kind.
        evaluator: knows those of the names that stand for data.
        sharing: what is part of what.
    """

    def __init__(self, entry_point: str, classes: Container[str] = ()) -> None:
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.evaluator = Evaluator({"__name__": "__main__"})
        self.sharing = Sharing()
        self._entry_point = entry_point
        self._classes = classes
        self._outer: list[tuple[dict[str, object], dict[str, object]]] = []  # of the module, of a function in it, ...
        self._moved: dict[int, tuple[object, Remote]] = {}  # the value is kept alive so that its id stays its own

    def meaning(self, name: str) -> object:
        """What a name stands for: a constant, a remote value, a function of the solution."""
        if name in self.names:
            return self.names[name]
        if name == self._entry_point:
            return Function(name)
        if name == "math" or hasattr(builtins, name):
            return None
        return Function(name)

    def is_built_in(self, name: str, among: Container[str]) -> bool:
        """Whether a name is one of these built-in functions, and not something else here."""
        return name in among and self.meaning(name) is None

    def bind(self, name: str, value: object) -> None:
        """Let a name stand for a value of any kind."""
        if id(value) in self._moved:
            value = self._moved[id(value)][1]
        self.names[name] = value
        if isinstance(value, Function | Remote | Local | Imported):
            self.evaluator.names.pop(name, None)
        else:
            self.evaluator.names[name] = value

    @contextmanager
    def inner(self, *, is_nested: bool) -> Generator[None]:
        """Within it the names are those of the module, and those that are bound in it are forgotten after it.

        What has moved stays moved.

        Args:
            is_nested: whether the names are those of the function around it, too.
        """
        outer = (self.names, self.evaluator.names)
        self._outer.append(outer)
        names, values = outer if is_nested else self._outer[0]
        self.names, self.evaluator.names = dict(names), dict(values)
        self._follow_moves()
        yield
        self.names, self.evaluator.names = self._outer.pop()
        self._follow_moves()

    def move(self, value: object, to: Remote) -> None:
        """From now on a value that can be changed lives in the solution's process, whatever it is called."""
        self._moved[id(value)] = (value, to)
        self.sharing.give(self.sharing.parts(value))
        self._follow_moves()

    def value(self, node: ast.expr) -> object:
        """The value of an expression in which the solution has no part.

        Raises:
            Refused: where it depends on what the solution may have changed.
            Unsupported: where the driver cannot evaluate it.
        """
        self.require_current(node)
        return self.evaluator.value(node)

    def require_current(self, node: ast.expr) -> None:
        """Refuse an expression that looks into a container which was given to the solution under another name.

        Raises:
            Refused: as said.
        """
        if self.sharing.is_nothing_given:
            return
        for value in self._looked_into(node):
            if self.sharing.is_out_of_sight(value):
                detail = f"what the solution may have changed in {ast.unparse(node)[:MAX_SHOWN_CHARS]} cannot be seen"
                raise Refused("tests:alias", detail)
            if self.sharing.is_outdated(value):
                refuse(node, "alias")

    def named(self) -> set[int]:
        """Identities of the containers that have a name."""
        known = chain(self.evaluator.names.values(), *(values.values() for _, values in self._outer))
        return {id(value) for value in known if type(value) in (list, set, dict)}

    def sources(self, node: ast.expr) -> frozenset[int]:
        """Identities of the changeable containers that the names in an expression hold."""
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        held = (self.sharing.parts(self.evaluator.names[name]) for name in names if name in self.evaluator.names)
        return frozenset[int]().union(*held)

    def _looked_into(self, node: ast.AST) -> Iterator[object]:
        """The values of which more is asked than what is where in them: ``d["x"]`` looks not into all of ``d``."""
        match node:
            case ast.Name(id=name):
                if name in self.evaluator.names:
                    yield self.evaluator.names[name]
            case ast.Subscript() if place_in(node) in self.evaluator.names:
                yield self.evaluator.value(node)
                while isinstance(node, ast.Subscript):
                    yield from self._looked_into(node.slice)
                    node = node.value
                    whole = self.evaluator.value(node)
                    if self.sharing.is_given(whole):
                        yield whole
            case _:
                for child in ast.iter_child_nodes(node):
                    yield from self._looked_into(child)

    def constant(self, node: ast.expr) -> object:
        """The value of a condition.

        Raises:
            Refused: where the solution has a part in it.
        """
        if not self.is_local(node):
            refuse(node, "condition")
        return self.value(node)

    def used_names(self, expression: ast.expr) -> dict[str, object]:
        """The data that the driver needs by name to evaluate an expression."""
        used = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
        return {name: value for name, value in self.evaluator.names.items() if name in used}

    def is_local(self, node: ast.expr) -> bool:
        """Whether an expression can be evaluated without the solution."""
        bound = {
            name.id
            for part in ast.walk(node)
            if isinstance(part, ast.comprehension)
            for name in ast.walk(part.target)
            if isinstance(name, ast.Name)
        }
        return not any(
            isinstance(part, ast.Name)
            and part.id not in bound
            and isinstance(self.meaning(part.id), Function | Remote | Local | Imported)
            for part in ast.walk(node)
        )

    def is_class(self, name: str) -> bool:
        """Whether a name of the solution is known to be a class."""
        return name in self._classes

    def is_handle(self, node: ast.expr) -> bool:
        """Whether an expression is an object of the solution's own class, or computed from one by an operator."""
        match node:
            case ast.Name(id=name):
                found = self.meaning(name)
                return isinstance(found, Remote) and found.is_handle
            case ast.Call(func=ast.Name(id=name)):
                found = self.meaning(name)
                return isinstance(found, Function) and self.is_class(found.name)
            case ast.BinOp():
                return self.is_handle(node.left) or self.is_handle(node.right)
            case _:
                return False

    def may_be_object(self, node: ast.expr) -> bool:
        """Whether an expression is what a name made that is written as classes are."""
        match node:
            case ast.Name(id=name):
                found = self.meaning(name)
                return isinstance(found, Remote) and found.may_be_object
            case ast.Call(func=ast.Name(id=name)):
                found = self.meaning(name)
                return isinstance(found, Function) and is_class_name(found.name)
            case ast.BinOp():
                return self.may_be_object(node.left) or self.may_be_object(node.right)
            case _:
                return False

    def is_solutions_own(self, node: ast.expr) -> bool:
        """Whether an expression is an object of the solution, or a value that it computed; no data of the tests is."""
        if self.is_handle(node):
            return True
        root = node
        while True:
            match root:
                case ast.Attribute(value=inner) | ast.Call(func=ast.Attribute(value=inner)):
                    root = inner
                case ast.Call(func=ast.Name(id=name), args=[inner]) if self.is_built_in(name, REMOTE_BUILT_INS):
                    root = inner
                case ast.Name(id=name):
                    found = self.meaning(name)
                    return self.is_remote_call(node) and not (isinstance(found, Remote) and found.is_data)
                case _:
                    return self.is_remote_call(node)

    def is_made_of_own(self, node: ast.expr) -> bool:
        """Whether an expression is the solution's own, or what operators and subscripts make of that.

        An operator with data is not: ``Fib(9) + 21 == Fib(10)`` says what it is to equal.
        """
        match node:
            case ast.BinOp(left=left, right=right):
                return self.is_made_of_own(left) and self.is_made_of_own(right)
            case ast.UnaryOp(operand=inner) | ast.Subscript(value=inner) | ast.Call(func=ast.Attribute(value=inner)):
                return self.is_made_of_own(inner)
            case ast.Compare(left=left, comparators=[right]):
                return self.is_made_of_own(left) and self.is_made_of_own(right)
            case _:
                return self.is_solutions_own(node)

    def is_remote_call(self, node: ast.expr) -> bool:
        """Whether an expression is a value of the solution's process, or a call or an attribute of one."""
        match node:
            case ast.Name(id=name):
                return isinstance(self.meaning(name), Remote | Function)
            case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if self.is_built_in(
                name, REMOTE_BUILT_INS
            ):
                return self.is_remote_call(inner)
            case ast.Call(func=ast.Name(id=name)):
                return isinstance(self.meaning(name), Function)
            case ast.Attribute(value=ast.Call(func=ast.Name(id="type"), args=[inner], keywords=[]), attr="__name__"):
                return self.meaning("type") is None and self.is_remote_call(inner)
            case ast.Call(func=ast.Attribute(value=owner)) | ast.Attribute(value=owner):
                return not self.is_local(owner) and self.is_remote_call(owner)
            case _:
                return False

    def _follow_moves(self) -> None:
        for name, value in list(self.names.items()):
            if id(value) in self._moved:
                self.bind(name, self._moved[id(value)][1])


def place_in(node: ast.expr) -> str:
    """The name in whose value an expression is a place, as ``rows`` for ``rows[0]["x"]`` and for itself; else ""."""
    while isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
