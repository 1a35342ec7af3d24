"""Finds what a task's prompt defines beside what it asks for: where tests use it, it is theirs and not the answer's.

HumanEval's tests of ``find_zero`` call ``poly``, which its prompt defines. An answer that could define ``poly`` anew
would say itself whether it found a zero.
"""

import ast
from dataclasses import dataclass, replace
from functools import lru_cache

from stillroom.capabilities.python_code.compared_data import compared_as_data
from stillroom.capabilities.python_code.judging_classes import attributes, judging_classes
from stillroom.capabilities.python_code.kept_trees import parsed
from stillroom.capabilities.python_code.lasting import Lasting, is_for_answer
from stillroom.capabilities.python_code.like_classes import likes
from stillroom.capabilities.python_code.module_names import bound, changed, changed_late, definers, variables
from stillroom.capabilities.python_code.original_code import originals
from stillroom.capabilities.python_code.prompt_code import put_before, source_of
from stillroom.capabilities.python_code.redefined import redefined
from stillroom.capabilities.python_code.source_nodes import TooMuchCode, once, weight
from stillroom.records import Answer

MAX_WEIGHT = 20_000
"""Nodes of an answer, as ``weight`` counts them, that are looked through; of Python's library 2,000 lines have that."""
_SHOWING = frozenset(["__format__", "__repr__", "__str__", "ascii", "format", "pformat", "print", "repr", "str"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What tests use of a prompt's own code.

    Attributes:
        chosen: the statements that are the tests', in order.
        left: names of what they use and only the answer can have: classes, and helpers that keep something.
        kept: those of them that stand for what calls change.
        judging: classes that they do not name and of whose objects they ask methods.
        body: all statements of the prompt.
        source: its code.
        is_too_much: whether the answer is not looked through, so that all of it is the answer's.
    """

    chosen: list[ast.stmt]
    left: set[str]
    kept: set[str]
    judging: set[str]
    body: list[ast.stmt]
    source: str
    is_too_much: bool = False


def with_given_code(tests: str, prompt: str, entry_point: str, answer: str = "") -> str:
    """Tests that begin with what they use of the prompt's own code.

    That is functions, imports and tables. Classes stay with the answer, whose code makes and takes their instances,
    and so does what calls change, and what the prompt leaves to the answer to write.

    Args:
        tests: Python source.
        prompt: what goes before the answer, whole or up to the body that it asks for, also in fences among prose.
        entry_point: what it asks for.
        answer: source that may change what the prompt defines, such as a list that it keeps.
    """
    asked, given = parsed(tests), _given(tests, prompt, entry_point, answer)
    if asked is None or given is None or not given.chosen:
        return tests
    return put_before(tests, asked, given.source, given.chosen)


def doubted(answer: Answer, tests: str, prompt: str, entry_point: str) -> Answer:
    """The answer, with a doubt where it makes something else of what the tests use and only the answer can have.

    Where it does not as far as its source shows, its process looks after the classes that they use. A source that is
    too large to be looked through may do so: that is a doubt, too.

    Args:
        answer: to the prompt.
        tests: as they were, without the prompt's code.
        prompt: as for ``with_given_code``.
        entry_point: what it asks for.
    """
    given, own, asked = _given(tests, prompt, entry_point, answer.text), parsed(answer.text), parsed(tests)
    if given is None or own is None or asked is None or not (given.left or given.judging):
        return answer
    try:
        if not given.is_too_much:
            return _looked_through(answer, own, asked, given, entry_point)
    except TooMuchCode:
        pass
    name = min(given.left | given.judging)
    why = f"the answer is too large for it to be known what it makes of {name!r} of the prompt, which the tests use"
    return replace(answer, doubt=why)


def _looked_through(answer: Answer, own: ast.Module, asked: ast.Module, given: Given, entry_point: str) -> Answer:
    """Raises TooMuchCode: it takes too long."""
    is_shown = _shows_objects(asked)
    named = set(attributes([asked, *given.body]))
    like = likes(own, given.body, asked.body, named, is_shown=is_shown)
    name = redefined(
        own,
        given.body,
        given.left,
        kept=given.kept,
        entry_point=entry_point,
        like=like,
        judging=given.judging,
        is_shown=is_shown,
    )
    if name:
        return replace(answer, doubt=f"the answer makes something else of {name!r} of the prompt, which the tests use")
    used = given.left | given.judging
    kept = originals(own, given.body, used, like, entry_point=entry_point, is_shown=is_shown)
    if kept.names:
        kept = replace(kept, as_data=tuple(compared_as_data(asked, given.body).items()))
    return replace(answer, doubt="", originals=kept)


@lru_cache(maxsize=2)  # asked for the tests of a row and for its answer
def _given(tests: str, prompt: str, entry_point: str, answer: str) -> Given | None:
    """What tests use of a prompt; None where that is nothing."""
    asked, source = parsed(tests), source_of(prompt)
    tree = parsed(source)
    if asked is None or tree is None:
        return None
    body, defined = tree.body, set[str]().union(*map(bound, asked.body))
    made, judging = definers(body), judging_classes(body, asked, entry_point) - defined
    used = variables(asked) - defined - {entry_point}
    if not (used & made.keys() or judging):
        return None
    own = parsed(answer)
    if own is not None and weight(own.body, MAX_WEIGHT) > MAX_WEIGHT:
        left = {*(used & made.keys())}
        return Given(
            chosen=[], left=left, kept=set(), judging=judging - left, body=body, source=source, is_too_much=True
        )
    others = own.body if own is not None else []
    late = changed_late([*body, *asked.body, *others]).union(*map(changed, asked.body))
    lasting = Lasting(made, late, body, others)
    chosen, left = set[ast.stmt](), set[str]()
    for name in used & made.keys():
        needed = _needed(name, lasting)
        chosen.update(needed.chosen)
        left |= needed.left
    left -= {entry_point}
    return Given(
        chosen=[each for each in body if each in chosen],
        left=left,
        kept={name for name in left & (used | lasting.states) if lasting.is_value(name)},
        judging=judging - left,
        body=body,
        source=source,
    )


@dataclass(frozen=True, slots=True)
class _Needed:
    chosen: list[ast.stmt]
    left: set[str]


def _needed(name: str, lasting: Lasting) -> _Needed:
    """What a name needs to be defined; nothing where it hangs on what is not the tests' to have."""
    found, classes = list[ast.stmt](), set[str]()
    left, seen, is_whole = [name], {name}, True
    while left:
        needed = left.pop()
        for statement in lasting.definers.get(needed, ()):
            if is_for_answer(statement):
                classes |= {needed} if isinstance(statement, ast.ClassDef) else set()
                is_whole &= needed != name
                continue  # the tests ask for it by its name
            is_whole &= lasting.is_lasting(statement)
            found.append(statement)
            following = (variables(statement) | bound(statement)) - seen
            seen |= following
            left += following
    if is_whole:
        return _Needed(found, classes)
    made = (bound(each) for each in found if not isinstance(each, ast.Import | ast.ImportFrom))
    return _Needed([], classes.union(*made))


@once
def _shows_objects(tests: ast.AST) -> bool:
    """Whether tests look at anything as a text, other than in their messages."""
    left = [tests]
    while left:
        match node := left.pop():
            case ast.Assert(test=test):
                left.append(test)
                continue
            case ast.FormattedValue() | ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod()):
                return True
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _SHOWING:
                return True
            case _:
                left += ast.iter_child_nodes(node)
    return False
