"""Finds what an answer repeats of its prompt where the prompt stands before it, as most models' answers do."""

import ast
from collections import Counter
from collections.abc import Mapping, Sequence

from stillroom.capabilities.python_code.lasting import is_for_answer
from stillroom.capabilities.python_code.module_names import FUNCTION, bound, changed, definers, variables
from stillroom.capabilities.python_code.statement_forms import form

_IMPORT = ast.Import | ast.ImportFrom


def repeated(answer: ast.Module, given: Sequence[ast.stmt], entry_point: str) -> tuple[list[int], bool]:
    """Positions of statements that say once more what the prompt says, and whether they need not run.

    A class that is made once goes with a sentinel, a table and a named tuple that are made once, too. So all of it may
    be left out, and none of it where the answer makes something of its own of a name that the prompt defines: then all
    is as if the prompt were not there.

    Args:
        answer: its source.
        given: the statements of the prompt.
        entry_point: what is asked for.
    """
    left = Counter(form(each, is_shown=True) for each in given)
    known = frozenset(left)
    places, own = list[int](), list[ast.stmt]()
    for place, each in enumerate(answer.body):
        exact = form(each, is_shown=True)
        if exact not in known:
            own.append(each)
        elif left[exact]:
            left[exact] -= 1
        else:
            places.append(place)
    made = definers(given)
    asked = {entry_point} | {each.name for each in given if isinstance(each, FUNCTION) and is_for_answer(each)}
    anew = {name for each in own for name in _made_anew(each, made)}
    again = [answer.body[each] for each in places]
    return places, anew <= asked and _reached(again, made).isdisjoint(anew)


def completing(answer: ast.Module, given: Sequence[ast.stmt], names: set[str]) -> list[int]:
    """Positions of the prompt's own statements that do something with these names beside defining them.

    Such as ``Vector.__rmul__ = Vector.__mul__``. Nothing that they reach is the answer's.

    Args:
        answer: its source.
        given: the statements of the prompt.
        names: of its classes and functions.
    """
    known, made = {form(each, is_shown=True) for each in given}, definers(given)
    places, own = list[int](), set[str]()
    for place, each in enumerate(answer.body):
        if form(each, is_shown=True) not in known:
            own |= bound(each) | changed(each)
        elif not isinstance(each, FUNCTION | ast.ClassDef | _IMPORT) and not names.isdisjoint(variables(each)):
            places.append(place)
    reached = dict[tuple[object, ...], bool]()  # one that stands there again reaches no more
    for place in places:
        shape = form(answer.body[place], is_shown=True)
        if shape not in reached:
            reached[shape] = not _reached([answer.body[place]], made).isdisjoint(own)
    return [place for place in places if not reached[form(answer.body[place], is_shown=True)]]


def _made_anew(statement: ast.stmt, made: Mapping[str, Sequence[ast.stmt]]) -> frozenset[str]:
    """Names of the prompt's that a statement binds or changes as it is run; an import brings what was there."""
    names = bound(statement) & made.keys()
    if isinstance(statement, _IMPORT):
        return frozenset(each for each in names if not all(isinstance(one, _IMPORT) for one in made[each]))
    if isinstance(statement, FUNCTION | ast.ClassDef):
        return names
    return names | (changed(statement) & made.keys())


def _reached(statements: Sequence[ast.stmt], made: Mapping[str, Sequence[ast.stmt]]) -> set[str]:
    """Names that statements bind or read, also through others of the prompt."""
    left = [name for each in statements for name in variables(each) | bound(each)]
    found = set(left)
    while left:
        for each in made.get(left.pop(), ()):
            following = variables(each) - found
            found |= following
            left += following
    return found
