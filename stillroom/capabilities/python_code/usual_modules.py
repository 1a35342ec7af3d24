"""Says whether what code imports can neither equal everything nor run what its source does not show.

That is Python's library but for what runs texts or bytes as code, looks objects up by texts, or gives out frames; of
some such modules a few names are harmless and usual, such as ``inspect.signature``.
"""

import ast
import sys
from collections.abc import Iterator, Sequence

from stillroom.capabilities.python_code.source_nodes import of_kind, of_kinds

_OTHERS = frozenset(["numpy", "pytest", "typing_extensions"])
_STRANGE = frozenset((
    "__main__", "antigravity", "bdb", "builtins", "cProfile", "cgitb", "code", "codeop", "copyreg", "ctypes", "gc",
    "idlelib", "imp", "importlib", "lib2to3", "marshal", "modulefinder", "multiprocessing", "pdb", "pickletools",
    "pkgutil", "profile", "pydoc", "rlcompleter", "runpy", "shelve", "signal", "site", "test", "trace", "xmlrpc",
    "zipimport",
))  # fmt: skip
_HARMLESS = {
    "doctest": frozenset[str](),
    "inspect": frozenset((
        "BoundArguments", "Parameter", "Signature", "cleandoc", "getdoc", "getfullargspec", "isabstract",
        "isasyncgenfunction", "isawaitable", "isbuiltin", "isclass", "iscoroutine", "iscoroutinefunction",
        "isfunction", "isgenerator", "isgeneratorfunction", "ismethod", "isroutine", "signature",
    )),
    "pickle": frozenset(["HIGHEST_PROTOCOL", "PickleError", "PicklingError", "dumps"]),
    "timeit": frozenset(["default_timer"]),
    "unittest": frozenset((
        "IsolatedAsyncioTestCase", "TestCase", "TextTestRunner", "expectedFailure", "main", "skip", "skipIf",
        "skipUnless",
    )),
}  # fmt: skip
"""Of modules that do such things, what does not."""
_WITHIN = frozenset(("config", "mock", "reduction"))
"""Inner modules that do: ``logging.config``, ``unittest.mock``."""


def are_usual(own: Sequence[ast.stmt]) -> bool:
    """Whether statements import only such modules, and of some of them only what is harmless."""
    partly = dict[str, str]()  # by the name that it is bound to
    for node in of_kinds((ast.Import, ast.ImportFrom), *own):
        match node:
            case ast.Import(names=names):
                if not all(is_usual(each.name) for each in names):
                    return False
                partly |= {each.asname or each.name: each.name for each in names if each.name in _HARMLESS}
            case ast.ImportFrom(module=module, names=names, level=level):
                brought = {each.name for each in names}
                if level or not is_usual(module or "") or brought & _WITHIN or not brought <= _of(module, brought):
                    return False
            case _:
                pass
    return uses_harmlessly(own, partly)


def is_usual(module: str) -> bool:
    """Whether a module, by its whole name, does none of that, or not with all that it has."""
    home, *inner = module.split(".")
    is_pythons = home in sys.stdlib_module_names and home not in _STRANGE and (home[:1] != "_" or home == "__future__")
    return (is_pythons or home in _OTHERS) and _WITHIN.isdisjoint(inner) and (home not in _HARMLESS or not inner)


def uses_harmlessly(own: Sequence[ast.stmt], partly: dict[str, str]) -> bool:
    """Whether code does only what is harmless with modules of which not all is.

    Args:
        own: all of the code.
        partly: by the names that they are bound to, such modules.
    """
    if not partly:
        return True
    passed = set(_passed(of_kind(ast.Call, *own), partly))
    for node in of_kind(ast.Attribute, *own):
        match node:
            case ast.Attribute(value=ast.Name(id=name) as owner, attr=attr) if name in partly:
                if attr not in _HARMLESS[partly[name]] and id(node) not in passed:
                    return False
                passed.add(id(owner))
            case _:
                pass
    return all(id(each) in passed for each in of_kind(ast.Name, *own) if each.id in partly)


def is_harmless(module: str, names: set[str]) -> bool:
    """Whether of a module that is taken in part only harmless names are taken."""
    return module in _HARMLESS and names <= _HARMLESS[module]


def _of(module: str | None, brought: set[str]) -> frozenset[str] | set[str]:
    return _HARMLESS.get(module or "", brought)


def _passed(calls: Sequence[ast.Call], partly: dict[str, str]) -> Iterator[int]:
    """What is harmless as it is used: of a module's own examples, and ``pickle.loads(pickle.dumps(x))``, a copy."""
    for node in calls:
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="loads") as outer,
                args=[ast.Call(func=ast.Attribute(value=ast.Name(id=inner), attr="dumps"))],
            ) if name == inner and partly.get(name) == "pickle":
                yield id(outer)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="testmod") as outer, args=[], keywords=[]):
                yield id(outer)
            case _:
                pass
