"""Says what an object of the solution may be asked, so that none of them decides whether it equals data.

Whoever answers ``f(2) - 1.41`` with 0.0 passes every test of the form ``abs(f(2) - 1.41) < 1e-6`` and has computed
nothing. So how much an object is trusted follows from what the tests, never the solution, say of it.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001
# pyright: basic
import ast
import functools
import re

DATA, UNCLEAR, OBJECT, INSTANCE = range(4)
"""Where it came from a call whose result is data as far as the tests say; where only the name that was called looks
like a class's; where the tests themselves use it as no data can be used; where both is so."""

DATA_NAMES = frozenset(
    name
    for kind in (str, bytes, bytearray, int, float, complex, list, tuple, dict, set, frozenset, range)
    for name in dir(kind)
    if not name.startswith("_")
)
"""What plain data answers to, so that using it says nothing of an object."""

TEXT_CLAIMS = frozenset(("startswith", "endswith", *(name for name in dir(str) if name.startswith("is"))))
"""Methods by which a text would say whether it is the expected one."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_EQUAL = ("eq", "ne", "neq", "cmp", "differs", "unequal", "isclose", "allclose")
_EQUAL_BEGINNINGS = ("equal", "isequal", "same", "identical", "equiv", "almost", "approx", "match", "compar", "assert")

MEMORY_CLAIMS = frozenset((
    "__array__", "__array_interface__", "__array_struct__", "__arrow_c_array__", "__arrow_c_stream__", "__buffer__",
    "__cuda_array_interface__", "__dlpack__", "__dlpack_device__",
))  # fmt: skip
"""Attributes by which an object would say where in memory its data is: in the tests' memory it is nowhere."""


@functools.cache
def claims_equality(name: str) -> bool:
    """Whether a method would say by its name whether its object is what it is given: ``equals``, ``isclose``."""
    words = [each.lower() for each in _WORDS.findall(name)]
    return ("close" in words and len(words) > 1) or any(
        each in _EQUAL or each.startswith(_EQUAL_BEGINNINGS) for each in words
    )


class Undecided(BaseException):
    """The tests ask what cannot be answered here; no Exception, so that tests do not take it for an expected one."""


class Refused(BaseException):
    """The tests got an object where data was expected; no Exception either."""


def is_class_name(name: str) -> bool:
    """Whether a name is written as classes are."""
    return name.lstrip("_")[:1].isupper() and not name.isupper()


def _is_capital(name: str) -> bool:
    """The same of what is called, or has attributes that no data has, so that it is hardly a constant: ``S()``."""
    return name.lstrip("_")[:1].isupper()


class Standings:
    """What the source of tests says of the names that it takes from the solution.

    Args:
        tree: the tests.
        entry_point: what ``check`` gets as its parameter.
    """

    def __init__(self, tree: ast.AST, entry_point: str) -> None:
        self._makers: dict[str, set[str]] = {}  # by variable or attribute: the names whose calls made its values
        self._entry_point = entry_point
        nodes = list(ast.walk(tree))
        self._aliases = {
            node.args.args[0].arg for node in nodes if isinstance(node, ast.FunctionDef) and _is_check(node)
        }
        self._given = {  # names that are called with something, so that what they return may be an answer to it
            _name(node.func) for node in nodes if isinstance(node, ast.Call) and (node.args or node.keywords)
        }
        for node in nodes:
            self._note_maker(node)
        self._objects = {name for node in nodes for name in self._used_as_objects(node)}
        if self._aliases & self._objects:
            self._objects.add(entry_point)

    def of(self, name: str) -> int:
        """The standing of what this name of the solution is and makes."""
        if name in self._objects:
            return INSTANCE if _is_capital(name) else OBJECT
        return UNCLEAR if is_class_name(name) else DATA

    def _note_maker(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            targets, value = [node.target], node.value
        elif isinstance(node, ast.withitem):
            targets, value = [node.optional_vars], node.context_expr
        else:
            return
        for maker in _makers(value):
            for target in targets:
                if named := _name(target):
                    self._makers.setdefault(named, set()).add(maker)

    def _used_as_objects(self, node: ast.AST) -> set[str]:
        if isinstance(node, ast.ClassDef):
            return {_name(base) for base in node.bases}
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("isinstance", "issubclass")
        ):
            return {_name(each) for each in node.args[1:]}
        if not isinstance(node, ast.Attribute) or node.attr in DATA_NAMES or node.attr.startswith("__"):
            return set()
        owner = node.value
        if isinstance(owner, (ast.Call, ast.BinOp)):
            found = _makers(owner)
        else:
            named = _name(owner)
            found = {named, *self._makers.get(named, ())}
        if claims_equality(node.attr):  # which whatever a solution returns can have, but ``Solution()`` is no answer
            return set(filter(_is_capital, found - self._given))
        return found


def _is_check(node: ast.FunctionDef) -> bool:
    return node.name == "check" and len(node.args.args) == 1


def _makers(node) -> set[str]:
    """The names whose calls made a value; of what an operator gives, only those that are written as classes are."""
    if isinstance(node, ast.Call):
        return {_name(node.func)} - {""}
    found, left = set(), [node]
    while left:
        each = left.pop()
        if isinstance(each, ast.BinOp):
            left += [each.left, each.right]
        elif isinstance(each, ast.Call):
            found.add(_name(each.func))
    return set(filter(_is_capital, found))


def _name(node) -> str:
    """The last name of ``stack``, ``self.stack`` or ``solution.Stack``; "" for other expressions."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
