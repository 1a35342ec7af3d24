"""Reads the Python code of texts as tokens, with those names marked that a program may choose."""

import ast
import builtins
import io
import json
import keyword
import re
import textwrap
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import cast

LEAST_TOKENS = 30  # of a program that is no statement, as prose of one word is an expression
MOST_CODE_CHARS = 100_000  # of a program: longer ones are data
MOST_WRITTEN = 8  # programs in a text that is written as JSON
ANY_NAME = ""
_FENCED = re.compile(r"^[ \t]*```[^\n]*\n(.*?)(^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)
_MOST_CUT_LINES = 8  # of a statement that was cut off
_FIXED = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins)))
_LAYOUT = {tokenize.NEWLINE: "\n", tokenize.INDENT: ">", tokenize.DEDENT: "<"}
_SKIPPED = frozenset((tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER, tokenize.TYPE_COMMENT))


@dataclass(frozen=True, slots=True)
class Program:
    """The tokens of a piece of code, without comments, docstrings and blank lines.

    Attributes:
        source: the code.
        kinds: each token as it is looked up: a name that may be changed is ``ANY_NAME``.
        names: each token's own text.
        lines: the line of each, from 1.
    """

    source: str
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    lines: tuple[int, ...]

    def shown(self, start: int, tokens: int) -> str:
        """The lines that hold so many tokens from this one on."""
        first, last = self.lines[start], self.lines[start + tokens - 1]
        return "\n".join(self.source.split("\n")[first - 1 : last]).strip("\n")


def programs_of(text: str) -> Iterator[Program]:
    """The Python code of a text: its fenced blocks, or all of it."""
    blocks: list[tuple[str, str]] = _FENCED.findall(text) or [(text, "```")]
    for block, end in blocks:
        if len(block) <= MOST_CODE_CHARS:
            source = textwrap.dedent(block.expandtabs())
            if program := _program(source) if end else _cut_program(source):
                yield program


def programs_within(text: str) -> Iterator[Program]:
    """The Python code of a text and, where it is a list or an object of JSON, of the texts in it, however deep.

    Benchmarks keep solutions so (APPS, TACO), and calls of tools the code that they hand over. The first
    ``MOST_WRITTEN`` programs of these texts are given: TACO has a thousand solutions of one problem.
    """
    yield from programs_of(text)
    calling = (one for one in _written_as_json(text) if "(" in one)  # what a program is fed with has only numbers
    yield from islice((program for one in calling for program in programs_of(one)), MOST_WRITTEN)


def _written_as_json(text: str) -> Iterator[str]:
    """The texts in a list or an object of JSON, none where a text is neither."""
    if not text.lstrip().startswith(("[", "{")):
        return
    try:
        values: list[object] = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while values:
        value = values.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            values += [*cast("dict[str, object]", value).values()][::-1]
        elif isinstance(value, list):
            values += cast("list[object]", value)[::-1]


def _cut_program(source: str) -> Program | None:
    """The tokens of a source that ends somewhere in a statement, up to where it can be read."""
    lines = source.split("\n")
    attempts = (lines[: len(lines) - cut] for cut in range(min(_MOST_CUT_LINES, len(lines))))
    return next((program for kept in attempts if (program := _program("\n".join(kept)))), None)


def _program(source: str) -> Program | None:
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
        kinds.append(ANY_NAME if is_free else name)
        names.append(name)
        lines.append(lines[-1] if lines and token.type in _LAYOUT else token.start[0])
    if len(kinds) < LEAST_TOKENS and all(isinstance(one, ast.Expr) for one in body):
        return None
    return Program(source, tuple(kinds), tuple(names), tuple(lines))
