"""Knows whether tests look at files themselves: where they do not, a folder that they ask for is the solution's.

Each process has a ``/tmp`` of its own. Tests that only say where the solution is to write and read need none of it in
theirs; to those that ask ``path.exists()`` it would say what is so here, and nobody knows what is so there.
"""

# Stands alone in the container and deals in trees of any kind: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202
# pyright: basic, reportAttributeAccessIssue=false
import ast
import os
import pathlib

FOLDERS = "/tmp"  # noqa: S108 - of each program its own
_HARMLESS = frozenset(  # whose functions look at no file by its name
    "abc array base64 bisect calendar cmath collections contextlib copy csv dataclasses datetime decimal enum "  # noqa: SIM905
    "fractions functools hashlib heapq itertools json math numbers operator os pathlib pytest random re statistics "
    "string textwrap threading time types typing unittest uuid".split()
)
_OF_NAMES = frozenset("fspath basename dirname join sep splitext".split())  # noqa: SIM905 - what `os` has for names alone
_LOOKING = frozenset(dir(pathlib.Path)) - frozenset(dir(pathlib.PurePath)) - {"absolute", "replace", "resolve"}
_BUILT_IN = frozenset(("open", "exec", "eval", "getattr", "__import__"))


def look_at_none(nodes, solution_modules):
    """Whether tests have nothing by which they could see, make or change a file.

    Args:
        nodes: those of the tests.
        solution_modules: what the solution's module may be called.
    """
    return not any(_may_look(each, solution_modules) for each in nodes)


def _may_look(node, solution_modules):
    match node:
        case ast.Import(names=names):
            return any(
                not _is_known(each.name, solution_modules) or (_is_os(each.name) and each.asname) for each in names
            )
        case ast.ImportFrom(module=str(module), names=names, level=0):
            taken = {each.name for each in names} if _is_os(module) else set()
            return not _is_known(module, solution_modules) or not taken <= _OF_NAMES
        case ast.ImportFrom():
            return True
        case ast.Attribute(value=ast.Name(id="os"), attr="path"):
            return False
        case ast.Attribute(value=ast.Name(id="os") | ast.Attribute(value=ast.Name(id="os"), attr="path"), attr=name):
            return name not in _OF_NAMES
        case ast.Attribute(attr=name):
            return name in _LOOKING
        case ast.Name(id=name):
            return name in _BUILT_IN
        case _:
            return False


def _is_os(module):
    return module.partition(".")[0] == "os"


def _is_known(module, solution_modules):
    return module in solution_modules or module.partition(".")[0] in _HARMLESS


def made():
    """The path of a new folder in this process."""
    os.mkdir(path := new_path())
    return path


def new_path():
    """A name in the folder for files that no program has guessed."""
    return f"{FOLDERS}/pytest-{os.urandom(8).hex()}"
