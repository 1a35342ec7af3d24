"""Says what an answer's class may have more than the prompt's of its name, and do for its users what that does.

A helper under a name of its own is the answer's. A method that Python asks for where the prompt's class has another for
that is none, nor is what binds more names in the class than it shows.
"""

import ast
from collections.abc import Iterator, Sequence

from stillroom.capabilities.python_code.module_names import FUNCTION, variables
from stillroom.capabilities.python_code.record_classes import has_bases
from stillroom.capabilities.python_code.source_nodes import of_kind, once
from stillroom.capabilities.python_code.statement_forms import SHOWING, is_plain_as_made

ORDERS = frozenset(("__ge__", "__gt__", "__le__", "__lt__"))
COMPARING = ORDERS | {"__eq__", "__hash__", "__ne__"}
DECORATORS = ("classmethod", "property", "staticmethod")
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor", ast.Div: "truediv",
    ast.FloorDiv: "floordiv", ast.LShift: "lshift", ast.MatMult: "matmul", ast.Mod: "mod", ast.Mult: "mul",
    ast.Pow: "pow", ast.RShift: "rshift", ast.Sub: "sub",
}  # fmt: skip
_OTHERS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.AsyncWith: ("__aenter__", "__aexit__"), ast.In: ("__contains__",), ast.Invert: ("__invert__",),
    ast.NotIn: ("__contains__",), ast.UAdd: ("__pos__",), ast.USub: ("__neg__",),
    ast.With: ("__enter__", "__exit__"),
}  # fmt: skip
_BY_OPERATOR = {kind: (f"__{name}__", f"__r{name}__", f"__i{name}__") for kind, name in _OPERATORS.items()} | _OTHERS
_COMPUTING = frozenset((
    "Counter", "abs", "accumulate", "approx", "contextlib", "divmod", "fsum", "isclose", "itertools", "math", "mean",
    "np", "numpy", "operator", "pow", "prod", "reduce", "round", "statistics", "sum", "sumprod",
))  # fmt: skip
"""Names by which code has others compute."""
_ASKED_BY_SYNTAX = frozenset(("__abs__", *(name for names in _BY_OPERATOR.values() for name in names)))
_FREE = frozenset(("__iter__", *SHOWING, *COMPARING, *_ASKED_BY_SYNTAX))
"""Special methods that a class may have more than the prompt's: no test asks for them that rests on the prompt's."""
_BEFORE_ITEMS = frozenset(("__iter__", "keys"))
"""By which Python gets items before it asks for one after the other by ``__getitem__``."""


def is_free(member: ast.stmt, own: ast.ClassDef, given: ast.ClassDef, taken: set[str], *, is_shown: bool) -> bool:
    """Whether nobody who uses the prompt's class asks for something that an answer's class has more.

    Args:
        member: what it has more.
        own: the answer's class.
        given: the prompt's class.
        taken: names that the tests or the prompt ask for, or the prompt's class has.
        is_shown: whether the tests look at objects as texts.
    """
    if isinstance(member, ast.Assign):
        return _is_of_slots(member, own, taken)
    if not isinstance(member, ast.FunctionDef) or member.name in taken or not is_plain_as_made(member):
        return False
    if member.name in _read_in_body(given) or member.name in DECORATORS:
        return False
    if member.name in _BEFORE_ITEMS and (has_bases(given) or "__getitem__" in _methods(given)):
        return False
    decorators = [each.id if isinstance(each, ast.Name) else "" for each in member.decorator_list]
    if not all(each in DECORATORS for each in decorators):
        return False
    if member.name.startswith("__"):
        return not decorators and member.name in _FREE and not (is_shown and member.name in SHOWING)
    return True


def asked_by_syntax(body: Sequence[ast.stmt]) -> set[str]:
    """Special methods for which statements ask by operators or ``with``; all where a library may ask for them."""
    named = set[str]().union(*map(variables, body))
    named |= {each.attr for each in of_kind(ast.Attribute, *body)}
    named |= {part for each in of_kind(ast.alias, *body) for part in each.name.split(".")}
    if not _COMPUTING.isdisjoint(named) or any(each.startswith("assert") for each in named):
        return {*_ASKED_BY_SYNTAX}
    return {name for kind, names in _BY_OPERATOR.items() if of_kind(kind, *body) for name in names}


def _is_of_slots(member: ast.Assign, own: ast.ClassDef, taken: set[str]) -> bool:
    """Whether a class says with it only where its objects have what they hold."""
    match member:
        case ast.Assign(targets=[ast.Name(id="__slots__")], value=ast.Tuple(elts=items) | ast.List(elts=items)):
            names = {
                str(each.value) for each in items if isinstance(each, ast.Constant) and isinstance(each.value, str)
            }
        case _:
            return False
    is_plain_text = len(names) == len(items) and not any(each.startswith("__") for each in names)
    return is_plain_text and taken.isdisjoint(names - _stored(own))


@once
def _stored(kind: ast.AST) -> frozenset[str]:
    return frozenset(each.attr for each in of_kind(ast.Attribute, kind) if isinstance(each.ctx, ast.Store))


@once
def _methods(kind: ast.AST) -> frozenset[str]:
    body = kind.body if isinstance(kind, ast.ClassDef) else []
    return frozenset(each.name for each in body if isinstance(each, FUNCTION))


@once
def _read_in_body(kind: ast.AST) -> frozenset[str]:
    """Names that a class's body reads as it is run."""
    body = kind.body if isinstance(kind, ast.ClassDef) else []
    return frozenset[str]().union(*map(variables, _run_in_body(body)))


def _run_in_body(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    for each in body:
        if isinstance(each, FUNCTION):
            yield from (*each.decorator_list, *each.args.defaults, *(one for one in each.args.kw_defaults if one))
        else:
            yield each
