"""Finds code that may bind names and attributes which its source does not show."""

import ast
import builtins
import re
from collections.abc import Sequence

from stillroom.capabilities.python_code.module_names import root
from stillroom.capabilities.python_code.source_nodes import nodes, of_kind, of_kinds
from stillroom.capabilities.python_code.usual_modules import is_harmless, uses_harmlessly

_REACHING = frozenset(["__builtins__", "__import__", "breakpoint", "compile", "eval", "exec", "globals", "locals"])
_PLACES = frozenset(["__array_interface__", "__array_struct__"])
"""By which a class says where in memory its data is, and numpy reads there."""
_REACHING_ATTRIBUTES = _PLACES | frozenset((
    "CodeType", "StackSummary", "TracebackException", "__builtins__", "__globals__", "_current_exceptions",
    "_current_frames", "_getframe", "addaudithook", "ag_frame", "as_strided", "capture_locals", "cr_frame", "ctypeslib",
    "f_back", "f_builtins", "f_globals", "f_locals", "getprofile", "getrefcount", "gi_frame", "modules", "setprofile",
    "setswitchinterval", "settrace", "tb_frame", "walk_stack", "walk_tb",
))  # fmt: skip
_SAID = (_REACHING_ATTRIBUTES - {"modules"}) | {"__subclasses__"}
"""Which nobody writes as a text but for ``getattr`` or a format; ``modules`` is one only beside ``sys``."""
_WORD = re.compile(r"\w+")  # a format reads `{0.__globals__[sys]}`
_OURS = "_stillroom_"
"""How names begin under which objects that stand for those of the tests have what links them."""
_OUR_MODULES = frozenset((
    "confine", "cores", "filling", "footing", "gathering", "hidden", "jobs", "keeper", "kills", "known_names", "link",
    "rehearsal", "runner", "seal", "solution", "solution_process", "spawner", "stand_ins", "stops", "template",
    "tree_nodes", "unseen", "warming", "zygote",
))  # fmt: skip
_OUR_BEGINNINGS = ("kept_", "link_", "plain_", "pytest_", "tests_")
"""What the sandbox has loaded of its own, and how other names of that begin."""
_GIVING = frozenset(["getattr", "object", "super", "type", "vars"])
_CLASSLESS = frozenset(["bisect", "heapq", "math"])
_INSPECT = "inspect"
_REACHING_MODULES = frozenset(["__main__", "builtins", "ctypes", "gc", "importlib", _INSPECT])
_SYSTEMS = frozenset(["_sys", "bltns", "monitoring", "sys"])
"""Under which modules of Python's have ``sys`` and ``builtins``, and what of ``sys`` sees all code run."""
_MODULES_WITHIN = _REACHING_MODULES | _SYSTEMS
_ANNOTATED = (ast.AnnAssign, ast.arg, ast.AsyncFunctionDef, ast.FunctionDef)
_LOOKED_AT = (
    ast.AsyncFunctionDef, ast.Attribute, ast.Call, ast.Constant, ast.FunctionDef, ast.Import, ast.ImportFrom,
    ast.keyword, ast.Name,
)  # fmt: skip


def is_reaching(own: Sequence[ast.stmt], classes: set[str]) -> bool:
    """Whether code may bind names or attributes that its source does not show."""
    imports = [*of_kind(ast.Import, *own), *of_kind(ast.ImportFrom, *own)]
    imported = {(each.asname or each.name).partition(".")[0] for one in imports for each in one.names}
    annotations = [each for one in of_kinds(_ANNOTATED, *own) for each in _annotations(one)]
    said = [each for one in annotations for each in _said_in(one)]
    shared = imported | classes
    if any(_reaches(each, shared) for each in (*of_kinds(_LOOKED_AT, *own), *said)) or not _inspects_harmlessly(own):
        return True
    if any(each.name in _SYSTEMS for one in of_kind(ast.ImportFrom, *own) for each in one.names):
        return True
    attributes = of_kind(ast.Attribute, *own)
    if _is_module_within(attributes, imported):
        return True
    known = classes | {each.name for each in of_kind(ast.ClassDef, *own)}
    if any(_looks_for_classes(each, known) for each in attributes) and _has_other_classes(nodes(*own)):
        return True
    if not any("modules" in text.split(".") for each in of_kind(ast.Constant, *own) for text in _texts(each)):
        return False
    return any("sys" in _identifiers(each) for each in nodes(*own))


def _identifiers(node: ast.AST) -> list[str]:
    """Names in one node, and the parts of a text."""
    return [part for _, value in ast.iter_fields(node) if isinstance(value, str) for part in value.split(".")]


def _texts(node: ast.Constant) -> list[str]:
    return [node.value] if isinstance(node.value, str) else []


def _has_other_classes(code: Sequence[ast.AST]) -> bool:
    """Whether code may get hold of a class that it was not given, such as ``object``, under which all are."""
    annotations = {id(one) for each in code for said in _annotations(each) for one in nodes(said)}
    run = [each for each in code if id(each) not in annotations]
    called = {id(each.func) for each in run if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)}
    return any((_is_giving(each) if id(each) in called else _gives_a_class(each)) for each in run)


def _annotations(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.arg(annotation=ast.expr() as said) | ast.AnnAssign(annotation=said):
            return [said]
        case ast.FunctionDef(returns=ast.expr() as said) | ast.AsyncFunctionDef(returns=ast.expr() as said):
            return [said]
        case _:
            return []


def _is_giving(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in _GIVING


def _gives_a_class(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name):
            return name in _GIVING or isinstance(getattr(builtins, name, None), type)
        case ast.Attribute(attr=attr):
            return attr == "mro" or (attr.startswith("__") and attr not in ("__subclasses__", "__name__"))
        case ast.ImportFrom(module=module, names=names):
            return module not in ("__future__", "collections", "typing") or any(one.name[:4] == "get_" for one in names)
        case ast.Import(names=names):
            return not _CLASSLESS.issuperset(one.name for one in names)
        case _:
            return False


def _looks_for_classes(node: ast.AST, known: set[str]) -> bool:
    """Whether code asks for the classes under one that by its name is neither the prompt's nor its own."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr="__subclasses__"):
            return name not in known
        case ast.Attribute(attr="__subclasses__"):
            return True
        case _:
            return False


def _reaches(node: ast.AST, shared: set[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in _REACHING | _PLACES
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name in _PLACES  # a method `eval` is none of Python's
        case ast.Attribute(attr=attr):
            return attr in _REACHING_ATTRIBUTES or attr.startswith(_OURS)
        case ast.Constant(value=str(text)):
            return not _SAID.isdisjoint(_WORD.findall(text)) or _OURS in text
        case ast.keyword(arg="capture_locals"):
            return True
        case ast.Import(names=names):
            roots = [each.name.partition(".")[0] for each in names]
            return any(each in _REACHING_MODULES - {_INSPECT} or _is_ours(each) for each in roots)
        case ast.ImportFrom(module=module, names=names):
            brought = [module or "", *(each.name for each in names)]
            if is_harmless(module or "", {*brought[1:]}):
                return False
            is_ours = _is_ours(brought[0].partition(".")[0])
            return is_ours or any(
                each.partition(".")[0] in _REACHING_MODULES | _REACHING_ATTRIBUTES for each in brought
            )
        case ast.Call(func=ast.Name(id="setattr" | "delattr" | "vars"), args=given):
            # Of an object of the data's it is the usual way to fill it.
            is_plain = bool(given) and isinstance(given[0], ast.Name | ast.Attribute) and root(given[0]) not in shared
            return not is_plain
        case _:
            return False


def _is_ours(module: str) -> bool:
    """Whether a module is the sandbox's own, or the answer itself."""
    return module in _OUR_MODULES or module.startswith(_OUR_BEGINNINGS)


def _said_in(annotation: ast.expr) -> list[ast.AST]:
    """What stands in an annotation as a text, which some functions of Python's evaluate."""
    found = list[ast.AST]()
    for each in of_kind(ast.Constant, annotation):
        if isinstance(each.value, str):
            try:
                found += ast.walk(ast.parse(each.value, mode="eval"))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
    return found


def _inspects_harmlessly(own: Sequence[ast.stmt]) -> bool:
    imports = (each for one in of_kind(ast.Import, *own) for each in one.names)
    partly = {(each.asname or each.name).partition(".")[0]: _INSPECT for each in imports if each.name == _INSPECT}
    return uses_harmlessly(own, partly)


def _is_module_within(attributes: Sequence[ast.Attribute], imported: set[str]) -> bool:
    """Whether a module is taken out of another one that has imported it: ``dataclasses.inspect``."""
    seen = set[int]()  # of ``a.sys.sys.sys`` the names are gone through once, not once for each
    for each in attributes:
        if each.attr in _MODULES_WITHIN:
            owner = each.value
            while isinstance(owner, ast.Subscript | ast.Attribute) and id(owner) not in seen:
                seen.add(id(owner))
                owner = owner.value
            if isinstance(owner, ast.Name) and owner.id in imported:
                return True
    return False
