"""Says whether what a statement of a prompt defines is the same whoever has it, so that tests may have it twice.

Two copies of a table that nobody writes to are equal. Two streams, iterators, classes or lists that are kept are not.
What is not surely the same is not.
"""

import ast
import builtins
from collections.abc import Mapping, Sequence

from stillroom.capabilities.python_code.container_reads import escaping
from stillroom.capabilities.python_code.module_names import FUNCTION, bound, changed, local, variables
from stillroom.capabilities.python_code.pure_code import FILLING, PureCode
from stillroom.capabilities.python_code.source_nodes import nodes, of_kind

_CHANCE = frozenset(
    ["random", "secrets", "time", "datetime", "uuid", "os", "sys", "tempfile", "threading", "asyncio", "itertools"]
)
"""Modules whose functions give something else each time."""
_CONTAINERS = frozenset(["Counter", "OrderedDict", "defaultdict", "deque", "dict", "list", "set"])
_MAKING = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.If, ast.Try, ast.Expr)


class Lasting:
    """What may be had twice of a module.

    Args:
        definers: by name, the statements that define it.
        late: names that calls change.
        body: the module.
        users: other statements that use its names.

    Attributes:
        definers: as given.
        states: names that begin with nothing in them, to be filled by calls.
    """

    def __init__(
        self,
        definers: Mapping[str, Sequence[ast.stmt]],
        late: set[str],
        body: Sequence[ast.stmt],
        users: Sequence[ast.stmt] = (),
    ) -> None:
        self.definers = definers
        self.states = {name for name, made in definers.items() if len(made) == 1 and _is_empty(made[0])}
        self._code = PureCode(body)
        whole = escaping([*body, *(each for each in users if not variables(each).isdisjoint(definers))])
        self._late = late
        self._varying = late | self.states
        for name, made in definers.items():
            if any(isinstance(each, ast.ClassDef) or _is_of_chance(each) for each in made):
                self._varying.add(name)
            # Of what can be changed within a container there are too many ways: ``row = ROWS.get(key)``.
            values = [found for each in made for found in _values(each, name)]
            if not all(
                self._code.is_fixed(value) or (is_whole and name not in whole and self._code.is_flat(value))
                for value, is_whole in values
            ):
                self._varying.add(name)

    def is_value(self, name: str) -> bool:
        """Whether a name stands for neither a function nor a class."""
        return not any(isinstance(each, FUNCTION | ast.ClassDef) for each in self.definers.get(name, ()))

    def is_lasting(self, statement: ast.stmt) -> bool:
        """Whether what a statement defines is the same whoever uses it."""
        match statement:
            case ast.Import() | ast.ImportFrom():
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._is_function_of_its_arguments(statement)
            case ast.Assign(value=ast.Lambda()):
                return True
            case _:
                is_made = (
                    isinstance(statement, _MAKING) and self._code.are_same([statement]) and not _is_type(statement)
                )
                names = variables(statement) | bound(statement) | changed(statement)
                return is_made and self._varying.isdisjoint(names)

    def _is_function_of_its_arguments(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether a function keeps nothing from one call to the next: in a name, on itself or in a default."""
        if of_kind(ast.Global, function):
            return False
        read = (variables(function) - local(function)) | {function.name}
        defaults = [*function.args.defaults, *filter(None, function.args.kw_defaults)]
        return read.isdisjoint(self._late) and all(map(self._code.is_fixed, defaults))


def _values(statement: ast.stmt, name: str) -> list[tuple[ast.expr, bool]]:
    """What a statement makes a name's value of, and whether that is all of it and not put into it.

    What a loop goes through stands for the names of the loop, which are given none.
    """
    found = list[tuple[ast.expr, bool]]()
    everything = [] if isinstance(statement, FUNCTION | ast.ClassDef) else nodes(statement)
    loops = {one: each.iter for each in everything if isinstance(each, ast.For) for one in variables(each.target)}
    for each in everything:
        match each:
            case ast.Assign(targets=targets, value=value):
                found += [(value, not isinstance(one, ast.Subscript)) for one in targets if name in variables(one)]
            case ast.AnnAssign(target=target, value=ast.expr() as value) if name in variables(target):
                found.append((value, True))
            case ast.AugAssign(target=target, value=value) if name in variables(target):
                found.append((value, isinstance(target, ast.Name)))
            case ast.Call(func=ast.Attribute(value=owner, attr=method), args=given) if name in variables(owner):
                is_whole = method in ("extend", "update", "union")
                found += [(value, is_whole) for value in given] if method in FILLING else []
            case _:
                pass
    return [
        (loops[value.id], True) if isinstance(value, ast.Name) and value.id in loops else (value, whole)
        for value, whole in found
    ]


def is_for_answer(statement: ast.stmt) -> bool:
    """Whether a statement defines a class, or a function that has no body yet."""
    if not isinstance(statement, FUNCTION):
        return isinstance(statement, ast.ClassDef)
    for each in statement.body:
        match each:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))):
                pass
            case _:
                return False
    return True


def _is_empty(statement: ast.stmt) -> bool:
    """Whether a name is bound to a container with nothing in it."""
    match statement:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            pass
        case _:
            return False
    match value:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=given, keywords=[]):
            return name in _CONTAINERS and len(given) <= (name == "defaultdict")
        case _:
            return False


def _is_of_chance(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import(names=names):
            return any(each.name.partition(".")[0] in _CHANCE for each in names)
        case ast.ImportFrom(module=str(module)):
            return module.partition(".")[0] in _CHANCE
        case _:
            return False


def _is_type(statement: ast.stmt) -> bool:
    """Whether a statement gives a built-in class another name, which is the same for nobody who looks at it."""
    match statement:
        case ast.Assign(value=ast.Name(id=name)) | ast.AnnAssign(value=ast.Name(id=name)):
            return hasattr(builtins, name) and isinstance(getattr(builtins, name), type)
        case _:
            return False
