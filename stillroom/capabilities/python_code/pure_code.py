"""Says which code makes the same value whoever runs it: literals, comprehensions and calls of what is pure.

What is not known here makes something of its own: two streams, queues or connections are not one.
"""

import ast
from collections.abc import Iterator, Sequence

_SCALAR = frozenset((
    "Decimal", "Fraction", "abs", "all", "any", "ascii", "bin", "bool", "bytes", "chr", "complex", "divmod", "float",
    "format", "frozenset", "hash", "hex", "int", "len", "max", "min", "oct", "ord", "pow", "range", "repr", "round",
    "str", "sum", "tuple",
))  # fmt: skip
"""Functions that give what nobody can change, where what they are given cannot be changed either."""
_CONTAINERS = frozenset(["Counter", "OrderedDict", "defaultdict", "deque", "dict", "list", "set", "sorted"])
_ITERATORS = frozenset(["enumerate", "filter", "map", "reversed", "zip"])
_MODULES = frozenset(["cmath", "collections", "decimal", "fractions", "math", "operator", "re", "string", "textwrap"])
READING = frozenset((
    "capitalize", "casefold", "copy", "count", "decode", "difference", "encode", "endswith", "find", "format",
    "fromkeys", "get", "index", "intersection", "isalnum", "isalpha", "isdigit", "islower", "isspace", "issubset",
    "issuperset", "isupper", "items", "join", "keys", "ljust", "lower", "lstrip", "maketrans", "partition", "replace",
    "rfind", "rjust", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title",
    "translate", "union", "upper", "values", "zfill",
))  # fmt: skip
"""Methods of data that change nothing."""
FILLING = frozenset((
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "remove", "reverse", "setdefault",
    "sort", "update",
))  # fmt: skip
PURE = _SCALAR | _CONTAINERS | _ITERATORS
_KEEPING = (
    ast.Global | ast.Nonlocal | ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Yield
    | ast.YieldFrom | ast.Await | ast.GeneratorExp | ast.With | ast.Import | ast.ImportFrom
)  # fmt: skip
"""What may keep something beyond a call, or bring something from elsewhere."""
_UNSAFE = ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom


class PureCode:
    """Knows what the functions of a module make.

    Args:
        body: the module's statements.
    """

    def __init__(self, body: Sequence[ast.stmt]) -> None:
        self._functions = {each.name: each for each in body if isinstance(each, ast.FunctionDef)}
        self._imported = {
            each.asname or each.name
            for one in body
            if isinstance(one, ast.Import)
            for each in one.names
            if each.name in _MODULES
        }

    def is_same(self, node: ast.expr) -> bool:
        """Whether an expression gives an equal value each time, and no iterator."""
        return not _gives_iterator(node) and self._is_pure(node, frozenset())

    def are_same(self, body: Sequence[ast.stmt]) -> bool:
        """Whether statements of a module bind and fill names with equal values each time."""
        return all(self._is_making(each) for each in body)

    def is_fixed(self, node: ast.expr) -> bool:
        """Whether nobody can change a value, nor what is in it."""
        match node:
            case ast.Constant() | ast.JoinedStr() | ast.Compare():
                return True
            case ast.UnaryOp(operand=operand):
                return self.is_fixed(operand)
            case ast.BinOp(left=left, right=right):
                return self.is_fixed(left) and self.is_fixed(right)
            case ast.Tuple(elts=items):
                return all(map(self.is_fixed, items))
            case ast.Attribute(value=ast.Name(id=module)):
                return module in self._imported
            case ast.Call(func=ast.Name(id=name), args=given, keywords=[]):
                return name in _SCALAR and name not in self._functions and all(map(self._is_flat_or_fixed, given))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)) if module in self._imported:
                return name not in _CONTAINERS
            case _:
                return False

    def is_flat(self, node: ast.expr) -> bool:
        """Whether nothing can be changed of what is in a container."""
        match node:
            case ast.List(elts=items) | ast.Set(elts=items) | ast.Tuple(elts=items):
                return all(map(self.is_fixed, items))
            case ast.Dict(values=items):
                return all(map(self.is_fixed, items))
            case ast.ListComp(elt=item) | ast.SetComp(elt=item) | ast.GeneratorExp(elt=item):
                return self._is_item(item, node.generators)
            case ast.DictComp(value=item):
                return self._is_item(item, node.generators)
            case ast.Call(func=ast.Name(id=name), args=given) if name in _CONTAINERS | _ITERATORS:
                return all(map(self._is_flat_or_fixed, given)) and all(self.is_fixed(x.value) for x in node.keywords)
            case ast.Call(func=ast.Attribute(value=ast.Constant())):
                return True  # the words of a text
            case _:
                return False

    def _is_flat_or_fixed(self, node: ast.expr) -> bool:
        return self.is_fixed(node) or self.is_flat(node)

    def _is_item(self, item: ast.expr, generators: Sequence[ast.comprehension]) -> bool:
        """Whether what a comprehension gives cannot be changed: it is of what is flat, or is computed anew."""
        if self.is_fixed(item):
            return True
        of_flat = all(self._is_flat_or_fixed(each.iter) for each in generators)
        is_value = isinstance(item, ast.Name | ast.BinOp | ast.Tuple | ast.Subscript)
        is_scalar = isinstance(item, ast.Call) and isinstance(item.func, ast.Name) and item.func.id in _SCALAR
        return of_flat and (is_value or is_scalar)

    def _is_making(self, statement: ast.stmt) -> bool:
        match statement:
            case ast.Pass() | ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.Expr(value=ast.Constant()):
                return True
            case ast.Assign(value=value) | ast.AugAssign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                return self.is_same(value)
            case ast.AnnAssign():
                return True
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name() | ast.Subscript(), attr=name)) as call):
                return name in FILLING and all(self._is_pure(each, frozenset()) for each in _given(call))
            case ast.For(iter=items, body=body, orelse=late):
                return self._is_pure(items, frozenset()) and self.are_same([*body, *late])
            case ast.If(test=test, body=body, orelse=late):
                return self._is_pure(test, frozenset()) and self.are_same([*body, *late])
            case ast.Try(body=body, handlers=handlers, orelse=late, finalbody=last):
                return self.are_same([*body, *late, *last, *(each for one in handlers for each in one.body)])
            case _:
                return False

    def _is_pure(self, node: ast.AST, within: frozenset[str]) -> bool:
        """Whether code gives the same each time and changes nothing but what it makes; ``within`` these functions."""
        return all(
            self._is_pure_call(each, within) if isinstance(each, ast.Call) else not isinstance(each, _UNSAFE)
            for each in ast.walk(node)
        )

    def _is_pure_call(self, call: ast.Call, within: frozenset[str]) -> bool:
        match call.func:
            case ast.Name(id=name) if name in self._functions:
                return name in within or self._is_pure_function(self._functions[name], within | {name})
            case ast.Name(id=name):
                return name in PURE or (name == "print" and bool(within))
            case ast.Attribute(value=ast.Name(id=module)) if module in self._imported:
                return True
            case ast.Attribute(attr=name):
                return name in READING or (bool(within) and name in FILLING)
            case _:
                return False

    def _is_pure_function(self, function: ast.FunctionDef, within: frozenset[str]) -> bool:
        if function.decorator_list or function.args.defaults or function.args.kw_defaults:
            return False
        nodes = [each for one in function.body for each in ast.walk(one)]
        return not any(isinstance(each, _KEEPING) for each in nodes) and all(
            self._is_pure_call(each, within) for each in nodes if isinstance(each, ast.Call)
        )


def _given(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (each.value for each in call.keywords)


def _gives_iterator(node: ast.expr) -> bool:
    """Whether a value, or what it holds, is used up by who looks at it."""
    match node:
        case ast.GeneratorExp():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _ITERATORS
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Dict(values=items):
            return any(map(_gives_iterator, items))
        case ast.ListComp(elt=item) | ast.DictComp(value=item):
            return _gives_iterator(item)
        case _:
            return False
