"""Finds where an answer's source has a prompt's own classes, and what these rest on: the process looks after them.

Which ways there are to change a class no list of names holds. So the driver says only what was the prompt's, and what
came of it is told by the process that runs it.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from stillroom.capabilities.python_code.judging_classes import methods
from stillroom.capabilities.python_code.lasting import is_for_answer
from stillroom.capabilities.python_code.like_classes import Like
from stillroom.capabilities.python_code.module_names import FUNCTION, bound, definers, variables
from stillroom.capabilities.python_code.repeated_code import completing, repeated
from stillroom.capabilities.python_code.source_nodes import children, of_kind
from stillroom.capabilities.python_code.statement_forms import form
from stillroom.records import NO_ORIGINALS, Originals

_DEFINING = FUNCTION | ast.ClassDef | ast.Import | ast.ImportFrom


def originals(
    answer: ast.Module,
    given: Sequence[ast.stmt],
    used: set[str],
    like: Mapping[ast.stmt, Like],
    *,
    entry_point: str,
    is_shown: bool,
) -> Originals:
    """What of the prompt has to stay as it was in an answer; nothing where the tests use no class of the prompt's.

    Args:
        answer: its source.
        given: the statements of the prompt.
        used: what the tests use of it and only the answer can have.
        like: classes of the answer that are as good as the prompt's.
        entry_point: what is asked for.
        is_shown: whether the tests look at objects as texts.
    """
    classes = {each.name for each in given if isinstance(each, ast.ClassDef)}
    if used.isdisjoint(classes - {entry_point}):
        return NO_ORIGINALS
    needed = _needed(given, used, entry_point)
    names = {each.name for each in needed if isinstance(each, FUNCTION | ast.ClassDef)}
    others = {name for each in needed if not isinstance(each, FUNCTION | ast.ClassDef) for name in bound(each)}
    alike = {form(each, is_shown=is_shown) for each in given if isinstance(each, FUNCTION | ast.ClassDef)}
    again, is_spare = repeated(answer, given, entry_point)
    data = {form(each, is_shown=True) for each in needed if not isinstance(each, _DEFINING)}
    run_by_it = {*again, *completing(answer, given, names)}
    places, seen = list[int](), set[str]()
    for place, each in enumerate(answer.body):
        if place in again and is_spare:
            continue
        if isinstance(each, FUNCTION | ast.ClassDef) and (each in like or form(each, is_shown=is_shown) in alike):
            places.append(place)
            seen.add(each.name)
        elif place in run_by_it or form(each, is_shown=True) in data:
            places.append(place)
    functions = {each.name for each in given if isinstance(each, FUNCTION)}
    is_class = entry_point not in functions and (entry_point in classes or _is_class_name(entry_point))
    imported = [each for each in needed if isinstance(each, ast.Import | ast.ImportFrom)]
    return Originals(
        names=tuple(sorted((names & seen) | (others - names))),
        places=tuple(places),
        repeated=tuple(again) if is_spare else (),
        taken=tuple(sorted(set(_taken(needed, imported)))),
        modules=tuple(sorted(set(_imported(answer)))),
        asked=entry_point if is_class else "",
        functions=tuple(sorted(functions)),
        remade=tuple(sorted({each.name for each in like.values() if each.compares_anew})),
        added=tuple(_added(answer, places, given)),
        methods=tuple(
            sorted(methods([each for each in needed if isinstance(each, ast.ClassDef) and each.name in seen]))
        ),
        classes=tuple(sorted(classes & names & seen - {entry_point})),
    )


def _added(
    answer: ast.Module, places: Sequence[int], given: Sequence[ast.stmt]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """By position, what classes have as methods that the prompt's classes have not."""
    known = {form(each, is_shown=True) for one in given if isinstance(one, ast.ClassDef) for each in one.body}
    for place in places:
        if isinstance(kind := answer.body[place], ast.ClassDef):
            held = (each for each in kind.body if isinstance(each, FUNCTION) and each.name != "__init__")
            if names := tuple(each.name for each in held if form(each, is_shown=True) not in known):
                yield place, names


def _is_class_name(name: str) -> bool:
    """Whether a name that the prompt does not define is written as a class's."""
    return name.lstrip("_")[:1].isupper()


def _needed(given: Sequence[ast.stmt], names: set[str], entry_point: str) -> list[ast.stmt]:
    """The definitions of the prompt's that some names rest on, but for what the answer is to write."""
    made = definers(given)
    found, left, seen = list[ast.stmt](), [*names], {*names, entry_point}
    while left:
        for each in made.get(left.pop(), ()):
            if not isinstance(each, ast.ClassDef) and is_for_answer(each):
                continue
            found.append(each)
            following = variables(each) - seen
            seen |= following
            left += following
    return found


def _taken(needed: Sequence[ast.stmt], imported: Sequence[ast.Import | ast.ImportFrom]) -> Iterator[tuple[str, str]]:
    """What definitions use of modules, as module and name."""
    modules = dict[str, str]()
    for each in imported:
        if isinstance(each, ast.Import):
            modules |= {one.asname or one.name: one.name for one in each.names}
        elif each.module and not each.level:
            yield from ((each.module, one.name) for one in each.names if one.name != "*")
    for node in of_kind(ast.Attribute, *needed):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in modules:
                yield modules[name], attr
            case _:
                pass


def _imported(answer: ast.Module) -> Iterator[str]:
    """Modules that code imports in any case, at once or where it is called, and not in a branch."""
    left: list[ast.AST] = [answer]
    while left:
        match node := left.pop():
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module
            case ast.If():
                pass
            case _:
                left += [each for each in children(node) if isinstance(each, ast.stmt)]
