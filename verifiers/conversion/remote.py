"""Has expressions computed in the solution's process: each becomes the steps that lead to its value."""

import ast
from collections.abc import Mapping
from typing import cast

from stillroom.records.execution import Given
from verifiers.conversion.recording import Recording, Remote
from verifiers.conversion.refusal import refuse
from verifiers.conversion.scope import Function, Scope
from verifiers.wire_data import within_bounds

OPERATIONS: Mapping[type[ast.AST], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.In: "contains",
    ast.NotIn: "contains",
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.BitXor: "xor",
}
"""The names by which the sandbox knows operators."""


class Remotes:
    """Turns expressions into steps.

    Args:
        scope: what names stand for.
        recording: takes the steps.
    """

    def __init__(self, scope: Scope, recording: Recording) -> None:
        self._scope = scope
        self._recording = recording

    def compute(self, node: ast.expr) -> Remote:
        """Emit the steps that compute an expression in the solution's process.

        Raises:
            Refused: for an expression of a kind that has no steps.
        """
        scope, recording = self._scope, self._recording
        match node:
            case ast.Name(id=name):
                found = scope.meaning(name)
                if isinstance(found, Remote):
                    return found
                if isinstance(found, Function):
                    return Remote(recording.function(found.name))
            case ast.Call(func=ast.Name(id=name)) if isinstance(found := scope.meaning(name), Function):
                return Remote(self._call(recording.function(found.name), node), is_handle=found.is_class)
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if not scope.is_local(owner):
                method = recording.emit("attr", on=self.compute(owner).register, name=attr)
                return Remote(self._call(method, node))
            case ast.Attribute(value=owner, attr=attr) if not scope.is_local(owner):
                return Remote(recording.emit("attr", on=self.compute(owner).register, name=attr))
            case ast.Subscript(value=owner, slice=index) if not scope.is_local(owner) and not isinstance(
                index, ast.Slice
            ):
                return recording.operation("getitem", self.compute(owner), self.given(index))
            case ast.BinOp() if type(node.op) in OPERATIONS:
                handle = recording.operation(OPERATIONS[type(node.op)], self.given(node.left), self.given(node.right))
                return Remote(handle.register, is_handle=scope.is_handle(node))
            case _:
                pass
        refuse(node, "expression")

    def given(self, node: ast.expr) -> Given:
        """An argument: plain data, or a register. A mutable name moves into the solution's process for good."""
        scope, recording = self._scope, self._recording
        if isinstance(node, ast.Name) and isinstance(scope.names.get(node.id), list | dict | set):
            value = scope.names[node.id]
            register = recording.emit("put", value=within_bounds(value))
            scope.move(value, Remote(register))
            return Given(register=register)
        if scope.is_local(node):
            return Given(value=within_bounds(scope.evaluator.value(node)))
        if isinstance(node, ast.List | ast.Tuple) and not any(isinstance(each, ast.Starred) for each in node.elts):
            kind = "list" if isinstance(node, ast.List) else "tuple"
            return Given(register=recording.emit("build", name=kind, arguments=tuple(map(self.given, node.elts))))
        return Given(register=self.compute(node).register)

    def _call(self, function: int, node: ast.Call) -> int:
        if any(isinstance(each, ast.Starred) for each in node.args) or any(each.arg is None for each in node.keywords):
            refuse(node, "starred")
        arguments = tuple(self.given(each) for each in node.args)
        keywords = tuple((cast("str", each.arg), self.given(each.value)) for each in node.keywords)
        return self._recording.emit("call", on=function, arguments=arguments, keywords=keywords)
