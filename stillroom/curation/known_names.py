"""Which names of its own a Python program cannot change without doing something else.

A name that something knows beside the lines of code in which it stands: the caller of a method, a text, what looks at
how things are called. Where that cannot be told, the name counts as known: two programs are then told apart.
"""

import ast
import builtins
import re
from collections.abc import Iterator, Set

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_WORD = re.compile(r"[^\W\d]\w*")
_BUILTINS = frozenset(dir(builtins))
_REACHING = frozenset(("eval", "exec", "globals", "locals", "vars", "dir"))  # any name, by a text or in a list of them
_REACHING_OF_MODULES = frozenset((  # likewise, as attributes or imported
    "signature", "getfullargspec", "getsource", "getmembers", "get_type_hints", "currentframe", "_getframe",
    "f_locals", "f_globals", "__code__", "__annotations__", "modules", "import_module", "__main__",
))  # fmt: skip
_NAMES_OF_FUNCTIONS = frozenset(("__name__", "__qualname__"))
_BLIND_DECORATORS = frozenset((  # that look neither at a function's name nor at those of its arguments
    "staticmethod", "classmethod", "property", "setter", "getter", "deleter", "cached_property", "cache", "lru_cache",
    "wraps", "contextmanager", "asynccontextmanager", "abstractmethod", "override", "final", "overload", "njit", "jit",
))  # fmt: skip
_SHOWING = frozenset(("print", "input"))


def known_names(tree: ast.Module, bound: Set[str]) -> set[str]:
    """Those of the names that a program binds, and others, that must stay what they are.

    - All of them, where the program runs texts, or looks at its own names.
    - `__all__` and the like; classes, which are printed with their names; methods and class variables, which are
      reached as attributes; what `import a.b` and `from a import b` bind.
    - Words of texts, as in `query("x > @low")`, but for docstrings and for messages that are only shown.
    - What tools call by name: tests, and functions with a decorator that may look at names, with all their arguments;
      arguments of all functions where one is called with `**` and names that come from elsewhere.
    """
    nodes = list(ast.walk(tree))
    if any(_reaches_any(node) for node in nodes):
        return {*bound}
    functions = [node for node in nodes if isinstance(node, FUNCTIONS)]
    found = {name for name in bound if name.startswith("__") and name.endswith("__")}
    found.update(_known_outside(nodes))
    found.update(_in_texts(nodes, bound))
    if any(isinstance(node, ast.Attribute) and node.attr in _NAMES_OF_FUNCTIONS for node in nodes):
        found.update(one.name for one in functions)
    own = {one.name for one in functions}
    for one in functions:
        if one.name.startswith("test") or not all(_is_blind(decorator, own) for decorator in one.decorator_list):
            found.update((one.name, *_arguments(one)))
    if _is_called_by_other_names(nodes):
        found.update(node.arg for node in nodes if isinstance(node, ast.arg))
    return found


def _reaches_any(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _REACHING
    if isinstance(node, ast.Attribute):
        return node.attr in _REACHING_OF_MODULES
    return isinstance(node, ast.alias) and node.name in _REACHING_OF_MODULES


def _known_outside(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.alias) and node.asname is None:
            yield node.name.split(".")[0]
        if isinstance(node, ast.ClassDef):
            yield node.name
            for below in _in_class(node):
                if isinstance(below, FUNCTIONS):
                    yield below.name
                elif isinstance(below, ast.Name) and not isinstance(below.ctx, ast.Load):
                    yield below.id


def _in_class(node: ast.ClassDef) -> Iterator[ast.AST]:
    """What stands in the body of a class, but not in its functions."""
    waiting: list[ast.AST] = [*node.body]
    while waiting:
        one = waiting.pop()
        yield one
        if not isinstance(one, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(one)


def _in_texts(nodes: list[ast.AST], bound: Set[str]) -> Iterator[str]:
    shown = {text for node in nodes for one in _messages(node, bound) for text in _texts_of(one)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in shown:
            yield from _WORD.findall(node.value)


def _messages(node: ast.AST, bound: Set[str]) -> list[ast.expr]:
    """What is shown and nothing else: texts that stand alone, are printed, or tell of an error."""
    if isinstance(node, ast.Expr):
        return [node.value]
    if isinstance(node, ast.Assert) and node.msg:
        return [node.msg]
    call = node.exc if isinstance(node, ast.Raise) else node
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
        is_shown = isinstance(node, ast.Raise) or call.func.id in _SHOWING
        return call.args if is_shown and call.func.id in _BUILTINS - bound else []
    return []


def _texts_of(node: ast.expr) -> Iterator[ast.expr]:
    """The texts of which a message is made, as far as nothing looks into them."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.Constant):
            yield one
        elif isinstance(one, ast.JoinedStr):
            waiting += one.values
        elif isinstance(one, ast.BinOp):
            waiting += [one.left, one.right]
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "format":
            waiting.append(one.func.value)


def _is_blind(decorator: ast.expr, own: Set[str]) -> bool:
    """Whether a decorator does not look at names; what one of the program's own looks at is seen where it does."""
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(named, ast.Name):
        return named.id in _BLIND_DECORATORS or named.id in own
    return isinstance(named, ast.Attribute) and named.attr in _BLIND_DECORATORS


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    arguments = function.args
    yield from (one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))


def _is_called_by_other_names(nodes: list[ast.AST]) -> bool:
    """Whether any call has `**` with names that do not stand in it: passed on from another call, they stand there."""
    passed_on = {node.kwarg.arg for node in nodes if isinstance(node, ast.arguments) and node.kwarg}
    return any(
        not isinstance(keyword.value, ast.Dict)
        and not (isinstance(keyword.value, ast.Name) and keyword.value.id in passed_on)
        for node in nodes
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg is None
    )
