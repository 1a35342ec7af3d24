"""Finds methods of results by which tests would judge an answer: they say how far it is from what they are told.

``assert f(points).distance_to((1, 1)) < 1e-9`` believes whatever object ``f`` returns, as ``assert diff(f(2), 4) < 1``
would believe a function (``left_to_answer.py``). A method that is also asked for a number of its own is under test.
Those that data have, such as ``difference`` of a set, are not: of an object they are not believed where they are asked.
"""

import ast
from collections.abc import Collection, Iterator

from verifiers.conversion.classes import is_class_name
from verifiers.conversion.conditions import Compared, conditions
from verifiers.conversion.results import names, results
from verifiers.sandbox.inside.link_claims import DATA_NAMES, claims_nearness

_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def judging_method(tree: ast.Module, entry_point: str, known: Collection[str] = ()) -> str:
    """The name of a method that says how near a function's result is to data of the tests, and nothing else; or "".

    Args:
        tree: the tests.
        entry_point: what the answer is asked for; of what a class makes, methods are under test.
        known: methods of classes that are not the answer's.
    """
    if is_class_name(entry_point):
        return ""
    asked = [each for each in conditions(tree) if isinstance(each, Compared)]
    if not asked:
        return ""
    methods = _Methods(tree, entry_point)
    judging, under_test = dict[str, None](), set[str]()
    for each in asked:
        for side, other in ((each.left, each.right), (each.right, each.left)):
            for name, is_told in methods.of(side):
                if isinstance(each.operator, _ORDERS) or (isinstance(each.operator, ast.Eq) and _is_nought(other)):
                    judging |= {name: None} if is_told else {}
                elif isinstance(each.operator, ast.Eq):
                    under_test.add(name)
    return next((each for each in judging if each not in under_test and each not in known), "")


class _Methods:
    """Methods that tests call of what a function returned that was given something.

    Args:
        tree: the tests.
        entry_point: the function.
    """

    def __init__(self, tree: ast.Module, entry_point: str) -> None:
        self._results = {each for each in results(tree, entry_point) if not is_class_name(each)}
        self._made = {
            each.targets[0].id: each.value
            for each in ast.walk(tree)
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
        }

    def of(self, side: ast.expr) -> Iterator[tuple[str, bool]]:
        """Names of such methods in what is compared, and whether each is told what is no result and led to none."""
        made = (self._made[name] for name in names(side) & self._made.keys())
        for node in (each for one in (side, *made) for each in ast.walk(one)):
            match node:
                case ast.Call(func=ast.Attribute(value=owner, attr=name)) if _judges(name):
                    if (call := self._call(owner)) is not None:
                        brought = {ast.dump(each) for each in _given(call)}
                        yield name, any(ast.dump(each) not in brought for each in _given(node) if self._is_data(each))
                case _:
                    pass

    def _is_data(self, node: ast.expr) -> bool:
        return self._results.isdisjoint(names(node))

    def _value(self, node: ast.expr) -> ast.expr:
        return self._made.get(node.id, node) if isinstance(node, ast.Name) else node

    def _call(self, node: ast.expr) -> ast.Call | None:
        """The call of the function that returned a value, where it was given something."""
        match self._value(node):
            case ast.Call(func=ast.Name(id=name)) as call if name in self._results and _given(call):
                return call
            case _:
                return None


def _given(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(each.value for each in call.keywords)]


def _judges(name: str) -> bool:
    return name not in DATA_NAMES and claims_nearness(name)


def _is_nought(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value == 0
