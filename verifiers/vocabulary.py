"""What the bounded evaluator knows of Python: its types, operators, functions and methods, and nothing else.

Whatever stands here takes data and gives data: none of it can act, or be made to by a value.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, cast


def _operator(name: str) -> Callable[..., object]:
    return getattr(operator, name)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DATA = (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, type(None), type(...))
_EMPTY: dict[str, str] = {}
_VIEWS: tuple[type, ...] = (type(_EMPTY.keys()), type(_EMPTY.values()), type(_EMPTY.items()))
DATA_TYPES: frozenset[type] = frozenset((*_DATA, *_VIEWS, range, type))

TYPES: Mapping[str, object] = {
    kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict)
} | {"NoneType": type(None), "object": object}

BINARY: Mapping[type[ast.operator], Callable[[Any, Any], object]] = {
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
COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: _operator("eq"),
    ast.NotEq: _operator("ne"),
    ast.Lt: _operator("lt"),
    ast.LtE: _operator("le"),
    ast.Gt: _operator("gt"),
    ast.GtE: _operator("ge"),
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
UNARY: Mapping[type[ast.unaryop], Callable[[Any], object]] = {
    ast.USub: _operator("neg"),
    ast.UAdd: _operator("pos"),
    ast.Invert: _operator("invert"),
    ast.Not: _operator("not_"),
}
LAZY = frozenset(("enumerate", "zip", "reversed"))  # their results are taken as lists
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
METHODS: Mapping[type, frozenset[str]] = {
    str: _words(
        "capitalize casefold count endswith find format index isalnum isalpha isascii isdecimal isdigit isidentifier"
        " islower isnumeric isprintable isspace istitle isupper join lower lstrip partition removeprefix removesuffix"
        " replace rfind rindex rpartition rsplit rstrip split splitlines startswith strip swapcase title upper"
    ),
    bytes: _words("count decode endswith find hex index join lower replace split startswith strip upper"),
    list: frozenset(("copy", "count", "index")),
    tuple: frozenset(("count", "index")),
    dict: frozenset(("copy", "get", "items", "keys", "values")),
    set: _words("copy difference intersection isdisjoint issubset issuperset symmetric_difference union"),
    frozenset: _words("copy difference intersection isdisjoint issubset issuperset symmetric_difference union"),
    float: frozenset(("is_integer",)),
    int: frozenset(("bit_length",)),
}
METHOD_NAMES = frozenset(name for names in METHODS.values() for name in names)
