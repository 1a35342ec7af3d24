"""Finds functions that nobody but the answer defines and by which tests would judge it: they say what it wants.

``assert diff(f(2), 1.41) < 1e-6`` tells what is expected to whatever the answer calls ``diff``, and
``assert is_prime(next_prime(13))`` believes what it calls ``is_prime``. But ``assert decode(encode("a")) == "a"`` asks
for a value that no function knows but one that works.
"""

import ast
import builtins
from collections.abc import Collection, Iterator

from verifiers.conversion.conditions import Compared, Condition, conditions
from verifiers.conversion.results import bound, names, results
from verifiers.sandbox.inside.known_names import HOMES, no_librarys

_FORETOLD = (True, False, None, 0, 1, -1, "", b"")  # what a function returns that has computed nothing
_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def left_to_answer(tree: ast.Module, entry_point: str, classes: Collection[str] = ()) -> str:
    """The name of a function that nobody but the answer defines and that says whether its own result is right; or "".

    Args:
        tree: the tests.
        entry_point: what the answer is asked for.
        classes: that a prompt defines, whose process looks after what they say.
    """
    judges = _Judges(tree, entry_point, classes)
    return judges.first() if judges.foreign else ""


class _Judges:
    def __init__(self, tree: ast.Module, entry_point: str, classes: Collection[str]) -> None:
        libraries = HOMES.keys() - no_librarys(list(ast.walk(tree)))  # whose names count only where they are theirs
        known = {entry_point, *classes, *libraries, *bound(tree)}
        self._tree = tree
        self.foreign = {each for each in names(tree) - known if not hasattr(builtins, each)}
        self._results = results(tree, entry_point) if self.foreign else set[str]()
        self.foreign -= self._results
        self._asked = list(conditions(tree)) if self.foreign else []
        self._made: dict[str, ast.expr] = {}  # by variable: the value with such a call in it that it stands for
        self._keys: set[str] = set()  # variables that the answer is given, too, as ``key`` in ``decrypt(c, key)``
        for node in ast.walk(tree) if self.foreign else ():
            if isinstance(node, ast.Call) and self._is_answers(node):
                self._keys |= {ast.dump(each) for each in _given(node) if isinstance(each, ast.Name)}
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.NamedExpr(target=ast.Name(id=name), value=value)
                ) if any(self._calls(value)):
                    self._made[name] = value
                case _:
                    pass

    def first(self) -> str:
        found = (name for each in self._asked for name in self._judging(each))
        return next(found, "") or next(self._dropped(), "")

    def _judging(self, asked: Condition | Compared) -> Iterator[str]:
        if isinstance(asked, Condition):
            call = self._called(self._asked_of(asked.value))
            if call is not None and (self._told(call) or not self._is_under_test(_function(call))):
                yield _function(call)
            return
        sides = (self._value(asked.left), self._value(asked.right))
        for side, other in (sides, sides[::-1]):
            is_order = isinstance(asked.operator, _ORDERS)
            for call in self._calls(side):
                told = self._told(call)
                is_judge = is_order or bool(self._beside(other))
                if told and not is_judge:
                    is_judge = isinstance(asked.operator, ast.NotEq) or _is_foretold(other) or ast.dump(other) in told
                if is_judge and (told or not self._is_under_test(_function(call))):
                    yield _function(call)
            if (is_order or isinstance(asked.operator, ast.Eq)) and self._is_result(side):
                yield from (name for name in self._beside(other) if not self._is_under_test(name))

    def _dropped(self) -> Iterator[str]:
        """Names of functions that are called with results of which nothing is asked then: they must be judges."""
        waiting = {  # where it may be an exception that is waited for
            id(each)
            for node in ast.walk(self._tree)
            if isinstance(node, ast.With | ast.AsyncWith | ast.Try)
            for each in ast.walk(node)
        }
        statements = [each for each in ast.walk(self._tree) if isinstance(each, ast.Expr) and id(each) not in waiting]
        calls = [call for each in statements if (call := self._called(_root(each.value))) is not None]
        inside = {id(each) for call in calls for each in ast.walk(call)}
        others = (each for each in ast.walk(self._tree) if isinstance(each, ast.Name) and id(each) not in inside)
        read = {each.id for each in others if isinstance(each.ctx, ast.Load)}
        for call in calls:
            kept = {each.id for each in _given(call) if isinstance(each, ast.Name)} & self._results
            if kept.isdisjoint(read):
                yield _function(call)

    def _value(self, node: ast.expr) -> ast.expr:
        return self._made.get(node.id, node) if isinstance(node, ast.Name) else node

    def _asked_of(self, node: ast.expr) -> ast.expr:
        """What an assertion asks, or has methods called of, whatever variables it goes through."""
        seen = set[str]()
        while isinstance(root := _root(node), ast.Name) and root.id in self._made and root.id not in seen:
            seen.add(root.id)
            node = self._made[root.id]
        return root

    def _called(self, node: ast.expr) -> ast.Call | None:
        """A call of a function that nobody but the answer defines, with what the answer returned; else None."""
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in self.foreign:
                pass
            case ast.Call(func=ast.Name(id="map" | "filter"), args=[ast.Name(id=name), *_]) if name in self.foreign:
                pass
            case _:
                return None
        return node if any(not self._results.isdisjoint(names(each)) for each in _given(node)) else None

    def _calls(self, node: ast.expr) -> Iterator[ast.Call]:
        """The outermost such calls in a value, but for those whose result the answer is given."""
        left, seen = list[ast.AST]([node]), set[str]()
        while left:
            each = left.pop()
            if isinstance(each, ast.Name) and each.id in self._made and each.id not in seen:
                seen.add(each.id)
                each = self._made[each.id]
            if isinstance(each, ast.expr) and (call := self._called(each)):
                yield call
            elif not self._is_answers(each):
                left += ast.iter_child_nodes(each)

    def _is_answers(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self._results

    def _beside(self, node: ast.expr) -> list[str]:
        """Names of functions that nobody else defines and that are called in a value, not for the answer's own."""
        found, left = list[str](), list[ast.AST]([node])
        while left:
            each = left.pop()
            if self._is_answers(each):
                continue
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id in self.foreign:
                found += [each.func.id] if each.func.id.islower() else []  # a class makes what is compared
            left += ast.iter_child_nodes(each)
        return found

    def _told(self, call: ast.Call) -> list[str]:
        """What a function is told beside results and what these were computed from."""
        inner = [each for each in ast.walk(call) if isinstance(each, ast.Call) and self._is_answers(each)]
        brought = {ast.dump(each) for one in inner for each in _given(one)} | self._keys
        return [said for each in _given(call) if not self._is_result(each) and (said := ast.dump(each)) not in brought]

    def _is_result(self, node: ast.expr) -> bool:
        """Whether a value is what the answer returned, as it was returned, with no data of the tests beside it."""
        match node:
            case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if hasattr(builtins, name):
                return self._is_result(inner)
            case ast.Call(func=ast.Name(id=name)) | ast.Name(id=name):
                return name in self._results
            case ast.Starred(value=inner) | ast.Attribute(value=inner) | ast.Subscript(value=inner):
                return self._is_result(inner)
            case ast.Call(func=ast.Attribute(value=inner)):
                return self._is_result(inner)
            case _:
                return False

    def _is_under_test(self, name: str) -> bool:
        """Whether tests ask of a function itself what one that has computed nothing does not return."""
        said: set[bool] = set()
        for asked in self._asked:
            if isinstance(asked, Condition):
                said |= {asked.is_meant} if self._is_own_call(asked.value, name) else set[bool]()
            elif isinstance(asked.operator, ast.Eq):
                for side, other in ((asked.left, asked.right), (asked.right, asked.left)):
                    if self._is_own_call(side, name) and names(other).isdisjoint(self.foreign | self._results):
                        return True
        return said == {True, False}

    def _is_own_call(self, node: ast.expr, name: str) -> bool:
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        return is_call and self._called(node) is None


def _root(node: ast.expr) -> ast.expr:
    """What methods are called of: ``expect(f(2))`` of ``expect(f(2)).to_equal(4)``."""
    while True:
        match node:
            case ast.Attribute(value=inner) | ast.Call(func=ast.Attribute(value=inner)):
                node = inner
            case _:
                return node


def _given(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(each.value for each in call.keywords)]


def _function(call: ast.Call) -> str:
    is_mapped = isinstance(call.func, ast.Name) and call.func.id in ("map", "filter")
    named = call.args[0] if is_mapped else call.func
    return named.id if isinstance(named, ast.Name) else ""


def _is_foretold(node: ast.expr) -> bool:
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return not value or any(value is each or value == each for each in _FORETOLD)
