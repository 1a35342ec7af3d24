"""Evaluates expressions of model-written tests over plain data, with a bound on everything.

The trusted driver needs the value of ``[1] * 1000`` or of ``abs(@0 - 2.5) < 1e-6`` without giving untrusted
source or untrusted values a way to act: only the syntax below is known, operators and methods apply to exact
built-in types alone, and work, size and time are limited before anything is computed.
"""

import ast
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

MAX_WORK = 2_000_000  # nodes visited plus elements touched
MAX_ELEMENTS = 1_000_000  # of one sequence, or characters of one text
MAX_INT_BITS = 1 << 17
MAX_DIGITS = 4_000  # of an integer that becomes text or comes from it


def _operator(name: str) -> Callable[..., object]:
    return getattr(operator, name)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DATA = (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, type(None), type(...))
_EMPTY: dict[str, str] = {}
_VIEWS: tuple[type, ...] = (type(_EMPTY.keys()), type(_EMPTY.values()), type(_EMPTY.items()))
_DATA_SET: frozenset[type] = frozenset((*_DATA, *_VIEWS, range, type))

TYPES: Mapping[str, object] = {
    kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict)
} | {"NoneType": type(None), "object": object}

_BINARY: dict[type[ast.operator], Callable[[Any, Any], object]] = {
    ast.Add: _operator("add"),
    ast.Sub: _operator("sub"),
    ast.Mult: _operator("mul"),
    ast.Div: _operator("truediv"),
    ast.FloorDiv: _operator("floordiv"),
    ast.Mod: _operator("mod"),
    ast.Pow: _operator("pow"),
    ast.LShift: _operator("lshift"),
    ast.RShift: _operator("rshift"),
    ast.BitAnd: _operator("and_"),
    ast.BitOr: _operator("or_"),
    ast.BitXor: _operator("xor"),
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: _operator("eq"),
    ast.NotEq: _operator("ne"),
    ast.Lt: _operator("lt"),
    ast.LtE: _operator("le"),
    ast.Gt: _operator("gt"),
    ast.GtE: _operator("ge"),
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], object]] = {
    ast.USub: _operator("neg"),
    ast.UAdd: _operator("pos"),
    ast.Invert: _operator("invert"),
    ast.Not: _operator("not_"),
}
_LAZY = frozenset(("enumerate", "zip", "reversed"))  # their results are taken as lists
FUNCTIONS: Mapping[str, Callable[..., object]] = {
    function.__name__: function
    for function in (
        *(abs, all, any, bin, chr, divmod, enumerate, hex, isinstance, len, max, min, oct, ord, range),
        *(repr, reversed, round, sorted, sum, zip),
    )
} | {name: cast("Callable[..., object]", kind) for name, kind in TYPES.items() if name not in ("NoneType", "object")}
_MATH_NAMES = _words(
    "acos asin atan atan2 ceil copysign cos cosh degrees dist exp fabs floor fmod fsum gcd hypot isclose isfinite"
    " isinf isnan isqrt lcm log log10 log1p log2 modf prod radians sin sinh sqrt tan tanh trunc"
)
MATH: Mapping[str, object] = {name: getattr(math, name) for name in (*_MATH_NAMES, "pi", "e", "tau", "inf", "nan")}
_METHODS: Mapping[type, frozenset[str]] = {
    str: _words(
        "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit isidentifier islower"
        " isnumeric isprintable isspace istitle isupper join lower lstrip partition removeprefix removesuffix replace"
        " rfind rindex rpartition rsplit rstrip split splitlines startswith strip swapcase title upper"
    ),
    bytes: _words("count decode endswith find hex index join lower replace split startswith strip upper"),
    list: frozenset(("copy", "count", "index")),
    tuple: frozenset(("count", "index")),
    dict: frozenset(("copy", "get", "items", "keys", "values")),
    set: frozenset(("copy", "difference", "intersection", "isdisjoint", "issubset", "issuperset", "union")),
    frozenset: frozenset(("copy", "difference", "intersection", "isdisjoint", "issubset", "issuperset", "union")),
    float: frozenset(("is_integer",)),
    int: frozenset(("bit_length",)),
}
METHOD_NAMES = frozenset(name for names in _METHODS.values() for name in names)


class Unsupported(Exception):
    """The expression uses something that this evaluator does not know."""


class TooMuch(Unsupported):
    """The expression asks for more work or a larger value than is allowed."""


class Evaluator:
    """Evaluates expressions; the budget of work is shared by all that one instance evaluates.

    Args:
        names: values of the names that an expression may use.
    """

    def __init__(self, names: Mapping[str, object], work: int = MAX_WORK) -> None:
        self.names = dict(names)
        self.work = work

    def value(self, node: ast.expr) -> object:
        """The expression's value.

        Raises:
            Unsupported: for what is not known here.
            Exception: what evaluating the expression in Python would raise (TypeError, ZeroDivisionError, ...).
        """
        self.spend(1)
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self._name(node.id)
            case ast.Tuple() | ast.List() | ast.Set():
                items = list(self._elements(node.elts))
                return (
                    tuple(items) if isinstance(node, ast.Tuple) else items if isinstance(node, ast.List) else set(items)
                )
            case ast.Dict():
                return self._dict(node)
            case ast.UnaryOp():
                return _UNARY[type(node.op)](self._operand(node.operand))
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
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                items = list(self._comprehension(node.generators, lambda: self.value(node.elt)))
                return set(items) if isinstance(node, ast.SetComp) else items
            case ast.DictComp():
                pairs = self._comprehension(node.generators, lambda: (self.value(node.key), self.value(node.value)))
                return dict(cast("Iterator[tuple[object, object]]", pairs))
            case _:
                raise Unsupported(type(node).__name__)

    def spend(self, work: int) -> None:
        """Take from the budget.

        Raises:
            TooMuch: when nothing is left.
        """
        self.work -= work
        if self.work < 0:
            raise TooMuch("the tests ask for too much work")

    def binary(self, kind: type[ast.operator], left: object, right: object) -> object:
        """A binary operation, refused before it is computed where its result could be too large."""
        if kind not in _BINARY:
            raise Unsupported(kind.__name__)
        if kind is ast.Mod and isinstance(left, str | bytes):
            raise Unsupported("text formatting")
        if kind is ast.Mult:
            self._bound_product(left, right)
        elif kind is ast.Pow and isinstance(left, int) and isinstance(right, int):
            if right > 0 and left.bit_length() * right > MAX_INT_BITS:
                raise TooMuch("an integer power is too large")
        elif kind is ast.LShift and isinstance(left, int) and isinstance(right, int):
            if left.bit_length() + right > MAX_INT_BITS:
                raise TooMuch("an integer shift is too large")
        else:
            self.size(left)
            self.size(right)
        return _BINARY[kind](left, right)

    def size(self, value: object) -> int:
        """Charge for touching all of ``value``; returns its length."""
        length = len(cast("list[object]", value)) if isinstance(value, _SIZED) else 1
        if length > MAX_ELEMENTS:
            raise TooMuch("a sequence is too long")
        self.spend(length)
        return length

    def _bound_product(self, left: object, right: object) -> None:
        for sequence, times in ((left, right), (right, left)):
            if isinstance(sequence, str | bytes | list | tuple) and isinstance(times, int):
                if len(cast("str", sequence)) * times > MAX_ELEMENTS:
                    raise TooMuch("a repeated sequence is too long")
                self.spend(max(0, len(cast("str", sequence)) * times))
        if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > MAX_INT_BITS:
            raise TooMuch("an integer product is too large")

    def _name(self, name: str) -> object:
        if name in self.names:
            return self.names[name]
        if name in TYPES:
            return TYPES[name]
        raise Unsupported(f"name {name}")

    def _operand(self, node: ast.expr) -> object:
        value = self.value(node)
        if type(value) not in _DATA_SET:
            raise Unsupported(f"operand of type {type(value).__name__}")
        return value

    def _elements(self, nodes: Iterable[ast.expr]) -> Iterator[object]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from self.iterate(self.value(node.value))
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
                self.size(pairs)
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
            self.size(left)
            self.size(right)
            if isinstance(kind, ast.Is | ast.IsNot):
                result = (_same(left, right)) is isinstance(kind, ast.Is)
            else:
                result = _COMPARE[type(kind)](left, right)
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
        self.size(value)
        return value[slice(*cast("list[int | None]", bounds))]

    def iterate(self, value: object) -> Iterator[object]:
        """The items of a built-in container, charged for."""
        if type(value) not in _DATA_SET or isinstance(value, type):
            raise Unsupported(f"iterating over {type(value).__name__}")
        for item in cast("Iterable[object]", value):
            self.spend(1)
            yield item

    def _comprehension(self, generators: list[ast.comprehension], result: Callable[[], object]) -> Iterator[object]:
        if not generators:
            yield result()
            return
        first, *rest = generators
        if first.is_async:
            raise Unsupported("async comprehension")
        outer = dict(self.names)
        for item in self.iterate(self.value(first.iter)):
            bind(self.names, first.target, item)
            if all(self.value(condition) for condition in first.ifs):
                yield from self._comprehension(rest, result)
        self.names = outer

    def _call(self, node: ast.Call) -> object:
        arguments = list(self._elements(node.args))
        if any(keyword.arg is None for keyword in node.keywords):
            raise Unsupported("** in a call")
        keywords = {cast("str", keyword.arg): self.value(keyword.value) for keyword in node.keywords}
        if "key" in keywords:
            raise Unsupported("a key function")
        for value in (*arguments, *keywords.values()):
            if type(value) not in _DATA_SET:
                raise Unsupported(f"argument of type {type(value).__name__}")
            self.size(value)
        match node.func:
            case ast.Name(id="type") if len(arguments) == 1 and "type" not in self.names:
                return type(arguments[0])
            case ast.Name(id=name) if name in FUNCTIONS and name not in self.names:
                return self._function(name, arguments, keywords)
            case ast.Name(id=name) if callable(found := self.names.get(name)) and found in MATH.values():
                return self._bounded_math(found, arguments, keywords)
            case ast.Attribute(value=ast.Name(id="math"), attr=name) if "math" not in self.names and name in MATH:
                return self._bounded_math(cast("Callable[..., object]", MATH[name]), arguments, keywords)
            case ast.Attribute():
                return self._method(node.func, arguments, keywords)
            case _:
                raise Unsupported("call of an unknown function")

    def _function(self, name: str, arguments: list[object], keywords: dict[str, object]) -> object:
        if name == "range":
            found = range(*cast("list[int]", arguments))
            if len(found) > MAX_ELEMENTS:
                raise TooMuch("a range is too long")
            return found
        if name in ("str", "repr", "int", "bin", "oct", "hex"):
            self._bound_digits(arguments)
        if name == "bytes" and arguments and isinstance(arguments[0], int) and arguments[0] > MAX_ELEMENTS:
            raise TooMuch("bytes too long")
        if name == "sum" and any(isinstance(start, _SIZED) for start in (*arguments[1:], *keywords.values())):
            raise Unsupported("a sum of sequences")
        if name == "isinstance" and not _all_types(arguments[1:]):
            raise Unsupported("isinstance of an unknown type")
        result = FUNCTIONS[name](*arguments, **keywords)
        return list(cast("Iterable[object]", result)) if name in _LAZY else result

    def _bounded_math(
        self, function: Callable[..., object], arguments: list[object], keywords: dict[str, object]
    ) -> object:
        if not callable(function):
            raise Unsupported("call of a constant")
        if function is math.prod:
            self._bound_digits(arguments)
            if sum(item.bit_length() for item in self.iterate(arguments[0]) if isinstance(item, int)) > MAX_INT_BITS:
                raise TooMuch("a product is too large")
        return function(*arguments, **keywords)

    def _method(self, node: ast.Attribute, arguments: list[object], keywords: dict[str, object]) -> object:
        owner = self._operand(node.value)
        if isinstance(owner, type):
            raise Unsupported("method of a type")
        if node.attr not in _METHODS.get(type(owner), ()):
            raise Unsupported(f"method {node.attr} of {type(owner).__name__}")
        self.size(owner)
        if node.attr == "replace" and isinstance(owner, str | bytes):
            longest = max((len(item) for item in arguments if isinstance(item, str | bytes)), default=0)
            if (len(owner) + 1) * (longest + 1) > MAX_ELEMENTS:
                raise TooMuch("a replacement is too long")
        if node.attr == "join":
            total = 0
            for item in self.iterate(arguments[0]):
                total += len(cast("str", owner)) + (len(item) if isinstance(item, str | bytes) else 0)
                if total > MAX_ELEMENTS:
                    raise TooMuch("a joined text is too long")
        result = getattr(owner, node.attr)(*arguments, **keywords)
        return result if type(result) in _DATA_SET else list(result)

    def _bound_digits(self, values: Iterable[object]) -> None:
        """Refuse integers whose text would take quadratic time, and nested data that is large as a text."""
        for value in values:
            if isinstance(value, int) and value.bit_length() > MAX_DIGITS * 3:
                raise TooMuch("an integer is too long for a text")
            if isinstance(value, list | tuple | set | frozenset | dict):
                self.size(cast("list[object]", value))
                self._bound_digits(cast("Iterable[object]", value))
                if isinstance(value, dict):
                    self._bound_digits(cast("dict[object, object]", value).values())


_SIZED = (str, bytes, list, tuple, set, frozenset, dict, range)


def bind(names: dict[str, object], target: ast.expr, value: object) -> None:
    """Assign to a name or unpack into a tuple of names.

    Raises:
        Unsupported: for any other target.
        ValueError: where the number of values differs.
    """
    match target:
        case ast.Name():
            names[target.id] = value
        case ast.Tuple() | ast.List():
            if not isinstance(value, str | list | tuple | range):
                raise Unsupported("unpacking of what has no order")
            items = list(cast("Iterable[object]", value))
            if any(isinstance(each, ast.Starred) for each in target.elts) or len(items) != len(target.elts):
                raise Unsupported("uneven unpacking")
            for each, item in zip(target.elts, items, strict=True):
                bind(names, each, item)
        case _:
            raise Unsupported("assignment to other than names")


def _all_types(values: Iterable[object]) -> bool:
    return all(
        isinstance(value, type) or (isinstance(value, tuple) and _all_types(cast("tuple[object, ...]", value)))
        for value in values
    )


def _same(left: object, right: object) -> bool:
    """``is`` as a test may mean it: for None, booleans, Ellipsis and types; by type and value for small data."""
    if left is right:
        return True
    return type(left) is type(right) and isinstance(left, int | str) and left == right
