"""Finds Python code of benchmarks in documents also where it was reformatted and its names were changed.

Code is compared token by token, without comments, docstrings and blank lines. A name that a program may choose counts
as any other such name; what it may not choose (keywords, builtins, what follows a dot, numbers, texts) as it stands.
30 tokens in a row are then held against each other once more: each name must stand for one other all along
(parameterized matching: Baker, 1993). Shorter code is too common to tell where it comes from.
"""

import ast
import builtins
import io
import keyword
import re
import textwrap
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import polars as pl

from stillroom.curation.contamination import HIT_SCHEMA, covered, refuse_unusable

RUN_TOKENS = 30
_LEAST_KINDS = 8  # different tokens in a run: tables of numbers are no code
_MOST_PLACES = 64  # at which a run is held against the items that have it
MOST_CODE_CHARS = 100_000  # of a program: longer ones are data
_FENCED = re.compile(r"^[ \t]*```[^\n]*\n(.*?)(^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)
_MOST_CUT_LINES = 8  # of a statement that was cut off
_FIXED = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins)))
_LAYOUT = {tokenize.NEWLINE: "\n", tokenize.INDENT: ">", tokenize.DEDENT: "<"}
_SKIPPED = frozenset((tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER, tokenize.TYPE_COMMENT))
_ANY_NAME = ""

Place = tuple[int, int]  # of a program and a token in it


@dataclass(frozen=True, slots=True)
class _Program:
    """The tokens of a piece of code.

    Attributes:
        source: the code.
        kinds: each token as it is looked up: a name that may be changed is ``_ANY_NAME``.
        names: each token's own text.
        lines: the line of each, from 1.
    """

    source: str
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    lines: tuple[int, ...]

    def runs(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The runs by which it is looked up, each with its first token."""
        for start in range(len(self.kinds) - RUN_TOKENS + 1):
            run = self.kinds[start : start + RUN_TOKENS]
            if len(set(run)) >= _LEAST_KINDS:
                yield start, run


class RenamedCode:
    """The Python code in some benchmarks, to look documents up in."""

    method = "renamed-code@1"

    def __init__(self, items: pl.DataFrame) -> None:
        """Index items, given as benchmark, item_id, text; those without code of 30 tokens are not looked for.

        Raises:
            RequestError: a column is missing, or something in it is no text.
        """
        refuse_unusable(items, "benchmark items", ("benchmark", "item_id", "text"))
        self._names: list[tuple[str, str]] = items.select("benchmark", "item_id").rows()
        self._programs: list[_Program] = []
        self._owners: list[int] = []
        self._runs: dict[tuple[str, ...], list[Place]] = {}
        is_checked, is_too_short = np.zeros(len(items), bool), np.zeros(len(items), bool)
        for row, text in enumerate(items["text"].to_list()):
            programs = list(_programs(text))
            is_checked[row] = any(len(one.kinds) >= RUN_TOKENS for one in programs)
            is_too_short[row] = bool(programs) and not is_checked[row]
            for one in programs:
                for start, run in one.runs():
                    places = self._runs.setdefault(run, [])
                    if len(places) < _MOST_PLACES:
                        places.append((len(self._programs), start))
                self._programs.append(one)
                self._owners.append(row)
        self.coverage = covered(items, is_checked=is_checked, is_too_short=is_too_short)

    def find(self, documents: pl.DataFrame) -> pl.DataFrame:
        """Documents (id, text) with code of an item: rows of ``HIT_SCHEMA``, one per document and item.

        ``words`` counts tokens, and the evidence is the lines of the document that hold them.

        Raises:
            RequestError: a column is missing, or something in it is no text.
        """
        refuse_unusable(documents, "documents", ("id", "text"))
        hits: list[tuple[str, str, str, int, str]] = []
        for id_, text in documents.select("id", "text").iter_rows():
            longest: dict[tuple[str, str], tuple[int, str]] = {}
            for program in _programs(text):
                for item, start, tokens in self._matches(program):
                    name = self._names[item]
                    if tokens > longest.get(name, (0, ""))[0]:
                        longest[name] = (tokens, _shown(program, start, tokens))
            hits += [(id_, *name, *found) for name, found in longest.items()]
        return pl.DataFrame(hits, schema=HIT_SCHEMA, orient="row")

    def _matches(self, program: _Program) -> Iterator[tuple[int, int, int]]:
        """Items with code of this program: which, from which token of it, and for how many."""
        seen: dict[tuple[int, int], int] = {}  # up to which token a program and one of ours go on alike, side by side
        for start, run in program.runs():
            for number, at in self._runs.get(run, ()):
                if start + RUN_TOKENS <= seen.get((number, at - start), 0):
                    continue
                tokens = _equal_but_for_names(program, start, self._programs[number], at)
                if tokens >= RUN_TOKENS:
                    seen[number, at - start] = start + tokens
                    yield self._owners[number], start, tokens


def _equal_but_for_names(one: _Program, start: int, other: _Program, at: int) -> int:
    """For how many tokens two programs go on alike, while each name of one stands for one of the other."""
    theirs: dict[str, str] = {}
    ours: dict[str, str] = {}
    most = min(len(one.kinds) - start, len(other.kinds) - at)
    for step in range(most):
        kind, name, known = one.kinds[start + step], one.names[start + step], other.names[at + step]
        if kind != other.kinds[at + step]:
            return step
        if kind == _ANY_NAME and (theirs.setdefault(name, known) != known or ours.setdefault(known, name) != name):
            return step
    return most


def _shown(program: _Program, start: int, tokens: int) -> str:
    first, last = program.lines[start], program.lines[start + tokens - 1]
    return "\n".join(program.source.split("\n")[first - 1 : last]).strip("\n")


def _programs(text: str) -> Iterator[_Program]:
    """The Python code of a text: its fenced blocks, or all of it."""
    blocks: list[tuple[str, str]] = _FENCED.findall(text) or [(text, "```")]
    for block, end in blocks:
        if len(block) <= MOST_CODE_CHARS:
            source = textwrap.dedent(block.expandtabs())
            if program := _program(source) if end else _cut_program(source):
                yield program


def _cut_program(source: str) -> _Program | None:
    """The tokens of a source that ends somewhere in a statement, up to where it can be read."""
    lines = source.split("\n")
    attempts = (lines[: len(lines) - cut] for cut in range(min(_MOST_CUT_LINES, len(lines))))
    return next((program for kept in attempts if (program := _program("\n".join(kept)))), None)


def _program(source: str) -> _Program | None:
    """The tokens of a source, or None where it is no Python (as prose is), or no more than a short expression."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of what Python thinks of an odd escape
            body = ast.parse(source).body
        tokens = [one for one in tokenize.generate_tokens(io.StringIO(source).readline) if one.type not in _SKIPPED]
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError, MemoryError):
        return None
    kinds: list[str] = []
    names: list[str] = []
    lines: list[int] = []
    is_new, was_alone = True, False  # whether a statement begins here, and whether a text that stood alone ends
    for token, after in zip_longest(tokens, tokens[1:]):
        is_docstring = is_new and token.type == tokenize.STRING and (after is None or after.type == tokenize.NEWLINE)
        if is_docstring or was_alone:
            was_alone = is_docstring
            continue
        is_new = token.type in _LAYOUT
        follows_dot = bool(names) and names[-1] == "."
        is_free = token.type == tokenize.NAME and token.string not in _FIXED and not follows_dot
        name = _LAYOUT.get(token.type, token.string)
        kinds.append(_ANY_NAME if is_free else name)
        names.append(name)
        lines.append(lines[-1] if lines and token.type in _LAYOUT else token.start[0])
    if len(kinds) < RUN_TOKENS and all(isinstance(one, ast.Expr) for one in body):
        return None
    return _Program(source, tuple(kinds), tuple(names), tuple(lines))
