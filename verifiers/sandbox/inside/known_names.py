"""Finds what tests take from libraries and do not import: the solution's own of that name must not answer for it.

``assert isclose(f(2), 1.41)`` would tell what is expected to whatever the solution calls ``isclose``, and believe it.
So such a name counts only where what the solution has under it is the library's. Both the driver and the tests'
process ask here.
"""

import ast
import builtins
import importlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate

_NAMES = {
    "math": "acos asin atan atan2 ceil comb copysign cos cosh degrees dist exp fabs factorial floor fmod fsum gcd hypot"
    " inf isclose isfinite isinf isnan isqrt lcm log log10 log1p log2 nan perm pi prod radians sin sinh sqrt tan tanh"
    " tau trunc",
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "itertools": "accumulate chain combinations combinations_with_replacement dropwhile groupby islice pairwise"
    " permutations product starmap takewhile zip_longest",
    "functools": "cmp_to_key lru_cache partial reduce total_ordering wraps",
    "operator": "attrgetter itemgetter",
    "copy": "deepcopy",
    "fractions": "Fraction",
    "decimal": "Decimal",
    "datetime": "date datetime timedelta",
    "statistics": "fmean mean median mode pstdev pvariance stdev variance",
    "heapq": "heapify heappop heappush heappushpop heapreplace nlargest nsmallest",
    "bisect": "bisect bisect_left bisect_right insort",
    "string": "ascii_letters ascii_lowercase ascii_uppercase punctuation",
    "random": "randint",
    "numpy": "allclose array array_equal",
    "numpy.testing": "assert_allclose assert_almost_equal assert_array_almost_equal assert_array_equal",
    "pytest": "approx raises",
    "unittest": "TestCase",
    "unittest.mock": "MagicMock Mock patch",
}
SOLUTION_MODULES = frozenset(("solution", "main", "candidate", "your_module", "my_module", "module", "submission"))
"""Modules by which tests mean the solution itself."""
HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}
"""The modules of the names that tests judge by; names that solutions often define for themselves are left out."""
_OF_LIBRARIES = frozenset(HOMES)
_TYPES = frozenset((
    "ChainMap", "Counter", "Decimal", "Fraction", "OrderedDict", "date", "datetime", "defaultdict", "deque",
    "timedelta",
))  # fmt: skip
"""Those that are types, and have no attributes but those that can be seen."""


def solution_modules(nodes: Iterable[ast.AST], entry_point: str) -> frozenset[str]:
    """The modules by which these tests mean the solution: also any that they take the entry point from.

    Whether there is another module of that name is for whoever imports it to see: that one comes first.
    """
    found: set[str] = set(SOLUTION_MODULES)
    for node in nodes:
        match node:
            case ast.ImportFrom(module=str(module), level=0) if any(each.name == entry_point for each in node.names):
                found.update(accumulate(module.split("."), "{}.{}".format))  # packages hold modules
            case _:
                pass
    return frozenset(found)


def name_main(nodes: Iterable[ast.AST]) -> None:
    """Make ``from __main__ import f`` mean the solution: the tests, which run as that module, have no ``f`` yet."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "__main__" and not node.level:
            node.module = "solution"


def stand_ins(nodes: Collection[ast.AST], entry_point: str) -> frozenset[str]:
    """Names of libraries that tests neither import nor define, but for what is under test.

    That is the entry point, where there is one, or else all the names where there are no others; and a name that an
    assertion asks nothing beside: ``assert gcd(4, 6) == 2``.

    Args:
        nodes: those of the tests.
        entry_point: the function that is under test, whatever it is called; "" where that is not said.
    """
    read = _read(nodes)
    if read.isdisjoint(_OF_LIBRARIES):  # as of most tests
        return frozenset()
    free = read - _bound(nodes) - frozenset(_imported(nodes))
    known = free & HOMES.keys() - no_librarys(nodes)
    if not known or (not entry_point and known == free):
        return frozenset()
    under_test = {entry_point}
    of_libraries = frozenset(_imported(nodes, besides=solution_modules(nodes, entry_point)))
    for node in nodes:
        if len(asked := _asserted(node) - of_libraries) == 1:
            under_test |= asked
    return frozenset(known - under_test)


def no_librarys(nodes: Collection[ast.AST]) -> set[str]:
    """Names of libraries' types of which tests make what no library does: ``c = Counter()`` and ``c.inc()``.

    So they must be the solution's. What is said of a variable holds where its name is bound to nothing else.
    """
    if _read(nodes).isdisjoint(_TYPES):
        return set()
    makers: dict[str, set[str]] = {}  # by variable, attribute or fixture
    shown, bound = Counter[str](), Counter[str]()
    functions = {each.name for each in nodes if isinstance(each, ast.FunctionDef)}
    for node in nodes:
        is_fixtures = isinstance(node, ast.arg) and node.arg in functions
        is_attributes = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        bound.update(() if is_fixtures else _key(node) if is_attributes else _names_bound(node))
        for name, value in _shown(node):
            makers.setdefault(name, set()).add(_called(value))
            shown[name] += 1
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and f".{node.attr}" not in bound:
            owner = next(iter(_key(node.value)), "")
            is_sure = owner and shown[owner] >= bound[owner]
            made_by = makers.get(owner, set[str]()) if is_sure else {_called(node.value)}
            found |= {each for each in made_by if len(made_by) == 1 and not _has(each, node.attr)}
    return found


def _shown(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Names that a node binds to what can be seen, and that; a function's to what it gives, as a fixture does."""
    match node:
        case (
            ast.Assign(targets=[target], value=value)
            | ast.AnnAssign(target=target, value=value)
            | ast.NamedExpr(target=target, value=value)
        ):
            yield from ((name, value) for name in _key(target))
        case ast.FunctionDef(name=name):
            given = [each.value for each in ast.walk(node) if isinstance(each, (ast.Return, ast.Yield))]
            yield name, given[0] if len(given) == 1 else None
        case _:
            pass


def _key(node: ast.AST) -> tuple[str, ...]:
    """What a variable, or an attribute of whatever owner, is known by."""
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(attr=name):
            return (f".{name}",)
        case _:
            return ()


def _called(node: ast.AST | None) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _has(name: str, attribute: str) -> bool:
    """Whether what a library has under a name may have an attribute; of what is no type that is not known."""
    kind = getattr(importlib.import_module(HOMES[name]), name, None) if name in _TYPES else None
    return not isinstance(kind, type) or hasattr(kind, attribute)


def is_genuine(name: str, value: object) -> bool:
    """Whether a value is what the library has under this name of its."""
    try:
        found = getattr(importlib.import_module(HOMES[name]), name, None)
    except ImportError:
        return False
    return found is not None and (
        value is found or (type(value) is type(found) and type(value) in (float, str) and repr(value) == repr(found))
    )


def _read(nodes: Iterable[ast.AST]) -> set[str]:
    names = {each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
    return {name for name in names if not hasattr(builtins, name)}


def _imported(nodes: Iterable[ast.AST], besides: frozenset[str] = frozenset()) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                module = (node.module or "" if isinstance(node, ast.ImportFrom) else alias.name).partition(".")[0]
                if module in besides:
                    continue
                yield alias.asname or alias.name.partition(".")[0]
                if alias.name == "*" and isinstance(node, ast.ImportFrom):
                    yield from _NAMES.get(node.module or "", "").split()


def _bound(nodes: Iterable[ast.AST]) -> set[str]:
    return {name for node in nodes for name in _names_bound(node)}


def _names_bound(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return (name,)
        case _:
            return ()


def _asserted(node: ast.AST) -> set[str]:
    """The names that an assertion reads to ask what it asks; none where a node is no assertion."""
    match node:
        case ast.Assert(test=test):
            return _read(ast.walk(test))
        case ast.Call(func=ast.Attribute(attr=name), args=given, keywords=named) if name.startswith("assert"):
            return {read for each in (*given, *named) for read in _read(ast.walk(each))}
        case _:
            return set()
