"""Which statements of a block a test rests on, and which of them only for what they do to its data.

A backward slice (Weiser 1981, "Program slicing"): from a test upwards, a statement is needed that binds a name which is
read further down, or may change what such a name stands for. Nothing is run. Where it cannot be told whether a
statement changes anything, it counts as one that does.
"""

import ast
from collections.abc import Collection, Iterable, Mapping, Sequence

from verifiers.conversion.unreached import HOOKS
from verifiers.names_in_source import DEFINITIONS, binds_for_good, bound_by, fixtures_of, free, rebound_by, variables_in

_BINDINGS = (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom, *DEFINITIONS)
_HARMLESS = frozenset(
    ("len", "isinstance", "abs", "round", "type", "str", "repr", "int", "float", "bool", "hash", "id")
)


def is_assertion_call(node: ast.AST) -> bool:
    """Whether this is a call such as ``self.assertEqual(...)``, which looks at its arguments alone."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name.startswith("assert")
        case _:
            return False


class Needed:
    """The statements that each test of a block needs.

    Args:
        body: the block.
        tests: the places of its tests.
        state: names from outside of the block that stand for what can be changed.
        helpers: functions and classes from outside of it, by name.
    """

    def __init__(
        self,
        body: Sequence[ast.stmt],
        tests: Collection[int],
        state: Collection[str] = (),
        helpers: Mapping[str, ast.stmt] | None = None,
    ) -> None:
        self.body = body
        self.tests = frozenset(tests)
        self.helpers = {**(helpers or {}), **{each.name: each for each in body if isinstance(each, DEFINITIONS)}}
        bound = {name for each in body for name in bound_by(each) if not binds_for_good(each, name)}
        self.state = frozenset(bound | set(state))
        self._alias = self._aliases()
        self._free = [self._expanded(free(each) | fixtures_of(each)) for each in body]
        self._touched = [self._classes(self._touches(each, place in self.tests)) for place, each in enumerate(body)]
        self._order = sorted(range(len(body)), key=lambda place: (self._runs_later(place), place))

    def of(self, test: int) -> frozenset[int]:
        """The places that a test needs, other tests among them where they may change its data."""
        needed = set(self._free[test])
        places: set[int] = set()
        for place in reversed(self._order[: self._order.index(test)]):
            node = self.body[place]
            is_needed = bool(bound_by(node) & needed) or bool(self._touched[place] & self._classes(needed))
            if is_needed or (place not in self.tests and self._acts_on_all(place)):
                places.add(place)
                needed -= rebound_by(node)
                needed |= self._free[place]
        return frozenset(places)

    def _runs_later(self, place: int) -> bool:
        """Whether a statement defines a test, which is run once the whole block was."""
        return place in self.tests and isinstance(self.body[place], DEFINITIONS)

    def _acts_on_all(self, place: int) -> bool:
        """Whether a statement may change what has no name here, as ``random.seed(0)`` or a hook of all tests does."""
        node = self.body[place]
        match node:
            case ast.ImportFrom(module="__future__") | ast.ImportFrom(names=[ast.alias(name="*")]):
                return True
            case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Assert(test=ast.Constant()):
                return False
            case ast.FunctionDef(name=name, decorator_list=decorators) if name.startswith(HOOKS) or any(
                isinstance(each, ast.Call) and any(given.arg == "autouse" for given in each.keywords)
                for each in decorators
            ):
                return True
            case _:
                return not isinstance(node, _BINDINGS) and not self._free[place] & self.state

    def _expanded(self, names: set[str]) -> set[str]:
        """Names with those that the helpers among them read."""
        found, left = set(names), [*names]
        while left:
            helper = self.helpers.get(left.pop())
            more = (free(helper) | fixtures_of(helper)) - found if helper is not None else set[str]()
            found |= more
            left += more
        return found

    def _touches(self, node: ast.stmt, is_test: bool) -> set[str]:
        """Names whose data a statement may change when it is run."""
        if isinstance(node, DEFINITIONS) and not is_test:
            return set()
        found: set[str] = set()
        for each in ast.walk(node):
            match each:
                case ast.Call(func=function, args=arguments, keywords=keywords):
                    if is_assertion_call(each) or (isinstance(function, ast.Name) and function.id in _HARMLESS):
                        continue
                    given: list[ast.AST] = [*arguments, *(one.value for one in keywords), function]
                    found |= {name for one in given for name in self._expanded(free(one))}
                case ast.AugAssign(target=target) | ast.Delete(targets=[target]):
                    found |= variables_in(target)
                case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                    found |= variables_in(each)
                case _:
                    pass
        return found & self.state

    def _aliases(self) -> dict[str, str]:
        """For each name of something that can be changed, one that stands for all that may share parts with it."""
        alias = {name: name for name in self.state}

        def root(name: str) -> str:
            while alias[name] != name:
                name = alias[name]
            return name

        for node in self.body:
            bound = [name for name in bound_by(node) if name in alias and not isinstance(node, DEFINITIONS)]
            together = {root(name) for name in [*bound, *(free(node) & self.state if bound else ())]}
            for name in together:
                alias[name] = min(together)
        return {name: root(name) for name in alias}

    def _classes(self, names: Iterable[str]) -> set[str]:
        return {self._alias[name] for name in names if name in self._alias}
