"""Finds classes of an answer that do all that the prompt's class of that name does, and more under names of their own.

Models write LeetCode's ``ListNode`` once more, with a helper beside it, with ``x`` for ``val`` or as a dataclass. Its
objects hold what they are given, as the prompt's do, so tests that read them get what they would get of those.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from stillroom.capabilities.python_code.added_members import COMPARING, DECORATORS, ORDERS, asked_by_syntax, is_free
from stillroom.capabilities.python_code.class_calls import always_given
from stillroom.capabilities.python_code.module_names import FUNCTION, bound
from stillroom.capabilities.python_code.record_classes import (
    has_bases,
    has_no_order,
    holds_the_same,
    makes,
    record,
    without_idle_calls,
)
from stillroom.capabilities.python_code.statement_forms import SHOWING, form, is_plain_as_made


@dataclass(frozen=True, slots=True)
class Like:
    """A class that is like the prompt's.

    Attributes:
        name: of both.
        compares_anew: whether its objects compare otherwise, so that a comparison of them is the answer's.
    """

    name: str
    compares_anew: bool


def likes(
    answer: ast.Module, given: Sequence[ast.stmt], tests: Sequence[ast.stmt], named: set[str], *, is_shown: bool
) -> dict[ast.stmt, Like]:
    """The classes of an answer that are like one of the prompt's, though they are written otherwise.

    Args:
        answer: its source.
        given: the statements of the prompt.
        tests: the statements of the tests.
        named: attributes that the tests or the prompt name: under these nothing may be added.
        is_shown: whether the tests look at objects as texts.
    """
    classes = {each.name: each for each in given if isinstance(each, ast.ClassDef)}
    asking = [*tests, *given]
    named = named | asked_by_syntax(asking) if classes else named
    known = {form(each, is_shown=is_shown) for each in classes.values()}
    made = [(each, bound(each)) for each in (*given, *answer.body)]
    is_usual = all(
        isinstance(each, ast.ImportFrom) and each.module == "dataclasses" and names.isdisjoint(DECORATORS)
        for each, names in made
        if not names.isdisjoint({"dataclass", "super", *DECORATORS})
    )
    before = {form(each, is_shown=True) for each in given}
    found, is_first = dict[ast.stmt, Like](), True
    for each in answer.body:
        if isinstance(each, ast.ClassDef) and each.name in classes and form(each, is_shown=is_shown) not in known:
            is_sound = is_usual and (is_first or not each.decorator_list)
            like = _like(each, classes[each.name], asking, named, is_shown=is_shown) if is_sound else None
            if like is not None:
                found[each] = like
        is_first = is_first and (each in found or _does_nothing(each) or form(each, is_shown=True) in before)
    return found


def _does_nothing(statement: ast.stmt) -> bool:
    """Whether no code of an answer is run by a statement, so that what a library has is still the library's."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.FunctionDef(decorator_list=[], args=given, returns=returns):
            said = [each for one in (given, returns) if one is not None for each in ast.walk(one)]
            return not any(isinstance(each, ast.Call | ast.NamedExpr) for each in said)
        case _:
            return False


def _like(
    own: ast.ClassDef, given: ast.ClassDef, asking: Sequence[ast.stmt], named: set[str], *, is_shown: bool
) -> Like | None:
    if own.keywords or given.keywords or _forms(_bases(own)) != _forms(_bases(given)):
        return None
    mine, theirs = (_members(each, is_shown=is_shown) for each in (own, given))
    known, ours = _forms(theirs), _forms(mine)
    if len(set(known)) != len(known):
        return None
    compares_anew = False
    taken = named.union(*map(bound, given.body))
    if _forms(own.decorator_list) != _forms(given.decorator_list) or any(each not in ours for each in known):
        before, after = record(given), record(own)
        if before is None or after is None or is_shown or has_bases(given):
            return None
        if not holds_the_same(before, after, always_given(own.name, before.names, asking)):
            return None
        if not before.compares <= after.compares or not taken.isdisjoint(after.made.keys() - before.made.keys()):
            return None
        compares_anew = ("eq" in before.compares) != ("eq" in after.compares)  # an order of fields says what they say
        mine = [each for each in mine if not makes(each)]
        theirs = [each for each in theirs if not makes(each)]
        known, ours = _forms(theirs), _forms(mine)
    if [each for each in ours if each in known] != known:
        return None
    more = [each for each, shape in zip(mine, ours, strict=True) if shape not in known]
    if not all(is_free(each, own, given, taken, is_shown=is_shown) for each in more):
        return None
    anew = COMPARING.intersection(each.name for each in more if isinstance(each, FUNCTION))
    is_decorated = bool(given.decorator_list) and not (anew <= ORDERS and has_no_order(given))
    if anew and (is_decorated or has_bases(given) or not COMPARING.isdisjoint(taken)):
        return None  # the prompt's own code may compare such
    return Like(own.name, compares_anew or bool(anew))


def _bases(kind: ast.ClassDef) -> list[ast.expr]:
    return [each for each in kind.bases if not (isinstance(each, ast.Name) and each.id == "object")]


def _members(kind: ast.ClassDef, *, is_shown: bool) -> list[ast.stmt]:
    """What is in a class, without texts, what does nothing and what nobody looks at."""
    return [
        without_idle_calls(each, kind)
        for each in kind.body
        if not isinstance(each, ast.Pass)
        and not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        and not (isinstance(each, FUNCTION) and each.name in SHOWING and not is_shown and is_plain_as_made(each))
    ]


def _forms(nodes: Sequence[ast.stmt] | Sequence[ast.expr]) -> list[tuple[object, ...]]:
    return [form(each if isinstance(each, ast.stmt) else ast.Expr(each), is_shown=True) for each in nodes]
