"""Says whether what a statement of a prompt defines is the same whoever has it, so that tests may have it twice.

Two copies of a table that no call writes to are equal. Two iterators, two classes or two lists that are kept are not.
"""

import ast
import builtins
from collections.abc import Mapping, Sequence

from stillroom.capabilities.python_code.module_names import FUNCTION, bound, changed, variables

_CHANCE = frozenset("random secrets time datetime uuid os sys tempfile threading asyncio itertools".split())  # noqa: SIM905
"""Modules whose functions give something else each time."""
_SINGLE = frozenset((
    "Enum", "Flag", "IntEnum", "IntFlag", "Lock", "NamedTuple", "StrEnum", "TypedDict",
    "enumerate", "eval", "exec", "filter", "globals", "id", "input", "iter", "make_dataclass", "map", "namedtuple",
    "object", "open", "reversed", "type", "vars", "zip",
))  # fmt: skip
"""What makes classes, iterators, and what else is equal to itself alone."""
_CONTAINERS = frozenset("Counter OrderedDict defaultdict deque dict list set".split())  # noqa: SIM905
_MAKING = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.If, ast.Try, ast.Expr)


class Lasting:
    """What may be had twice of a module.

    Args:
        definers: by name, the statements that define it.
        late: names that calls change.

    Attributes:
        definers: as given.
        states: names that begin with nothing in them, to be filled by calls.
    """

    def __init__(self, definers: Mapping[str, Sequence[ast.stmt]], late: set[str]) -> None:
        self.definers = definers
        self.states = {name for name, made in definers.items() if len(made) == 1 and _is_empty(made[0])}
        self._varying = late | self.states
        for name, made in definers.items():
            if any(isinstance(each, ast.ClassDef) or _is_of_chance(each) for each in made):
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
                return not any(isinstance(each, ast.Global) for each in ast.walk(statement))
            case ast.Assign(value=ast.Lambda()):
                return True
            case _:
                is_made = isinstance(statement, _MAKING) and not _is_single(statement)
                names = variables(statement) | bound(statement) | changed(statement)
                return is_made and self._varying.isdisjoint(names)


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


def _is_single(statement: ast.stmt) -> bool:
    """Whether a statement binds what is equal to itself alone: a class, an iterator."""
    match statement:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            pass
        case _:
            return False
    match value:
        case ast.GeneratorExp() | ast.Await() | ast.Yield() | ast.YieldFrom():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _SINGLE
        case ast.Name(id=name):
            return hasattr(builtins, name) and isinstance(getattr(builtins, name), type)
        case _:
            return False
