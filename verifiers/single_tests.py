"""Splits tests into those that can be judged one by one, and joins some of them again.

Each pair of stdin and stdout is a test, each assertion of a module, of ``test_*`` functions, of a test case's methods
and of ``check(candidate)``; a loop or block with assertions in it is one. With a test goes what it rests on
(``verifiers.statements_needed``): imports, assignments, helper functions, and of an earlier assertion about the same
data its calls, so that ``assert s.push(1) is None`` still pushes where only ``assert s.pop() == 1`` is judged.
"""

import ast
import copy
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from verifiers.conversion.unreached import HOOKS
from verifiers.io_pairs import BadPairs, read_pairs
from verifiers.names_in_source import Function, names_in, parameters
from verifiers.statements_needed import Needed, is_assertion_call

Path = tuple[int, ...]  # of a test: its statement's place in the module, then in the class and function that it is in
_RUNNERS = frozenset(("main", "run", "print", "exit"))
_NOT_ONCE = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.BoolOp, ast.IfExp, ast.Await)
_PARSING_FAILED = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleTests:
    """Tests, and how they are put together.

    Attributes:
        parts: each of them with all that it needs; no two are the same.
    """

    parts: tuple[str, ...]
    _whole: str
    _module: "_Block | None" = None
    _paths: tuple[frozenset[Path], ...] = ()

    def joined(self, places: Collection[int]) -> str:
        """The tests at these places of ``parts`` as one, in their order."""
        if len(places) == len(self.parts):
            return self._whole
        if self._module is None:
            return json.dumps([json.loads(self.parts[place])[0] for place in sorted(places)], ensure_ascii=False)
        return _written(self._module.kept(frozenset[Path]().union(*(self._paths[place] for place in places))))


def single_tests(tests: str) -> SingleTests:
    """Tests one by one; all in one where they cannot be taken apart, or are none."""
    whole = SingleTests(parts=(tests,), _whole=tests)
    try:
        if read_pairs(tests) is not None:
            found = cast("object", json.loads(tests))
            rows = cast("list[object]", found) if isinstance(found, list) else [found]
            pairs = dict.fromkeys(json.dumps([row], ensure_ascii=False) for row in rows)
            return SingleTests(parts=tuple(pairs), _whole=tests)
        module = _module(ast.parse(tests))
        if module is None:
            return whole
        by_text: dict[str, frozenset[Path]] = {}
        for paths in module.groups():
            by_text.setdefault(_written(module.kept(paths)), paths)
    except (*_PARSING_FAILED, BadPairs):
        return whole
    if len(by_text) < 2:
        return whole
    return SingleTests(parts=tuple(by_text), _whole=tests, _module=module, _paths=tuple(by_text.values()))


class _Block:
    """A module, a class or a function, with the tests that are in it.

    Args:
        body: its statements.
        inner: by place, the tests that have tests inside of them.
        needed: what each test needs.
        followers: by place of a statement that runs a definition, the definition's place.
    """

    def __init__(
        self,
        body: Sequence[ast.stmt],
        tests: Collection[int],
        inner: Mapping[int, "_Block"],
        needed: Mapping[int, frozenset[int]],
        followers: Mapping[int, int] | None = None,
    ) -> None:
        self._body = body
        self._tests = frozenset(tests)
        self._inner = inner
        self._needed = needed
        self._followers = followers or {}

    def groups(self) -> Iterator[frozenset[Path]]:
        """The tests, each as the paths that stand and fall together."""
        for group in self._together():
            (first, *others) = sorted(group)
            if others or first not in self._inner:
                yield frozenset((place,) for place in group)
            else:
                for paths in self._inner[first].groups():
                    yield frozenset((first, *path) for path in paths)

    def _together(self) -> list[set[int]]:
        """Tests that cannot be told apart, since one needs another whose calls cannot be made without it."""
        groups: list[set[int]] = []
        for test in sorted(self._tests):
            hung = {test, *(place for place in self._needed[test] & self._tests if _calls(self._body[place]) is None)}
            apart = [group for group in groups if not group & hung]
            groups = [*apart, hung.union(*(group for group in groups if group & hung))]
        return sorted(groups, key=min)

    def kept(self, paths: Collection[Path]) -> list[ast.stmt]:
        """The statements that are left where only these tests are judged."""
        here: dict[int, list[Path]] = {}
        for path in paths:
            here.setdefault(path[0], []).append(path[1:])
        needed = {place for test in here for place in self._needed[test]}
        found: list[ast.stmt] = []
        for place, node in enumerate(self._body):
            if place in here:
                inside = here[place]
                found.append(node if () in inside else _with_body(node, self._inner[place].kept(inside)))
            elif place in self._followers:
                found += [node] if self._followers[place] in here else []
            elif place in needed:
                found += (_calls(node) or []) if place in self._tests else [node]
        return found


def _module(tree: ast.Module) -> _Block | None:
    """The module's tests; None where it runs them in a way of its own."""
    helpers = {each.name: each for each in tree.body if isinstance(each, ast.ClassDef | Function)}
    runs = {name for name, each in helpers.items() if _is_definition_of_tests(each)}
    body: list[ast.stmt] = []
    followers: dict[int, int] = {}
    for node in tree.body:
        if _only_runs(node, runs):
            match node:
                case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=[_, *_])) if name in runs:  # check(f)
                    places = [place for place, each in enumerate(body) if each is helpers[name]]
                    if not places:
                        return None
                    followers[len(body)] = places[0]
                case _:
                    continue
        elif not _is_definition_of_tests(node) and names_in(node) & runs:
            return None
        body.append(node)
    asserting = {name for name, each in helpers.items() if _asserts(each, frozenset())}
    tests = [
        place
        for place, node in enumerate(body)
        if place not in followers
        and (_is_definition_of_tests(node) or (not _is_definition(node) and _asserts(node, asserting)))
    ]
    needed = Needed(body, tests)
    inner = {place: found for place in tests if (found := _inside(body[place], needed, asserting)) is not None}
    of_tests = {place: needed.of(place) for place in tests}
    for place, test in followers.items():
        of_tests[test] |= needed.of(place) - set(tests)
    return _Block(body, tests, inner, of_tests, followers)


def _inside(node: ast.stmt, around: Needed, asserting: Collection[str]) -> _Block | None:
    """The tests in a definition."""
    if isinstance(node, ast.ClassDef):
        tests = [place for place, each in enumerate(node.body) if _is_test_function(each)]
        methods = {each.name for each in node.body if isinstance(each, Function) and _asserts(each, asserting)}
        asserting = {*asserting, *methods}
        inner = {place: found for place in tests if (found := _inside(node.body[place], around, asserting)) is not None}
        return _Block(node.body, tests, inner, {place: _members_needed(node.body, place, tests) for place in tests})
    if not isinstance(node, Function):
        return None
    tests = [place for place, each in enumerate(node.body) if not _is_definition(each) and _asserts(each, asserting)]
    if len(tests) < 2 or any(isinstance(each, ast.Return | ast.Yield) for each in ast.walk(node)):
        return None
    given = set[str]() if node.name == "check" else parameters(node)
    needed = Needed(node.body, tests, {*around.state, *given}, around.helpers)
    return _Block(node.body, tests, {}, {place: needed.of(place) for place in tests})


def _members_needed(body: Sequence[ast.stmt], test: int, tests: Collection[int]) -> frozenset[int]:
    """The members of a class that one test of it needs: its data, its hooks, and the methods that it calls."""
    others = [place for place in range(len(body)) if place not in tests]
    found = {place for place in others if not isinstance(body[place], Function) or _is_called_by_runner(body[place])}
    while True:
        named = set[str]().union(*(names_in(body[place]) for place in (*found, test)))
        more = {place for place in others if getattr(body[place], "name", "") in named} - found
        if not more:
            return frozenset(found)
        found |= more


def _is_called_by_runner(node: ast.stmt) -> bool:
    return isinstance(node, Function) and (node.name.startswith(HOOKS) or bool(node.decorator_list))


def _is_definition(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef | Function)


def _is_test_function(node: ast.stmt) -> bool:
    return isinstance(node, Function) and node.name.startswith("test") and not _is_fixture(node)


def _is_fixture(node: Function) -> bool:
    return any("fixture" in names_in(each) for each in node.decorator_list)


def _is_definition_of_tests(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        is_case = node.name.startswith("Test") or bool(node.bases)
        return is_case and any(_is_test_function(each) for each in node.body)
    is_check = isinstance(node, ast.FunctionDef) and node.name == "check" and len(node.args.args) == 1
    return is_check or _is_test_function(node)


def _only_runs(node: ast.stmt, runs: Collection[str]) -> bool:
    """Whether a statement does nothing but run tests that whoever judges them runs anyway."""
    match node:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__")), orelse=[]):
            return all(_only_runs(each, runs) for each in node.body)
        case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=arguments)):
            return name == "print" or (name in runs and all(isinstance(each, ast.Name) for each in arguments))
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="unittest" | "pytest"), attr=name))):
            return name in _RUNNERS
        case _:
            return False


def _asserts(node: ast.AST, asserting: Collection[str]) -> bool:
    """Whether a statement asserts something, itself or by a function that does."""
    for each in ast.walk(node):
        match each:
            case ast.Assert(test=ast.Constant(value=value)) if value:
                pass
            case ast.Assert() | ast.Raise():
                return True
            case ast.Attribute(attr=name) | ast.Name(id=name):
                if name.startswith(("assert", "fail", "raises")) or name in asserting:
                    return True
            case _:
                pass
    return False


def _calls(node: ast.stmt) -> list[ast.stmt] | None:
    """What an assertion calls, as statements; None where it may call more or less of it than once."""
    match node:
        case ast.Assert(test=test):
            roots: list[ast.AST] = [test]
        case ast.Expr(value=ast.Call(args=arguments) as call) if is_assertion_call(call):
            roots = [*arguments]
        case _:
            return None
    if any(isinstance(each, _NOT_ONCE) for root in roots for each in ast.walk(root)):
        return None
    return [ast.Expr(value=call) for root in roots for call in _outermost_calls(root)]


def _outermost_calls(node: ast.AST) -> Iterator[ast.Call]:
    if isinstance(node, ast.Call):
        yield node
    else:
        for child in ast.iter_child_nodes(node):
            yield from _outermost_calls(child)


def _with_body(node: ast.stmt, body: list[ast.stmt]) -> ast.stmt:
    changed = copy.copy(node)
    if not isinstance(changed, ast.ClassDef | Function):
        raise TypeError(f"no tests are inside of {type(node).__name__}")
    changed.body = body
    return changed


def _written(body: list[ast.stmt]) -> str:
    return ast.unparse(ast.Module(body=body, type_ignores=[]))
