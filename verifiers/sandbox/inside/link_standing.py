"""Says what an object of the solution may be asked, so that none of them decides whether it equals data.

Whoever answers ``f(2) - 1.41`` with 0.0 passes every test of the form ``abs(f(2) - 1.41) < 1e-6`` and has computed
nothing. So how much an object is trusted follows from what the tests, never the solution, say of it.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001
# pyright: basic
import ast

from link_claims import DATA_NAMES, claims_equality
from tree_nodes import within

DATA, UNCLEAR, OBJECT, INSTANCE = range(4)
"""Where it came from a call whose result is data as far as the tests say; where only the name that was called looks
like a class's; where the tests themselves use it as no data can be used; where both is so."""

_MAKING = frozenset((
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.withitem, ast.For,
    ast.AsyncFor, ast.comprehension,
))  # fmt: skip
_USING = frozenset((ast.ClassDef, ast.Call, ast.Attribute))


class Undecided(BaseException):
    """The tests ask what cannot be answered here; no Exception, so that tests do not take it for an expected one."""


class Refused(BaseException):
    """The tests got an object where data was expected; no Exception either."""


def is_class_name(name: str) -> bool:
    """Whether a name is written as classes are."""
    return name.lstrip("_")[:1].isupper() and not name.isupper()


def is_of_objects(attribute: str) -> bool:
    """Whether no data has an attribute."""
    return attribute not in DATA_NAMES and not attribute.startswith("__")


def is_capital(name: str) -> bool:
    """The same of what is called, or has attributes that no data has, so that it is hardly a constant: ``S()``."""
    return name.lstrip("_")[:1].isupper()


class Standings:
    """What the source of tests says of the names that it takes from the solution.

    Args:
        nodes: those of the tests.
        entry_point: what ``check`` gets as its parameter.
    """

    def __init__(self, nodes: list[ast.AST], entry_point: str) -> None:
        # By variable, attribute or function of the tests: the names whose calls made its values, or what it returns.
        self._makers: dict[str, set[str]] = {}
        self._entry_point = entry_point
        self._aliases = {
            node.args.args[0].arg for node in nodes if isinstance(node, ast.FunctionDef) and _is_check(node)
        }
        self._given = {  # names that are called with something, so that what they return may be an answer to it
            _called(node) for node in nodes if isinstance(node, ast.Call) and (node.args or node.keywords)
        }
        for node in nodes:
            if node.__class__ in _MAKING:
                self._note_maker(node)
        self._objects = {name for node in nodes if node.__class__ in _USING for name in self._used_as_objects(node)}
        if self._aliases & self._objects:
            self._objects.add(entry_point)

    def of(self, name: str) -> int:
        """The standing of what this name of the solution is and makes."""
        if name in self._objects:
            return INSTANCE if is_capital(name) else OBJECT
        return UNCLEAR if is_class_name(name) else DATA

    def _note_maker(self, node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):  # a fixture's parameter bears its name
            names, values = _fixture_names(node), _returned(node)
        elif isinstance(node, ast.Assign):
            names, values = map(_name, node.targets), [node.value]
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            names, values = [_name(node.target)], [node.value]
        elif isinstance(node, ast.withitem):
            names, values = [_name(node.optional_vars)], [node.context_expr]
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            names, values = [_name(node.target)], [node.iter]
        else:
            return
        made = {maker for value in values for each in _parts(value) for maker in _makers(each) or {_name(each)} - {""}}
        for name in filter(None, names):
            self._makers.setdefault(name, set()).update(made - {name})

    def _made_by(self, names) -> set[str]:
        """These names and all by whose calls their values were made, through functions and variables of the tests."""
        found, left = set(), [*names]
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += self._makers.get(name, ())
        return found

    def _used_as_objects(self, node: ast.AST) -> set[str]:
        if isinstance(node, ast.ClassDef):
            return {_name(base) for base in node.bases}
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("isinstance", "issubclass")
        ):
            return {_name(each) for each in node.args[1:]}
        if not isinstance(node, ast.Attribute) or not is_of_objects(node.attr):
            return set()
        owner, passed = node.value, set()
        while (inner := owner.value if isinstance(owner, ast.Subscript) else _receiver(owner)) is not None:
            passed |= {_called(owner)} if isinstance(owner, ast.Call) else set()
            owner = inner
        made = _makers(owner) if isinstance(owner, (ast.Call, ast.BinOp)) else {_name(owner)}
        found = self._made_by(made | passed)
        if claims_equality(node.attr):  # which whatever a solution returns can have, but ``Solution()`` is no answer
            return set(filter(is_capital, found - self._given))
        return found


def _fixture_names(node) -> list[str]:
    """The name of a function of the tests, and the one that ``@pytest.fixture(name=...)`` gives to it."""
    given = (
        keyword.value.value
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str)
    )
    return [node.name, *given]


def _returned(node) -> list:
    """What a function returns or yields; not what functions within it do."""
    found, left = [], [*node.body]
    while left:
        each = left.pop()
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(each, (ast.Return, ast.Yield)) and each.value is not None:
            found.append(each.value)
        left += within(each)
    return found


def _parts(node) -> list:
    """A value, or the items of a list, tuple or set of values, or the values of a dict."""
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [part for each in node.elts for part in _parts(each)]
    if isinstance(node, ast.Dict):
        return [part for each in node.values for part in _parts(each)]
    return [node.elt] if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)) else [node]


def _is_check(node: ast.FunctionDef) -> bool:
    return node.name == "check" and len(node.args.args) == 1


def _makers(node) -> set[str]:
    """The names whose calls made a value; of what an operator gives, only those that are written as classes are."""
    if isinstance(node, ast.Call):
        found = {_called(node)}
        while (node := _receiver(node)) is not None:
            found.add(_called(node) if isinstance(node, ast.Call) else _name(node))
        return found - {""}
    found, left = set(), [node]
    while left:
        each = left.pop()
        if isinstance(each, ast.BinOp):
            left += [each.left, each.right]
        elif isinstance(each, ast.Call):
            found.add(_called(each))
    return set(filter(is_capital, found))


def _receiver(node) -> ast.expr | None:
    """``Sum(1)`` of ``Sum(1).add(2)``: what a method is called of that data have, too; None of other expressions."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in DATA_NAMES:
        return node.func.value
    return None


def _called(node: ast.Call) -> str:
    """The name of what is called: ``Stack`` of ``Stack(2)``, and of ``Stack[int]()``, which makes no other object."""
    return _name(node.func.value if isinstance(node.func, ast.Subscript) else node.func)


def _name(node) -> str:
    """The last name of ``stack``, ``self.stack`` or ``solution.Stack``; "" for other expressions."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
