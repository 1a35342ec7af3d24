"""Leaves to the driver what needs no solution: an expression keeps its form, around readings of what was computed.

``sorted(f(3))[0] < 2`` becomes ``sorted(@0)[0] < 2``; what is written with an object of the solution's own class
becomes a reading as a whole, since its operators are what is tested.
"""

import ast
from typing import Any, cast

from verifiers.conversion.recording import Recording, Remote
from verifiers.conversion.refusal import refuse
from verifiers.conversion.remote import OPERATIONS, Remotes
from verifiers.conversion.scope import Scope
from verifiers.vocabulary import METHOD_NAMES

_CONSUMERS = frozenset(("list", "sorted", "set", "tuple", "sum", "max", "min", "any", "all"))


class Lowering:
    """Lowers expressions.

    Args:
        scope: what names stand for.
        recording: takes the readings.
        remotes: computes what is the solution's.
    """

    def __init__(self, scope: Scope, recording: Recording, remotes: Remotes) -> None:
        self._scope = scope
        self._recording = recording
        self._remotes = remotes

    def lower(self, node: ast.expr) -> ast.expr:
        """The expression with everything that the solution computes replaced by readings.

        Raises:
            Refused: where it cannot be taken apart so.
        """
        scope, remotes = self._scope, self._remotes
        operation = self._recording.operation
        if scope.is_local(node):
            return node
        match node:
            case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if (
                name
                in ("list", "sorted", "set", "tuple", "sum", "max", "min", "any", "all", "len", "str", "repr", "bool")
                and scope.meaning(name) is None
                and not scope.is_local(inner)
                and scope.is_remote_call(inner)
            ):
                remote = remotes.compute(inner)
                if remote.is_handle:
                    return self._reading(operation(name, remote))
                return ast.Call(func=node.func, args=[self._reading(remote, as_list=name in _CONSUMERS)], keywords=[])
            case ast.Compare(left=left, ops=[kind], comparators=[right]) if (
                scope.is_handle(left) or scope.is_handle(right)
            ) and type(kind) in OPERATIONS:
                if isinstance(kind, ast.In | ast.NotIn):
                    found = operation("contains", remotes.compute(right), remotes.given(left))
                    reading = self._reading(found)
                    return reading if isinstance(kind, ast.In) else ast.UnaryOp(op=ast.Not(), operand=reading)
                return self._reading(operation(OPERATIONS[type(kind)], remotes.given(left), remotes.given(right)))
            case ast.BinOp() if scope.is_handle(node.left) or scope.is_handle(node.right):
                return self._reading(remotes.compute(node))
            case ast.Subscript(value=value) if scope.is_handle(value):
                return self._reading(remotes.compute(node))
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if (
                not scope.is_local(owner) and not scope.is_handle(owner) and attr in METHOD_NAMES
            ):
                # A method of data that was reported, not one of the solution's own objects.
                arguments = [self.lower(each) for each in node.args]
                return ast.Call(
                    func=ast.Attribute(value=self.lower(owner), attr=attr, ctx=ast.Load()), args=arguments, keywords=[]
                )
            case _ if scope.is_remote_call(node):
                return self._reading(remotes.compute(node))
            case ast.Call(func=ast.Name() | ast.Attribute()):
                node.keywords = [ast.keyword(arg=each.arg, value=self.lower(each.value)) for each in node.keywords]
                return ast.Call(func=node.func, args=[self.lower(each) for each in node.args], keywords=node.keywords)
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self._lower_comprehension(node)
            case _:
                return self._lower_children(node)

    def _lower_children(self, node: ast.expr) -> ast.expr:
        fields: dict[str, Any] = {}
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                fields[name] = self.lower(value)
            elif isinstance(value, list):
                items = cast("list[object]", value)
                fields[name] = [self.lower(item) if isinstance(item, ast.expr) else item for item in items]
            else:
                fields[name] = value
        return type(node)(**fields)

    def _lower_comprehension(self, node: ast.expr) -> ast.expr:
        """Only what a comprehension runs over may be the solution's; its body must be local."""
        if isinstance(node, ast.Lambda | ast.DictComp) or not isinstance(
            node, ast.ListComp | ast.SetComp | ast.GeneratorExp
        ):
            refuse(node, "expression")
        if len(node.generators) != 1:
            refuse(node, "comprehension")
        generator = node.generators[0]
        bound = [each.id for each in ast.walk(generator.target) if isinstance(each, ast.Name)]
        over = self.lower(generator.iter)
        outer = dict(self._scope.names)  # after that: what it moves into the solution's process stays there
        self._scope.names.update(dict.fromkeys(bound))
        inside = all(self._scope.is_local(each) for each in (node.elt, *generator.ifs))
        self._scope.names = outer
        if not inside:
            refuse(node, "comprehension")
        lowered = ast.comprehension(target=generator.target, iter=over, ifs=generator.ifs, is_async=0)
        return type(node)(elt=node.elt, generators=[lowered])

    def _reading(self, remote: Remote, *, as_list: bool = False) -> ast.Name:
        return ast.Name(id=f"@{self._recording.read(remote.register, as_list=as_list)}", ctx=ast.Load())
