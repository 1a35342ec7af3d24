"""Knows what each name of the tests stands for at this point, and with it where an expression can be computed.

A name stands for data that the driver can evaluate, for something that the solution defines (``Function``), for a value
in the solution's process (``Remote``), or for a function of the tests (``Local``).
"""

import ast
import builtins
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from verifiers.bounded import Evaluator
from verifiers.conversion.recording import Remote
from verifiers.conversion.refusal import refuse


@dataclass(frozen=True, slots=True)
class Function:
    """A name that stands for something the solution defines."""

    name: str

    @property
    def is_class(self) -> bool:
        """Whether the name is written as classes are."""
        return self.name.lstrip("_")[:1].isupper() and not self.name.isupper()


@dataclass(frozen=True, slots=True)
class Local:
    """A function that the tests define."""

    node: ast.FunctionDef


class Scope:
    """The names so far.

    Args:
        entry_point: the function that is under test, even where it is called as a built-in one is.

    Attributes:
        names: what has been bound, of any kind.
        evaluator: knows those of the names that stand for data.
    """

    def __init__(self, entry_point: str) -> None:
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.evaluator = Evaluator({"__name__": "__main__"})
        self._entry_point = entry_point
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

    def bind(self, name: str, value: object) -> None:
        """Let a name stand for a value of any kind."""
        self.names[name] = value
        if isinstance(value, Function | Remote | Local):
            self.evaluator.names.pop(name, None)
        else:
            self.evaluator.names[name] = value

    @contextmanager
    def inner(self) -> Generator[None]:
        """Names that are bound within are forgotten after it; what has moved stays moved."""
        outer, outer_local = dict(self.names), dict(self.evaluator.names)
        yield
        self.names, self.evaluator.names = outer, outer_local
        self._follow_moves()

    def move(self, value: object, to: Remote) -> None:
        """From now on a mutable value lives in the solution's process, whatever it is called."""
        self._moved[id(value)] = (value, to)
        self._follow_moves()

    def constant(self, node: ast.expr) -> object:
        """The value of a condition.

        Raises:
            Refused: where the solution has a part in it.
        """
        if not self.is_local(node):
            refuse(node, "condition")
        return self.evaluator.value(node)

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
            and isinstance(self.meaning(part.id), Function | Remote | Local)
            for part in ast.walk(node)
        )

    def is_handle(self, node: ast.expr) -> bool:
        """Whether an expression is an object of the solution's own class, or computed from one by an operator."""
        match node:
            case ast.Name(id=name):
                found = self.meaning(name)
                return isinstance(found, Remote) and found.is_handle
            case ast.Call(func=ast.Name(id=name)):
                found = self.meaning(name)
                return isinstance(found, Function) and found.is_class
            case ast.BinOp():
                return self.is_handle(node.left) or self.is_handle(node.right)
            case _:
                return False

    def is_remote_call(self, node: ast.expr) -> bool:
        """Whether an expression is a value of the solution's process, or a call or an attribute of one."""
        match node:
            case ast.Name(id=name):
                return isinstance(self.meaning(name), Remote | Function)
            case ast.Call(func=ast.Name(id=name)):
                return isinstance(self.meaning(name), Function)
            case ast.Call(func=ast.Attribute(value=owner)) | ast.Attribute(value=owner):
                return not self.is_local(owner) and self.is_remote_call(owner)
            case _:
                return False

    def _follow_moves(self) -> None:
        for name, value in list(self.names.items()):
            if id(value) in self._moved:
                self.bind(name, self._moved[id(value)][1])
