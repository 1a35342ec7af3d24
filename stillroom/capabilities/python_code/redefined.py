"""Finds what an answer makes of names that a prompt defines and the tests use, where it is no copy of the prompt's.

A class of the prompt whose ``__eq__`` is always true, or a helper that is the identity, would say itself that the
answer is right. Source cannot show all of that; what it does not show is left as it is.
"""

import ast
from collections.abc import Container, Iterator, Sequence, Set

from stillroom.capabilities.python_code.added_members import COMPARING
from stillroom.capabilities.python_code.class_changes import compares_anew
from stillroom.capabilities.python_code.idle_code import without_main_blocks, without_orders
from stillroom.capabilities.python_code.module_names import FUNCTION, bound, changed, changed_late
from stillroom.capabilities.python_code.reaching import is_reaching
from stillroom.capabilities.python_code.statement_forms import form


def redefined(
    answer: ast.Module,
    given: Sequence[ast.stmt],
    names: set[str],
    *,
    kept: set[str],
    entry_point: str,
    like: Container[ast.stmt] = (),
    judging: Set[str] = frozenset(),
    is_shown: bool = True,
) -> str:
    """The first of these names of which an answer makes something else than the prompt does, or "".

    Args:
        answer: its source.
        given: the statements of the prompt.
        names: what the tests use of it.
        kept: those of them whose values the entry point may change, since that is what the tests look at.
        entry_point: what is asked for.
        like: classes of the answer that are as good as the prompt's.
        judging: classes of the prompt that the tests do not name and of whose objects they ask methods.
        is_shown: whether the tests look at objects as texts.
    """
    known = {form(each, is_shown=is_shown) for each in given}
    classes = {each.name for each in given if isinstance(each, ast.ClassDef)}
    own = [each for each in answer.body if form(each, is_shown=is_shown) not in known and each not in like]
    own = without_orders(without_main_blocks([*own, *_methods_left_out(answer, given, own)]), classes)
    asked = [each for each in own if entry_point in bound(each)]
    others = [each for each in own if entry_point not in bound(each)]
    at_once = [each for one in own for each in _run_at_once(one)]
    made = (changed_late(asked) - kept).union(changed_late(others), *map(bound, own), *map(changed, at_once))
    used = names | judging
    found = sorted(used & made) or (sorted(used) if is_reaching(own, classes) else [])
    if not found and used & classes and compares_anew(own, given):
        found = sorted(used & classes)
    return found[0] if found else ""


def _methods_left_out(answer: ast.Module, given: Sequence[ast.stmt], own: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Methods that classes like the prompt's have beside its own: nobody compares them, yet they are code."""
    known = {form(each, is_shown=True) for one in given if isinstance(one, ast.ClassDef) for each in one.body}
    left_out = {*answer.body}.difference(own)
    like = (each for each in answer.body if isinstance(each, ast.ClassDef) and each in left_out)
    methods = [each for one in like for each in one.body if isinstance(each, FUNCTION)]
    more = [each for each in methods if form(each, is_shown=True) not in known]
    return [one for each in more for one in (each.body if each.name in COMPARING else [each])]


def _run_at_once(statement: ast.stmt) -> Iterator[ast.AST]:
    """What of a statement is run as the module is loaded."""
    if isinstance(statement, FUNCTION):
        yield from (*statement.decorator_list, statement.args)
    elif isinstance(statement, ast.ClassDef):
        yield from (*statement.decorator_list, *statement.bases)
        for each in statement.body:
            yield from _run_at_once(each)
    else:
        yield statement
