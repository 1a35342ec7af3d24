"""Reads what a class makes its objects of, where these hold what they are given and nothing is computed.

As LeetCode's ``ListNode`` does, by an ``__init__`` or as a dataclass. Two such classes may differ in the names of what
they are given, and one may be given less, and still make the same objects of the same.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stillroom.capabilities.python_code.module_names import FUNCTION

_MADE_OF = (
    ast.BoolOp, ast.boolop, ast.Compare, ast.cmpop, ast.Constant, ast.Dict, ast.expr_context, ast.IfExp, ast.List,
    ast.Name, ast.Set, ast.Tuple, ast.UnaryOp, ast.unaryop,
)  # fmt: skip
"""What an attribute is made of, by nobody's code."""
_OPTIONS = frozenset(("eq", "order", "repr", "slots"))


@dataclass(frozen=True, slots=True)
class Record:
    """What a class makes its objects of.

    Attributes:
        defaults: of what it is given, in order; None where there is none.
        made: by attribute, its value, in which ``@0`` is the first that it is given.
        compares: by what its objects compare: ``eq``, ``order``, both or nothing.
    """

    defaults: tuple[str | None, ...]
    made: Mapping[str, str]
    compares: frozenset[str]


def makes(member: ast.stmt) -> bool:
    """Whether something in a class says what its objects are made of."""
    return isinstance(member, ast.AnnAssign) or (isinstance(member, ast.FunctionDef) and member.name == "__init__")


def holds_the_same(given: Record, own: Record) -> bool:
    """Whether objects hold the same, for all that both can be given."""
    most = len(given.defaults)
    pairs = zip(own.defaults, given.defaults, strict=False)
    if any(mine not in (None, theirs) for mine, theirs in pairs if theirs is not None):
        return False
    if any(each is None for each in own.defaults[most:]):
        return False
    left_out = {f"@{place}": each for place, each in enumerate(given.defaults) if place >= len(own.defaults)}
    added = {f"@{place}": each for place, each in enumerate(own.defaults) if place >= most}
    return all(
        name in own.made and added.get(own.made[name], own.made[name]) == left_out.get(value, value)
        for name, value in given.made.items()
    )


def record(kind: ast.ClassDef) -> Record | None:
    """What a class makes its objects of, where that is nothing but what it is given; else None."""
    makers = [each for each in kind.body if isinstance(each, FUNCTION) and each.name == "__init__"]
    fields = [each for each in kind.body if isinstance(each, ast.AnnAssign)]
    match kind.decorator_list, makers:
        case [], [ast.FunctionDef() as function] if not fields:
            return _of_function(function)
        case [decorator], [] if (options := _options(decorator)) is not None:
            return _of_fields(fields, compares=_comparing(options))
        case _:
            return None


def _options(decorator: ast.expr) -> dict[str, bool] | None:
    """What ``dataclass`` is given; None where that is another decorator, or something else decides with it."""
    match decorator:
        case ast.Name(id="dataclass"):
            return {}
        case ast.Call(func=ast.Name(id="dataclass"), args=[], keywords=keywords):
            found = {
                str(each.arg): each.value.value
                for each in keywords
                if isinstance(each.value, ast.Constant) and isinstance(each.value.value, bool)
            }
            return found if len(found) == len(keywords) and _OPTIONS.issuperset(found) else None
        case _:
            return None


def _comparing(options: Mapping[str, bool]) -> frozenset[str]:
    return frozenset(each for each, usual in (("eq", True), ("order", False)) if options.get(each, usual))


def _of_fields(fields: Sequence[ast.AnnAssign], *, compares: frozenset[str]) -> Record | None:
    defaults, made = list[str | None](), dict[str, str]()
    for place, each in enumerate(fields):
        said = ast.dump(each.annotation)
        if not isinstance(each.target, ast.Name) or any(one in said for one in ("ClassVar", "InitVar", "KW_ONLY")):
            return None
        if each.value is not None and not isinstance(each.value, ast.Constant):
            return None
        defaults.append(None if each.value is None else ast.dump(each.value))
        made[each.target.id] = f"@{place}"
    return Record(tuple(defaults), made, compares)


def _of_function(function: ast.FunctionDef) -> Record | None:
    given = function.args
    if (
        given.vararg
        or given.kwarg
        or given.kwonlyargs
        or given.posonlyargs
        or function.decorator_list
        or not given.args
    ):
        return None
    own, *others = [each.arg for each in given.args]
    if not all(isinstance(each, ast.Constant) for each in given.defaults):
        return None
    said = [ast.dump(each) for each in given.defaults]
    if len(said) > len(others):
        return None
    names = {name: f"@{place}" for place, name in enumerate(others)}
    made = dict[str, str]()
    for target, value in _stored(function.body):
        match target:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if (
                value is not None
                and name == own
                and attr not in made
                and not attr.startswith("__")
                and all(isinstance(each, _MADE_OF) for each in ast.walk(value))
                and all(each.id in names for each in ast.walk(value) if isinstance(each, ast.Name))
            ):
                made[attr] = _made_of(value, names)
            case _:
                return None
    return Record((*[None] * (len(others) - len(said)), *said), made, compares=frozenset())


def _stored(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Targets and values of a body's assignments; what else it does has no value."""
    for each in body:
        match each:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(
                values
            ):
                yield from zip(targets, values, strict=True)
            case ast.Assign(targets=targets, value=value) if len(targets) == 1 or isinstance(value, ast.Constant):
                yield from ((target, value) for target in targets)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield target, value
            case _:
                yield ast.Constant(None), None


def _made_of(value: ast.expr, names: Mapping[str, str]) -> str:
    """A value as a text, in which what is given stands by its place."""
    if isinstance(value, ast.Name):
        return names[value.id]
    copied = ast.parse(ast.unparse(value), mode="eval").body
    for each in ast.walk(copied):
        if isinstance(each, ast.Name):
            each.id = names[each.id]
    return ast.dump(copied)
