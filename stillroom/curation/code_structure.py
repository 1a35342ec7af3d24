"""What is left of Python code when names that its author chose, layout, comments and docstrings do not count.

Two programs of one structure are equal after renaming (Roy and Cordy, 2007, clones of types 1 and 2; literals count
here). It rather tells equal programs apart than the other way round, since equal ones are dropped:

- names are numbered in the order in which they first occur, over the whole program;
- only what the program itself binds is renamed: arguments, variables, functions, `import ... as`. Builtins,
  attributes, what is imported, and the keywords of calls stay as they are, for other code knows them by name:
  `sorted(rows, key=f)` is not `sorted(rows, reverse=f)`. So do arguments that a method, a class or a lambda is called
  with by name, and all else that is known by its name (`known_names`);
- numbers, texts and annotations count.

Syntax trees tell what a name is for, which tokens do not.
"""

import ast
import builtins
import re
import textwrap
import warnings
from collections.abc import Iterator
from typing import cast

from stillroom.curation.known_names import FUNCTIONS, known_names

_BUILTINS = frozenset(dir(builtins))
_MOST_CHARS = 100_000  # of a program: longer ones are data
_FENCE = re.compile(r"\A\s*```[^\n`]*\n(.*?)^[ \t]*```\s*\Z", re.DOTALL | re.MULTILINE)
_BLOCKS = (ast.Module, ast.ClassDef, *FUNCTIONS)
_BOUND_AS_TEXT = {  # fields that hold a bound name, or a list of them, by the node's type
    "arg": "arg",
    "FunctionDef": "name",
    "AsyncFunctionDef": "name",
    "ClassDef": "name",
    "ExceptHandler": "name",
    "MatchAs": "name",
    "MatchStar": "name",
    "MatchMapping": "rest",
    "Global": "names",
    "Nonlocal": "names",
    "TypeVar": "name",
    "ParamSpec": "name",
    "TypeVarTuple": "name",
}
_NOT_STRUCTURE = frozenset(("type_comment", "ctx", "type_ignores", "kind"))


def code_structure(text: str) -> str:
    """The structure of a text that is Python code as a whole, or one fenced block of it; "" of any other.

    Code that stands in prose has none: the prose may be what two answers differ in. Nor has what binds no name, since
    a short expression says too little.
    """
    fenced = _FENCE.match(text)
    source = textwrap.dedent((fenced[1] if fenced else text).expandtabs())
    if len(source) > _MOST_CHARS or (fenced and "```" in fenced[1]):
        return ""
    try:
        with warnings.catch_warnings(action="ignore"):  # of what Python thinks of an odd escape
            tree = ast.parse(source)
        renamed = _Renamed(tree)
        return " ".join(renamed.words()) if renamed.binds_any else ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""


class _Renamed:
    """A program as words in which each name that it binds stands as a number."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        bound = set(_bound(tree))
        self._arguments = {
            (node.name, argument.arg)
            for node in ast.walk(tree)
            if isinstance(node, FUNCTIONS)
            for argument in (*node.args.args, *node.args.kwonlyargs)
        }
        known = {*known_names(tree, bound), *self._called_by_name(tree)}
        self._free = bound - known - _BUILTINS
        self._numbers: dict[str, int] = {}
        self.binds_any = bool(bound)

    def words(self) -> Iterator[str]:
        """The tree from its root down, each node with its fields; what is empty is left out.

        So it says the same under versions of Python that know more fields.
        """
        waiting: list[object] = [self._tree]
        while waiting:
            one = waiting.pop()
            if isinstance(one, ast.AST):
                waiting += reversed([f"({type(one).__name__}", *self._fields(one), ")"])
            elif isinstance(one, list):
                waiting += reversed(["[", *cast("list[object]", one), "]"])
            elif isinstance(one, str):
                yield one
            else:
                yield repr(one)

    def _fields(self, node: ast.AST) -> Iterator[object]:
        text_field = _BOUND_AS_TEXT.get(type(node).__name__)
        for field, value in ast.iter_fields(node):
            if field in _NOT_STRUCTURE or value is None or value == []:
                continue
            yield field
            if isinstance(node, ast.Constant):
                yield repr(value)
            elif field == "body" and isinstance(node, _BLOCKS):
                yield [one for one in node.body if not _is_docstring(one)]
            elif field == text_field:
                yield self._names(cast("list[str] | str", value))
            elif isinstance(node, ast.Name) and field == "id":
                yield self._name(node.id)
            elif isinstance(node, ast.alias) and field == "asname":
                yield self._name(node.asname or "")
            elif isinstance(node, ast.Call) and field == "keywords":
                yield [[self._keyword(node.func, one.arg), one.value] for one in node.keywords]
            else:
                yield value

    def _keyword(self, function: ast.expr, keyword: str | None) -> str:
        """The keyword of an argument: renamed where the function is the program's own, which names its arguments."""
        return self._name(keyword) if keyword and self._is_own(function, keyword) else keyword or "**"

    def _is_own(self, function: ast.expr, keyword: str | None) -> bool:
        return isinstance(function, ast.Name) and (function.id, keyword) in self._arguments

    def _called_by_name(self, tree: ast.Module) -> Iterator[str]:
        """Arguments in calls of which it cannot be told what is called: a method, a class, a lambda."""
        arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for keyword in node.keywords:
                    if keyword.arg in arguments and not self._is_own(node.func, keyword.arg):
                        yield keyword.arg

    def _names(self, names: list[str] | str) -> list[str] | str:
        return [self._name(one) for one in names] if isinstance(names, list) else self._name(names)

    def _name(self, name: str) -> str:
        return f"#{self._numbers.setdefault(name, len(self._numbers))}" if name in self._free else name


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _bound(tree: ast.Module) -> Iterator[str]:
    """Every name that the program binds anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.split(".")[0]
        elif field := _BOUND_AS_TEXT.get(type(node).__name__):
            value: object = getattr(node, field)
            if isinstance(value, str):
                yield value
