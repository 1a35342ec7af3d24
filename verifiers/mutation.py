"""Mutants: small mistakes put into a right program, one each, to see whether its tests notice.

A test suite that lets a mutant pass does not tell the right program from a wrong one at that place (DeMillo, Lipton
and Sayward 1978, "Hints on test data selection"). What is changed, and into what, is in ``verifiers.mutation_rules``.
"""

import ast
import random
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast

from verifiers.mutation_rules import changes

MAX_SOURCE_CHARS = 64 << 10  # beyond it a program is no answer to a task, and copying it out forty times is slow
MAX_EDITS = 5_000
MAX_CHANGE_CHARS = 160

_SKIPPED = (ast.Import, ast.ImportFrom, ast.JoinedStr, ast.pattern, ast.expr_context, ast.arg, ast.Global, ast.Nonlocal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A program with one mistake in it.

    Attributes:
        source: the whole program.
        operator: which kind of mistake, such as ``boundary`` or ``deleted-statement``.
        line: where, in the source that was mutated, from 1.
        change: the expression or statement as it was and as it is, for a person.
    """

    source: str
    operator: str
    line: int
    change: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """A change of one field of one node.

    Attributes:
        node: what stands there.
        replacement: what is put there; for a list's element, None takes it out.
        index: the element of the field that is replaced, where the field is a list.
    """

    operator: str
    line: int
    owner: ast.AST
    field: str
    index: int | None
    node: ast.AST
    replacement: ast.AST | None

    @property
    def change(self) -> str:
        """The change for a person."""
        return f"{_text(self.node)} → {_text(self.replacement) if self.replacement else 'nothing'}"


def mutants(source: str, *, limit: int, seed: int) -> list[Mutant]:
    """Mutants of a Python program: all of them, or ``limit`` if there are more; the same at every call.

    Of many, the kinds of mistake are taken in turn, so that a program full of numbers is not mutated in its numbers
    alone. No two are the same program, and none is the original, after both have been written out by ``ast.unparse``.

    Args:
        source: the program; one that does not parse, is longer than 64 Ki characters or too deep has no mutants.
        limit: the most mutants.
        seed: chooses among more than ``limit``.

    Returns:
        The mutants in the order of the places in the source.
    """
    tree = _parsed(source)
    if tree is None or limit <= 0:
        return []
    try:
        edits = list(islice(_Walk(tree).within(tree), MAX_EDITS))
    except RecursionError:  # of a chain of hundreds of `elif`, which `ast.unparse` goes along in a loop
        return []
    seen = {ast.unparse(tree)}
    chosen: dict[int, Mutant] = {}
    for place in _in_turn(edits, seed):
        if len(chosen) == limit:
            break
        text = _applied(tree, edits[place])
        if text not in seen:
            seen.add(text)
            if not _compiles(text):
                continue
            edit = edits[place]
            chosen[place] = Mutant(source=text, operator=edit.operator, line=edit.line, change=edit.change)
    return [chosen[place] for place in sorted(chosen)]


def _parsed(source: str) -> ast.Module | None:
    if len(source) > MAX_SOURCE_CHARS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a model writes into a string is not the reader's concern
            tree = ast.parse(source)
        ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree


def _compiles(source: str) -> bool:
    """Whether it is a program at all: without its only assignment, a ``nonlocal`` name is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "<mutant>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _in_turn(edits: Sequence[_Edit], seed: int) -> Iterator[int]:
    """Places of all edits: shuffled within their operator, one operator after the other."""
    by_operator: dict[str, list[int]] = {}
    for place, edit in enumerate(edits):
        by_operator.setdefault(edit.operator, []).append(place)
    chance = random.Random(seed)  # noqa: S311 - a reproducible choice, not a secret
    for name in sorted(by_operator):
        chance.shuffle(by_operator[name])
    longest = max((len(places) for places in by_operator.values()), default=0)
    for turn in range(longest):
        for name in sorted(by_operator):
            if turn < len(by_operator[name]):
                yield by_operator[name][turn]


def _applied(tree: ast.Module, edit: _Edit) -> str:
    """The whole program with this edit; the tree is left as it was."""
    before = getattr(edit.owner, edit.field)
    after: object = edit.replacement
    if edit.index is not None:
        put = [] if edit.replacement is None else [edit.replacement]
        after = [*before[: edit.index], *put, *before[edit.index + 1 :]]
    setattr(edit.owner, edit.field, after)
    try:
        return ast.unparse(tree)
    finally:
        setattr(edit.owner, edit.field, before)


class _Walk:
    def __init__(self, tree: ast.Module) -> None:
        stored = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        self.assignments = Counter(stored)
        self.line = 1

    def within(self, owner: ast.AST) -> Iterator[_Edit]:
        """Edits of everything below ``owner``."""
        for field, value in ast.iter_fields(owner):
            if field in ("decorator_list", "returns", "annotation", "type_comment", "type_params"):
                continue
            if isinstance(value, ast.AST):
                yield from self.at(owner, field, None, value)
            elif isinstance(value, list):
                for index, item in enumerate(cast("list[object]", value)):
                    if isinstance(item, ast.AST) and not _is_docstring(owner, field, index, item):
                        yield from self.at(owner, field, index, item)

    def at(self, owner: ast.AST, field: str, index: int | None, node: ast.AST) -> Iterator[_Edit]:
        """Edits that put something else in the place of ``node``, and those below it."""
        if isinstance(node, _SKIPPED):
            return
        self.line = getattr(node, "lineno", self.line)
        line = self.line
        for operator, replacement in changes(owner, node, self.assignments):
            if replacement is not None and not hasattr(replacement, "lineno"):
                ast.copy_location(replacement, node)  # ast.unparse reads it
            yield _Edit(
                operator=operator,
                line=line,
                owner=owner,
                field=field,
                index=index,
                node=node,
                replacement=replacement,
            )
        yield from self.within(node)


def _is_docstring(owner: ast.AST, field: str, index: int, node: ast.AST) -> bool:
    return (
        field == "body"
        and index == 0
        and isinstance(owner, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
    )


def _text(node: ast.AST) -> str:
    """The node's source, one line of it."""
    lines = ast.unparse(node).strip().splitlines() or [""]
    line = lines[0] if len(lines) == 1 else f"{lines[0]} …"
    return line if len(line) <= MAX_CHANGE_CHARS else f"{line[: MAX_CHANGE_CHARS - 1]}…"
