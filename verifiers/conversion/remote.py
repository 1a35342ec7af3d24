"""Has expressions computed in the solution's process: each becomes the steps that lead to its value."""

import ast
from collections.abc import Container, Iterable, Mapping
from itertools import chain
from typing import cast

from stillroom.records.execution import Data, Given
from verifiers.conversion.classes import is_class_name
from verifiers.conversion.recording import Recording, Remote
from verifiers.conversion.refusal import refuse
from verifiers.conversion.scope import REMOTE_BUILT_INS, Function, Scope, place_in
from verifiers.sandbox.inside.link_claims import DATA_NAMES, claims_equality
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

    def compute(self, node: ast.expr, *, is_used: bool = True) -> Remote:
        """Emit the steps that compute an expression in the solution's process.

        Args:
            node: the expression.
            is_used: whether the tests do anything with its value.

        Raises:
            Refused: for an expression of a kind that has no steps.
        """
        scope, recording = self._scope, self._recording
        match node:
            case ast.Name(id=name):
                found = scope.meaning(name)
                if isinstance(found, Remote):
                    return found
                if isinstance(found, Function):  # afresh: what is no function may be another value by now
                    return Remote(recording.emit("name", name=found.name))
            case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if scope.is_built_in(
                name, REMOTE_BUILT_INS
            ):
                return recording.operation(name, self.given(inner))
            case ast.Attribute(value=ast.Call(func=ast.Name(id="type"), args=[inner]), attr="__name__"):
                kind = recording.operation("type", self.given(inner))
                return Remote(recording.emit("attr", on=kind.register, name="__name__"))
            case ast.Call(func=ast.Name(id=name)) if isinstance(found := scope.meaning(name), Function):
                return Remote(
                    self._call(recording.function(found.name), node),
                    is_handle=scope.is_class(found.name),
                    may_be_object=is_class_name(found.name),
                )
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if not scope.is_local(owner):
                given = [*node.args, *(each.value for each in node.keywords)]
                if attr.startswith("__") and given:
                    refuse(node, "operator")  # under its other name
                if claims_equality(attr) and not all(map(scope.is_solutions_own, given)):
                    refuse(node, "equality")
                if is_used and attr in DATA_NAMES and given and not scope.is_handle(owner):
                    refuse(node, "method-of-data")  # what an object answers there is not believed
                method = recording.emit("attr", on=self.compute(owner).register, name=attr)
                return Remote(self._call(method, node))
            case ast.Attribute(value=owner, attr=attr) if not scope.is_local(owner):
                return Remote(recording.emit("attr", on=self.compute(owner).register, name=attr))
            case ast.Subscript(value=owner, slice=index) if not scope.is_local(owner) and not isinstance(
                index, ast.Slice
            ):
                return recording.operation("getitem", self.compute(owner), self.given(index))
            case ast.BinOp() if type(node.op) in OPERATIONS and self._is_among_own(node):
                handle = recording.operation(OPERATIONS[type(node.op)], self.given(node.left), self.given(node.right))
                return Remote(handle.register, is_handle=scope.is_handle(node), may_be_object=scope.may_be_object(node))
            case _:
                pass
        refuse(node, "expression")

    def given(self, node: ast.expr) -> Given:
        """An argument: plain data, or a register.

        What the tests have under a name and the solution could change moves into its process for good, so that the
        change is seen under that name. A part that moves with it, or is given as a part of something new, is known to
        the driver no more.

        Raises:
            Refused: for an expression of a kind that has no steps, or what is not known any more.
        """
        scope = self._scope
        if not scope.is_local(node):
            if _is_display(node):
                return self._built(node)
            return Given(register=self.compute(node).register)
        value = scope.value(node)
        parts = scope.sharing.parts(value)
        if not parts:
            return Given(value=within_bounds(value))
        known = parts & scope.sources(node)
        if known and _is_display(node):
            return self._built(node)
        if not known and not scope.sharing.repeated(value):
            return Given(value=within_bounds(value))
        within_bounds(value)
        is_old = bool(place_in(node))
        apart = scope.named() | scope.sharing.repeated(value) | ({id(value)} if is_old else set[int]())
        found = self._put(value, apart, {})
        scope.sharing.give(known, value if is_old else None)
        return found

    def _is_among_own(self, node: ast.BinOp) -> bool:
        """Whether no operand is data of the tests, of which a result could be made that the tests look for."""
        return self._scope.is_solutions_own(node.left) and self._scope.is_solutions_own(node.right)

    def _put(self, value: object, apart: Container[int], made: dict[int, Given]) -> Given:
        """A value, with a register for each container in it that is ``apart``: with a name, or more than one place."""
        parts = self._scope.sharing.parts(value)
        if not parts:
            return Given(value=cast("Data", value))
        if id(value) in made:
            return made[id(value)]
        if any(part in apart for part in parts if part != id(value)):
            kind = type(value).__name__
            items = value if kind != "dict" else chain.from_iterable(cast("dict[object, object]", value).items())
            arguments = tuple(self._put(each, apart, made) for each in cast("Iterable[object]", items))
            register = self._recording.emit("build", name=kind, arguments=arguments)
        elif id(value) in apart:
            register = self._recording.emit("put", value=cast("Data", value))
        else:
            return Given(value=cast("Data", value))
        self._scope.move(value, Remote(register, is_data=True))
        made[id(value)] = Given(register=register)
        return made[id(value)]

    def _built(self, node: ast.expr) -> Given:
        """A list or tuple that is made in the solution's process of what is there already."""
        kind = "list" if isinstance(node, ast.List) else "tuple"
        arguments = tuple(map(self.given, cast("ast.List | ast.Tuple", node).elts))
        return Given(register=self._recording.emit("build", name=kind, arguments=arguments))

    def _call(self, function: int, node: ast.Call) -> int:
        if any(isinstance(each, ast.Starred) for each in node.args) or any(each.arg is None for each in node.keywords):
            refuse(node, "starred")
        arguments = tuple(self.given(each) for each in node.args)
        keywords = tuple((cast("str", each.arg), self.given(each.value)) for each in node.keywords)
        return self._recording.emit("call", on=function, arguments=arguments, keywords=keywords)


def _is_display(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple) and not any(isinstance(each, ast.Starred) for each in node.elts)
