"""Evaluates expressions of model-written tests over plain data, with a bound on everything.

The trusted driver needs the value of ``[1] * 1000`` or of ``abs(@0 - 2.5) < 1e-6`` without giving untrusted
source or untrusted values a way to act: only the syntax below is known, operators and methods apply to exact
built-in types alone, and work, size and time are limited before anything is computed.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from verifiers.bounded_calls import Calls
from verifiers.bounded_names import bind
from verifiers.bounded_text import inserted, percent
from verifiers.bounds import MAX_INT_BITS, MAX_WORK, Budget, TooMuch, Unsupported
from verifiers.vocabulary import BINARY, COMPARE, DATA_TYPES, FUNCTIONS, MATH, TYPES, UNARY

_WITHOUT_ORDER = frozenset(("all", "any", "frozenset", "len", "max", "min", "set", "sorted", "sum"))
"""Functions whose results are the same whatever the order of their items."""


class Evaluator:
    """Evaluates expressions; the budget of work is shared by all that one instance evaluates.

    Args:
        names: values of the names that an expression may use.
    """

    def __init__(self, names: Mapping[str, object], work: int = MAX_WORK) -> None:
        self.names = dict(names)
        self.budget = Budget(work)
        self._calls = Calls(self.budget)

    def value(self, node: ast.expr) -> object:
        """The expression's value.

        Raises:
            Unsupported: for what is not known here.
            Exception: what evaluating the expression in Python would raise (TypeError, ZeroDivisionError, ...).
        """
        self.budget.spend(1)
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self._name(node.id)
            case ast.Tuple() | ast.List() | ast.Set():
                items = list(self._elements(node.elts, is_ordered=not isinstance(node, ast.Set)))
                return tuple(items) if isinstance(node, ast.Tuple) else self._collected(node, items)
            case ast.Dict():
                return self._dict(node)
            case ast.UnaryOp():
                return UNARY[type(node.op)](self._operand(node.operand))
            case ast.BinOp():
                return self.binary(type(node.op), self._operand(node.left), self._operand(node.right))
            case ast.BoolOp():
                return self._bool(node)
            case ast.Compare():
                return self._compare(node)
            case ast.IfExp():
                return self.value(node.body if self.value(node.test) else node.orelse)
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return self._call(node)
            case ast.Attribute(value=ast.Name(id="math"), attr=name) if name in MATH and "math" not in self.names:
                return MATH[name]
            case ast.Attribute(attr="__name__"):
                return self._type_name(self.value(node.value))
            case ast.JoinedStr():
                return "".join(map(self._inserted, node.values))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                is_ordered = not isinstance(node, ast.SetComp)
                return self._collected(node, self._comprehended(node, is_ordered=is_ordered))
            case ast.DictComp():
                pairs = cast(
                    "list[tuple[object, object]]",
                    list(self._comprehension(node.generators, lambda: (self.value(node.key), self.value(node.value)))),
                )
                self.budget.keys([key for key, _ in pairs])
                return dict(pairs)
            case _:
                raise Unsupported(type(node).__name__)

    def binary(self, kind: type[ast.operator], left: object, right: object) -> object:
        """A binary operation, refused before it is computed where its result could be too large."""
        if kind not in BINARY:
            raise Unsupported(kind.__name__)
        if kind is ast.Mod and isinstance(left, str):
            return percent(left, right, self.budget)
        if kind is ast.Mod and isinstance(left, bytes):
            raise Unsupported("formatting of bytes")
        if kind in (ast.Mod, ast.FloorDiv, ast.Div):
            self.budget.whole_numbers((left, right))
        if kind is ast.Mult:
            self.budget.product(left, right)
        elif kind is ast.Pow and isinstance(left, int) and isinstance(right, int):
            if right > 0 and left.bit_length() * right > MAX_INT_BITS:
                raise TooMuch("an integer power is too large")
        elif kind is ast.LShift and isinstance(left, int) and isinstance(right, int):
            if left.bit_length() + right > MAX_INT_BITS:
                raise TooMuch("an integer shift is too large")
        else:
            self.budget.size(left)
            self.budget.size(right)
        return BINARY[kind](left, right)

    def _name(self, name: str) -> object:
        if name in self.names:
            return self.names[name]
        if name in TYPES:
            return TYPES[name]
        raise Unsupported(f"name {name}")

    def _collected(self, node: ast.expr, items: list[object]) -> object:
        if not isinstance(node, ast.Set | ast.SetComp):
            return items
        self.budget.keys(items)
        return set(items)

    def _inserted(self, node: ast.expr) -> str:
        """A part of an f-string."""
        if not isinstance(node, ast.FormattedValue):
            return cast("str", self.value(node))
        spec = "" if node.format_spec is None else cast("str", self.value(node.format_spec))
        return inserted(self._operand(node.value), node.conversion, spec, self.budget)

    def _type_name(self, value: object) -> str:
        if not isinstance(value, type):
            raise Unsupported("attribute of what is no type")
        return value.__name__

    def _operand(self, node: ast.expr) -> object:
        value = self.value(node)
        if type(value) not in DATA_TYPES:
            raise Unsupported(f"operand of type {type(value).__name__}")
        return value

    def _elements(self, nodes: Iterable[ast.expr], *, is_ordered: bool = True) -> Iterator[object]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                value = self.value(node.value)
                yield from self.budget.in_order(value) if is_ordered else self.budget.iterate(value)
            else:
                yield self.value(node)

    def _dict(self, node: ast.Dict) -> dict[object, object]:
        found: dict[object, object] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                other = self.value(value)
                if type(other) is not dict:
                    raise Unsupported("** of what is no dict")
                pairs = cast("dict[object, object]", other)
                self.budget.size(pairs)
                found.update(pairs)
            else:
                found[self.value(key)] = self.value(value)
        return found

    def _bool(self, node: ast.BoolOp) -> object:
        stop_at = isinstance(node.op, ast.Or)
        value: object = None
        for each in node.values:
            value = self._operand(each)
            if bool(value) is stop_at:
                return value
        return value

    def _compare(self, node: ast.Compare) -> object:
        left = self._operand(node.left)
        result: object = True
        for kind, each in zip(node.ops, node.comparators, strict=True):
            right = self._operand(each)
            self.budget.size(left)
            self.budget.size(right)
            if isinstance(kind, ast.Is | ast.IsNot):
                result = (_same(left, right)) is isinstance(kind, ast.Is)
            else:
                result = COMPARE[type(kind)](left, right)
            if not result:
                return result
            left = right
        return result

    def _subscript(self, node: ast.Subscript) -> object:
        value = cast("list[object]", self._operand(node.value))
        if isinstance(value, type):
            raise Unsupported("generic type")
        if not isinstance(node.slice, ast.Slice):
            return value[cast("int", self._operand(node.slice))]
        bounds = [
            None if part is None else self._operand(part)
            for part in (node.slice.lower, node.slice.upper, node.slice.step)
        ]
        self.budget.size(value)
        return value[slice(*cast("list[int | None]", bounds))]

    def _comprehended(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, *, is_ordered: bool) -> list[object]:
        return list(self._comprehension(node.generators, lambda: self.value(node.elt), is_ordered=is_ordered))

    def _comprehension(
        self, generators: list[ast.comprehension], result: Callable[[], object], *, is_ordered: bool = True
    ) -> Iterator[object]:
        if not generators:
            yield result()
            return
        first, *rest = generators
        if first.is_async:
            raise Unsupported("async comprehension")
        outer = dict(self.names)
        over = self.value(first.iter)
        for item in self.budget.in_order(over) if is_ordered else self.budget.iterate(over):
            bind(self.names, first.target, item)
            if all(self.value(condition) for condition in first.ifs):
                yield from self._comprehension(rest, result, is_ordered=is_ordered)
        self.names = outer

    def _call(self, node: ast.Call) -> object:
        if any(keyword.arg is None for keyword in node.keywords):
            raise Unsupported("** in a call")
        by_key = [keyword.value for keyword in node.keywords if keyword.arg == "key"]
        match node:
            case ast.Call(func=ast.Name(id="map"), args=[function, over], keywords=[]) if "map" not in self.names:
                return self._calls.mapped(self._function_name(function), list(self.budget.in_order(self.value(over))))
            case _:
                pass
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.ListComp() | ast.GeneratorExp() as over], keywords=[]) if (
                name in _WITHOUT_ORDER and name not in self.names
            ):
                arguments: list[object] = [self._comprehended(over, is_ordered=False)]
            case _:
                arguments = list(self._elements(node.args))
        keywords = {cast("str", each.arg): self.value(each.value) for each in node.keywords if each.arg != "key"}
        for value in (*arguments, *keywords.values()):
            if type(value) not in DATA_TYPES:
                raise Unsupported(f"argument of type {type(value).__name__}")
            self.budget.size(value)
        match node.func:
            case ast.Name(id=name) if by_key and name in FUNCTIONS and name not in self.names:
                return self._calls.ordered(name, self._function_name(by_key[0]), arguments, keywords)
            case _ if by_key:
                raise Unsupported("a key function")
            case ast.Name(id="type") if len(arguments) == 1 and "type" not in self.names:
                return type(arguments[0])
            case ast.Name(id=name) if name in FUNCTIONS and name not in self.names:
                return self._calls.function(name, arguments, keywords)
            case ast.Name(id=name) if callable(found := self.names.get(name)) and found in MATH.values():
                return self._calls.math_function(found, arguments, keywords)
            case ast.Attribute(value=ast.Name(id="math"), attr=name) if "math" not in self.names and name in MATH:
                return self._calls.math_function(cast("Callable[..., object]", MATH[name]), arguments, keywords)
            case ast.Attribute():
                return self._calls.method(self._operand(node.func.value), node.func.attr, arguments, keywords)
            case _:
                raise Unsupported("call of an unknown function")

    def _function_name(self, node: ast.expr) -> str:
        """The name of a function that is given to another one."""
        if isinstance(node, ast.Name) and node.id in FUNCTIONS and node.id not in self.names:
            return node.id
        raise Unsupported("a function as an argument")


def _same(left: object, right: object) -> bool:
    """``is`` as a test may mean it: for None, booleans, Ellipsis and types; by type and value for small data."""
    if left is right:
        return True
    return type(left) is type(right) and isinstance(left, int | str) and left == right
