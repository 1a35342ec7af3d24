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
from stillroom.capabilities.python_code.source_nodes import of_kinds
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
    if not classes:
        return {}
    known = {form(each, is_shown=is_shown) for each in classes.values()}
    made = [(each, bound(each)) for each in (*given, *answer.body)]
    is_usual = all(
        isinstance(each, ast.ImportFrom) and each.module == "dataclasses" and names.isdisjoint(DECORATORS)
        for each, names in made
        if not names.isdisjoint({"dataclass", "super", *DECORATORS})
    )
    before = {form(each, is_shown=True) for each in given}
    asking = [*tests, *given]
    named = named | asked_by_syntax(asking)
    theirs = dict[str, _PromptsClass]()
    found, is_first = dict[ast.stmt, Like](), True
    for each in answer.body:
        if isinstance(each, ast.ClassDef) and each.name in classes and form(each, is_shown=is_shown) not in known:
            if each.name not in theirs:
                theirs[each.name] = _PromptsClass(classes[each.name], asking, named, is_shown=is_shown)
            is_sound = is_usual and (is_first or not each.decorator_list)
            if is_sound and (like := theirs[each.name].like(each)) is not None:
                found[each] = like
        is_first = is_first and (each in found or _does_nothing(each) or form(each, is_shown=True) in before)
    return found


def _does_nothing(statement: ast.stmt) -> bool:
    """Whether no code of an answer is run by a statement, so that what a library has is still the library's."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.FunctionDef(decorator_list=[], args=given, returns=returns):
            return not of_kinds((ast.Call, ast.NamedExpr), *(each for each in (given, returns) if each is not None))
        case _:
            return False


class _PromptsClass:
    """A class of a prompt, read once for all classes of an answer that are held against it.

    Args:
        given: the class.
        asking: the statements of the tests and of the prompt.
        named: attributes that these name or ask for by their syntax.
        is_shown: whether the tests look at objects as texts.
    """

    def __init__(self, given: ast.ClassDef, asking: Sequence[ast.stmt], named: set[str], *, is_shown: bool) -> None:
        self._given, self._is_shown = given, is_shown
        self._bases, self._decorators = _forms(_bases(given)), _forms(given.decorator_list)
        members = _members(given, is_shown=is_shown)
        self._forms = _forms(members)
        self._forms_beside = _forms([each for each in members if not makes(each)])
        self._taken = named.union(*map(bound, given.body))
        self._record = None if is_shown else record(given)
        self._always = always_given(given.name, self._record.names, asking) if self._record is not None else set[int]()

    def like(self, own: ast.ClassDef) -> Like | None:
        """How an answer's class is like this one, or None where it is not."""
        given, is_shown, taken, known = self._given, self._is_shown, self._taken, self._forms
        if own.keywords or given.keywords or _forms(_bases(own)) != self._bases:
            return None
        if len(set(known)) != len(known):
            return None
        mine, compares_anew = _members(own, is_shown=is_shown), False
        ours = _forms(mine)
        if _forms(own.decorator_list) != self._decorators or not {*ours}.issuperset(known):
            before, after = self._record, record(own)
            if before is None or after is None:
                return None
            if not holds_the_same(before, after, self._always):
                return None
            if not before.compares <= after.compares or not taken.isdisjoint(after.made.keys() - before.made.keys()):
                return None
            # An order of fields says what they say.
            compares_anew = ("eq" in before.compares) != ("eq" in after.compares)
            mine = [each for each in mine if not makes(each)]
            known, ours = self._forms_beside, _forms(mine)
        usual = {*known}
        if [each for each in ours if each in usual] != known:
            return None
        more = [each for each, shape in zip(mine, ours, strict=True) if shape not in usual]
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
