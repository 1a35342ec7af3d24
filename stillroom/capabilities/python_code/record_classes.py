"""Reads what a class makes its objects of, where these hold what they are given and nothing is computed.

As LeetCode's ``ListNode`` does, by an ``__init__`` or as a dataclass. Two such classes may differ in the names of what
they are given, and one may be given less, and still make the same objects of the same.
"""

import ast
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stillroom.capabilities.python_code.module_names import FUNCTION
from stillroom.capabilities.python_code.statement_forms import is_plain

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
        names: of what it is given, in order.
        defaults: of these; None where there is none.
        named: by name, defaults of what it is given by names only.
        made: by attribute, its value, in which ``@0`` is the first that it is given, ``@x`` what is given as ``x``.
        compares: by what its objects compare: ``eq``, ``order``, both or nothing.
    """

    names: tuple[str, ...]
    defaults: tuple[str | None, ...]
    named: Mapping[str, str]
    made: Mapping[str, str]
    compares: frozenset[str]


def has_bases(kind: ast.ClassDef) -> bool:
    """Whether a class is under others than ``object``."""
    return any(not (isinstance(each, ast.Name) and each.id == "object") for each in kind.bases)


def makes(member: ast.stmt) -> bool:
    """Whether something in a class says what its objects are made of."""
    return isinstance(member, ast.AnnAssign) or (isinstance(member, ast.FunctionDef) and member.name == "__init__")


def without_idle_calls(member: ast.stmt, kind: ast.ClassDef) -> ast.stmt:
    """A member of a class without ``super().__init__()`` where that is the method of ``object``, and does nothing."""
    if has_bases(kind) or not isinstance(member, ast.FunctionDef) or member.name != "__init__":
        return member
    body = [each for each in member.body if not _is_idle_call(each)]
    if len(body) == len(member.body):
        return member
    said = {name: value for name, value in ast.iter_fields(member) if name != "body"}
    return ast.copy_location(ast.FunctionDef(**said, body=body or [ast.Pass()]), member)


def _is_idle_call(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[], keywords=[]), attr="__init__"),
                args=[],
                keywords=[],
            )
        ):
            return True
        case _:
            return False


def holds_the_same(given: Record, own: Record, always: Container[int] = ()) -> bool:
    """Whether objects hold the same, for all that both can be given.

    Args:
        given: what the prompt's class makes its objects of.
        own: what the answer's class does.
        always: places of what the prompt's is given wherever it is called, so that no default is taken for them.
    """
    places = {name: place for place, name in enumerate(given.names)}
    if any(places.get(name, place) != place for place, name in enumerate(own.names)):
        return False  # what is given by a name would be something else
    if not places.keys().isdisjoint(own.named):
        return False
    most = len(given.defaults)
    pairs = [pair for place, pair in enumerate(zip(own.defaults, given.defaults, strict=False)) if place not in always]
    if any(mine not in (None, theirs) for mine, theirs in pairs if theirs is not None):
        return False
    if any(each is None for each in own.defaults[most:]) or any(
        given.named[each] != own.named.get(each) for each in given.named
    ):
        return False
    left_out = {f"@{place}": each for place, each in enumerate(given.defaults) if place >= len(own.defaults)}
    added = {f"@{place}": each for place, each in enumerate(own.defaults) if place >= most}
    added |= {f"@{name}": each for name, each in own.named.items() if name not in given.named}
    return all(
        name in own.made and added.get(own.made[name], own.made[name]) == left_out.get(value, value)
        for name, value in given.made.items()
    )


def record(kind: ast.ClassDef) -> Record | None:
    """What a class makes its objects of, where that is nothing but what it is given; else None."""
    if has_bases(kind):
        return None
    held = [without_idle_calls(each, kind) for each in kind.body]
    makers = [each for each in held if isinstance(each, FUNCTION) and each.name == "__init__"]
    fields = [each for each in kind.body if isinstance(each, ast.AnnAssign)]
    match kind.decorator_list, makers:
        case [], [ast.FunctionDef() as function] if not fields:
            return _of_function(function)
        case [decorator], [] if (options := _options(decorator)) is not None:
            return _of_fields(fields, compares=_comparing(options))
        case _:
            return None


def has_no_order(kind: ast.ClassDef) -> bool:
    """Whether a class is a dataclass, and nothing else, whose objects have no order."""
    options = [_options(each) for each in kind.decorator_list]
    return len(options) == 1 and options[0] is not None and not options[0].get("order")


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
        said = ast.dump(each.annotation)  # under other names the process knows them (``kept_making.py``)
        if not isinstance(each.target, ast.Name) or any(one in said for one in ("ClassVar", "InitVar", "KW_ONLY")):
            return None
        if not is_plain(each.annotation) or each.target.id in made:
            return None
        if each.value is not None and not isinstance(each.value, ast.Constant):
            return None
        defaults.append(None if each.value is None else ast.dump(each.value))
        made[each.target.id] = f"@{place}"
    return Record((*made,), tuple(defaults), {}, made, compares)


def _of_function(function: ast.FunctionDef) -> Record | None:
    given = function.args
    if given.vararg or given.kwarg or given.posonlyargs or function.decorator_list or not given.args:
        return None
    if not all(is_plain(each.annotation) for each in (*given.args, *given.kwonlyargs)) or not is_plain(
        function.returns
    ):
        return None
    own, *others = [each.arg for each in given.args]
    if not all(isinstance(each, ast.Constant) for each in (*given.defaults, *given.kw_defaults)):
        return None
    said = [ast.dump(each) for each in given.defaults]
    if len(said) > len(others):
        return None
    named = {
        each.arg: ast.dump(value) for each, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value
    }
    names = {name: f"@{place}" for place, name in enumerate(others)} | {each: f"@{each}" for each in named}
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
    defaults = (*[None] * (len(others) - len(said)), *said)
    return Record(tuple(others), defaults, named, made, compares=frozenset())


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
