"""Finds what tests ask of objects for its data: all they do with it is to hold it against data that they say.

``assert dog.speak() == "Woof"`` asks for what a ``Dog`` says, and whoever knows that has solved it. ``assert
board.is_solved()`` asks for a truth, ``board.errors() == 0`` for what is so of any solved one: these an answer can say
without having solved anything. So is ``board.state() == "solved"``, where the prompt's code says "solved".
"""

import ast
from collections.abc import Iterator, Sequence

from stillroom.capabilities.python_code.module_names import FUNCTION

_GIVING_DATA = frozenset(["abs", "dict", "list", "round", "set", "sorted", "str", "tuple"])
"""Functions whose result is no truth where what they are given is none."""
_HOLDING = frozenset(["assertAlmostEqual", "assertCountEqual", "assertEqual", "assertListEqual", "assertSequenceEqual"])
_CLOSE = frozenset(["approx", "isclose"])
_BY_TEXT = frozenset(["attrgetter", "getattr", "hasattr", "methodcaller"])


def compared_as_data(tests: ast.AST, given: Sequence[ast.stmt] = ()) -> dict[str, bool]:
    """Names of attributes, ``str`` and ``repr`` of which all results are but held against data.

    That is data, as tests say it or in names that have nothing else, which is no truth, nothing or 0, and not empty.

    Args:
        tests: as a tree.
        given: the statements of the prompt: what its functions give themselves is one of few.

    Returns:
        By name, whether no result is held against a number, which may count what is so.
    """
    try:
        return _found(tests, {(type(each), each) for each in _said_in(given)})
    except RecursionError:  # of expressions that are nested so deeply nothing is said
        return {}


def _found(tests: ast.AST, known: set[tuple[type, object]]) -> dict[str, bool]:
    full, rich = _Uses(tests, known, is_counting=True), _Uses(tests, known, is_counting=False)
    found, counted, others = set[str](), set[str](), set[str]()
    for node in ast.walk(tests):
        match node:
            case ast.Attribute(attr=name, ctx=ast.Load()) | ast.Call(func=ast.Name(id="repr" | "str" as name)):
                (found if full.is_of_data(node) else others).add(name)
                counted |= set() if rich.is_of_data(node) else {name}
            case ast.FormattedValue():
                others |= {"repr", "str"}
            case ast.Call(args=given) if _called(node) in _BY_TEXT:
                others.update(str(each.value) for each in given if isinstance(each, ast.Constant))
            case _:
                pass
    return {name: name not in counted for name in sorted(found - others)}


class _Uses:
    """What comes of expressions in tests.

    Args:
        tree: the tests.
        known: what a prompt's functions give, with its type: that is no data.
        is_counting: whether a number is data.
    """

    def __init__(self, tree: ast.AST, known: set[tuple[type, object]], *, is_counting: bool) -> None:
        self._known, self._is_counting = known, is_counting
        nodes = [*ast.walk(tree)]
        self._parents = {id(each): node for node in nodes for each in ast.iter_child_nodes(node)}
        self._read = dict[str, list[ast.Name]]()
        self._bound = dict[str, list[list[ast.expr] | None]]()  # by name: what each of its bindings gives it
        for node in nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self._read.setdefault(node.id, []).append(node)
            elif isinstance(node, ast.Name):
                self._bound.setdefault(node.id, []).append(None)
            elif isinstance(node, ast.arg):
                self._bound.setdefault(node.arg, []).extend([None, None])
        for name, values in (each for node in nodes for each in _bindings(node)):
            self._bound[name].remove(None)
            self._bound[name].append(values)
        self._variables = dict[str, bool]()  # whether nothing but data is asked of what is in them
        self._names = dict[str, bool]()  # whether there is nothing in them but data that the tests say

    def is_of_data(self, node: ast.AST) -> bool:
        """Whether nothing but data is asked of what an expression gives, as far as the tests show it."""
        match self._parents.get(id(node)):
            case ast.Attribute() | ast.Subscript(slice=ast.expr()) as parent if parent.value is node:
                return isinstance(parent.ctx, ast.Load) and self.is_of_data(parent)
            case ast.Call(func=called) as parent if called is node:
                return self.is_of_data(parent)
            case ast.Call(args=[left, right, *_]) as parent if _called(parent) in _HOLDING | {"isclose"}:
                return self._is_held(parent) and self._is_full(right if left is node else left)
            case ast.Call() as parent if _called(parent) in _GIVING_DATA:
                return self.is_of_data(parent)
            case ast.BinOp(op=ast.Sub()) as parent:  # abs(x.area() - 3.14) < 1e-6
                other = parent.right if parent.left is node else parent.left
                return self._is_full(other) and self._is_distance(parent)
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]) as parent:
                return self._is_held(parent) and self._is_full(right if left is node else left)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.NamedExpr(target=ast.Name(id=name)):
                return self._is_variable_of_data(name)
            case _:
                return False

    def _is_variable_of_data(self, name: str) -> bool:
        if name not in self._variables:
            self._variables[name] = False  # where it comes of itself
            read = self._read.get(name, ())
            self._variables[name] = bool(read) and all(map(self.is_of_data, read))
        return self._variables[name]

    def _is_distance(self, difference: ast.AST) -> bool:
        match self._parents.get(id(difference)):
            case ast.Call(func=ast.Name(id="abs")) as call:
                match self._parents.get(id(call)):
                    case ast.Compare(left=left, ops=[ast.Lt() | ast.LtE()]) as parent:
                        return left is call and self._is_held(parent)
                    case _:
                        return False
            case _:
                return False

    def _is_held(self, node: ast.AST) -> bool:
        """Whether the tests fail where a truth is none."""
        match self._parents.get(id(node)):
            case ast.Assert(test=test):
                return test is node
            case ast.Expr():
                return isinstance(node, ast.Call) and _called(node) in _HOLDING
            case ast.Call() as parent:
                return _called(parent) == "assertTrue" or (_called(parent) == "all" and self._is_held(parent))
            case ast.BoolOp(op=ast.And()) as parent:
                return self._is_held(parent)
            case ast.GeneratorExp() | ast.List() | ast.ListComp() as parent:
                return isinstance(self._parents.get(id(parent)), ast.Call) and self._is_held(parent)
            case _:
                return False

    def _is_full(self, node: ast.expr) -> bool:
        """Whether an expression is data that tests say, and neither a truth, nothing, 0 nor empty."""
        match node:
            case ast.Constant(value=value):
                is_kind = isinstance(value, str | bytes) or (self._is_counting and value is not True)
                return is_kind and bool(value) and (type(value), value) not in self._known
            case ast.UnaryOp(operand=value, op=ast.USub()):
                return self._is_full(value)
            case ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
                parts = [each for each in ast.walk(node) if isinstance(each, ast.Constant)]
                values = [each.value for each in parts if each.value and each.value is not True]
                return self._is_said(node) and any((type(each), each) not in self._known for each in values)
            case ast.Call(args=[value, *_]) if _called(node) in _CLOSE:
                return self._is_full(value)
            case ast.Name(id=name):
                return self._is_name_full(name)
            case ast.Attribute(value=ast.Name(id="math")):
                return self._is_counting
            case ast.BinOp(left=left, right=right, op=ast.Mult() | ast.Div() | ast.Pow() | ast.Add()):
                return self._is_full(left) and self._is_full(right)
            case _:
                return False

    def _is_name_full(self, name: str) -> bool:
        if name not in self._names:
            self._names[name] = False
            values = self._bound.get(name, [])
            is_full = all(held is not None and all(map(self._is_full, held)) for held in values)
            self._names[name] = bool(values) and is_full
        return self._names[name]

    def _is_said(self, node: ast.AST) -> bool:
        return not any(isinstance(each, ast.Call | ast.Attribute | ast.Name | ast.Await) for each in ast.walk(node))


def _said_in(given: Sequence[ast.stmt]) -> Iterator[object]:
    """Texts in functions, where they are no docstrings, and what else functions return as it stands."""
    for function in (each for one in given for each in ast.walk(one) if isinstance(each, FUNCTION)):
        docstring = function.body[0].value if isinstance(function.body[0], ast.Expr) else None
        for node in ast.walk(function):
            match node:
                case ast.Constant(value=str(text)) if node is not docstring:
                    yield text
                case ast.Return(value=ast.Constant(value=value)):
                    yield value
                case ast.Return(value=ast.IfExp(body=body, orelse=other)):
                    yield from (each.value for each in (body, other) if isinstance(each, ast.Constant))
                case _:
                    pass


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _bindings(node: ast.AST) -> Iterator[tuple[str, list[ast.expr]]]:
    """The names that a statement binds to what it says, and what; an iteration over literals gives each of them."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, [value]
        case ast.For(target=ast.Name(id=name), iter=ast.List(elts=rows) | ast.Tuple(elts=rows)):
            yield name, rows
        case ast.For(target=ast.Tuple(elts=names), iter=ast.List(elts=rows) | ast.Tuple(elts=rows)):
            parts = [
                each.elts for each in rows if isinstance(each, ast.Tuple | ast.List) and len(each.elts) == len(names)
            ]
            for place, each in enumerate(names):
                if isinstance(each, ast.Name) and len(parts) == len(rows):
                    yield each.id, [part[place] for part in parts]
        case _:
            pass
