"""Leaves to the driver what needs no solution: an expression keeps its form, around readings of what was computed.

``sorted(f(3))[0] < 2`` becomes ``sorted(@0)[0] < 2``; what is written with an object of the solution's own class
becomes a reading as a whole, since its operators are what is tested. But where an object is compared with data, it is
the object that becomes a reading: it is never shown what it should equal.
"""

import ast
from typing import Any, cast

from stillroom.records.execution import Given
from verifiers.conversion.recording import Recording, Remote
from verifiers.conversion.refusal import refuse
from verifiers.conversion.remote import OPERATIONS, Remotes
from verifiers.conversion.scope import Scope
from verifiers.vocabulary import METHOD_NAMES, TYPES

_ITERATING = frozenset("all any enumerate frozenset list map max min set sorted sum tuple zip".split())  # noqa: SIM905
"""Functions to which any iterator is as good as a list of its items."""
_OF_OBJECTS = frozenset(("list", "sorted", "set", "tuple", "sum", "max", "min", "any", "all"))
"""Those that are left to an object of the solution's own class, which knows how to iterate over itself."""

_OF_TEXTS = frozenset(("ascii", "format", "repr", "str"))
_MAKING_TEXTS = frozenset(("format", "format_map", "join"))


class Lowering:
    """Lowers expressions.

    Args:
        scope: what names stand for.
        recording: takes the readings.
        remotes: computes what is the solution's.

    Attributes:
        objects: the readings of what may be objects and is compared with data.
    """

    def __init__(self, scope: Scope, recording: Recording, remotes: Remotes) -> None:
        self._scope = scope
        self._recording = recording
        self._remotes = remotes
        self.objects: set[int] = set()
        self._is_against_data = False

    def lower(self, node: ast.expr) -> ast.expr:
        """The expression with everything that the solution computes replaced by readings.

        Raises:
            Refused: where it cannot be taken apart so.
        """
        scope, remotes = self._scope, self._remotes
        if scope.is_local(node):
            scope.require_current(node)
            return node
        if self._is_against_data and self._is_text_of(node):
            return self._lower_side(node, is_against_data=False)
        match node:
            case ast.Compare():
                return self._lower_comparison(node)
            case ast.BinOp() if scope.is_handle(node.left) or scope.is_handle(node.right):
                return self._reading_of(node)
            case ast.Subscript(value=value) if scope.is_handle(value):
                return self._reading_of(node)
            case _ if scope.is_remote_call(node) and not self._is_method_of_data(node):
                return self._reading_of(node)
            case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if scope.is_built_in(
                name, _OF_OBJECTS
            ) and scope.is_handle(inner):
                return self._reading(self._recording.operation(name, remotes.compute(inner)))
            case ast.Call(func=ast.Name(id=name), args=[_, *more]) if scope.is_built_in(name, _ITERATING):
                return self._call_of(node.func, node, is_iterated=not more or name not in ("max", "min"))
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if not scope.is_local(owner):
                return self._call_of(ast.Attribute(value=self._lower_owner(owner), attr=attr, ctx=ast.Load()), node)
            case ast.Call(func=ast.Name() | ast.Attribute()):
                return self._call_of(node.func, node)
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self._lower_comprehension(node)
            case _:
                return self._lower_children(node)

    def _is_text_of(self, node: ast.expr) -> bool:
        """Whether an expression is a text of what is in it, ``f"{point}"``: that meets data, and not what is in it."""
        match node:
            case ast.JoinedStr() | ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod()):
                return True
            case ast.Call(func=ast.Name(id=name)):
                return self._scope.is_built_in(name, _OF_TEXTS)
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr=attr)):
                return attr in _MAKING_TEXTS
            case _:
                return False

    def _is_method_of_data(self, node: ast.expr) -> bool:
        """Whether an expression is a method of data that was reported, not one of the solution's own objects."""
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)):
                return attr in METHOD_NAMES and not self._scope.is_handle(owner)
            case _:
                return False

    def _lower_owner(self, node: ast.expr) -> ast.expr:
        """As ``lower``, of what a method is called of: its result meets data, and not itself, ``cache.get(1) == 1``."""
        return self._lower_side(node, is_against_data=False)

    def _lower_side(self, node: ast.expr, *, is_against_data: bool) -> ast.expr:
        outer, self._is_against_data = self._is_against_data, is_against_data
        lowered = self.lower(node)
        self._is_against_data = outer
        return lowered

    def _call_of(self, function: ast.expr, node: ast.Call, *, is_iterated: bool = False) -> ast.Call:
        lower = self._items if is_iterated else self.lower
        return ast.Call(
            func=function,
            args=[lower(each) for each in node.args],
            keywords=[ast.keyword(arg=each.arg, value=self.lower(each.value)) for each in node.keywords],
        )

    def _items(self, node: ast.expr) -> ast.expr:
        """As ``lower``; an iterator of the solution becomes a list of its items."""
        scope = self._scope
        if scope.is_local(node) or not scope.is_remote_call(node) or self._is_method_of_data(node):
            return self.lower(node)
        return self._reading_of(node, as_list=True)

    def _lower_comparison(self, node: ast.Compare) -> ast.expr:
        """Objects compare themselves among each other; what meets data becomes a reading."""
        scope, remotes = self._scope, self._remotes
        sides = [node.left, *node.comparators]
        for kind, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if isinstance(kind, ast.Is | ast.IsNot) and not (self._is_single(left) or self._is_single(right)):
                return self._lower_identity(node)
        match node:
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as kind], comparators=[right]) if scope.is_handle(
                right
            ) or (scope.is_handle(left) and scope.is_solutions_own(right)):
                found = self._recording.operation("contains", remotes.compute(right), remotes.given(left))
                reading = self._reading(found)
                return reading if isinstance(kind, ast.In) else ast.UnaryOp(op=ast.Not(), operand=reading)
            case ast.Compare(left=left, ops=[kind], comparators=[right]) if (
                (scope.is_handle(left) or scope.is_handle(right))
                and type(kind) in OPERATIONS
                and not isinstance(kind, ast.In | ast.NotIn)
                and scope.is_solutions_own(left)
                and scope.is_solutions_own(right)
            ):
                operands = remotes.given(left), remotes.given(right)
                return self._reading(self._recording.operation(OPERATIONS[type(kind)], *operands))
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[right]):
                against = self._is_against_data or not all(map(scope.is_made_of_own, sides))
                element = self._lower_side(left, is_against_data=against)
                container = self._lower_side(right, is_against_data=False)  # what is in an object its items say
                return ast.Compare(left=element, ops=node.ops, comparators=[container])
            case _:
                outer = self._is_against_data
                is_identity = all(isinstance(kind, ast.Is | ast.IsNot) for kind in node.ops)
                self._is_against_data = outer or not (is_identity or all(map(scope.is_made_of_own, sides)))
                lowered = self._lower_children(node)
                self._is_against_data = outer
                return lowered

    def _lower_identity(self, node: ast.Compare) -> ast.Name:
        """Whether two are the same object is known where both are, and no object has a say in it."""
        match node:
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() as kind], comparators=[right]):
                given = tuple(self._apart(self._remotes.given(each), node) for each in (left, right))
                name = "is_" if isinstance(kind, ast.Is) else "is_not"
                return self._reading(self._recording.operation(name, *given))
            case _:
                refuse(node, "identity")

    def _apart(self, given: Given, node: ast.expr) -> Given:
        """What was given, as an object of its own; only of what can be changed it is certain that it is."""
        if given.register is None and isinstance(given.value, list | set | dict):
            return Given(register=self._recording.emit("put", value=given.value))
        return given if given.register is not None else refuse(node, "identity")

    def _is_single(self, node: ast.expr) -> bool:
        """Whether a value has no equal that is another object: None, a boolean, a type."""
        match node:
            case ast.Constant():
                return True
            case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)):
                is_type = name == "type" if isinstance(node, ast.Call) else name in TYPES
                return is_type and self._scope.meaning(name) is None
            case _:
                return False

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
        over = self._items(generator.iter)
        outer = dict(self._scope.names)  # after that: what it moves into the solution's process stays there
        self._scope.names.update(dict.fromkeys(bound))
        inside = all(self._scope.is_local(each) for each in (node.elt, *generator.ifs))
        self._scope.names = outer
        for each in (node.elt, *generator.ifs):
            self._scope.require_current(each)
        if not inside:
            refuse(node, "comprehension")
        lowered = ast.comprehension(target=generator.target, iter=over, ifs=generator.ifs, is_async=0)
        return type(node)(elt=node.elt, generators=[lowered])

    def _reading_of(self, node: ast.expr, *, as_list: bool = False) -> ast.Name:
        """The reading of an expression that the solution computes."""
        may_be_object = self._scope.may_be_object(node)
        reading = self._reading(self._remotes.compute(node), as_list=as_list)
        if self._is_against_data and may_be_object:
            self.objects.add(self._recording.readings - 1)
        return reading

    def _reading(self, remote: Remote, *, as_list: bool = False) -> ast.Name:
        return ast.Name(id=f"@{self._recording.read(remote.register, as_list=as_list)}", ctx=ast.Load())
