"""Tests that are pairs of standard input and output: how they are written, and when two outputs are equal."""

import json
from dataclasses import dataclass
from typing import cast

MAX_PAIRS = 1_000
MAX_PAIR_CHARS = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What a program is given on stdin, and what it must print."""

    stdin: str
    stdout: str


class BadPairs(ValueError):
    """The text looks like pairs but is none."""


def read_pairs(tests: str) -> tuple[Pair, ...] | None:
    """Pairs from ``{"stdin": ..., "stdout": ...}`` or a JSON list of them; None where ``tests`` is no such thing.

    Raises:
        BadPairs: for JSON that is neither.
    """
    if not tests.lstrip().startswith(("[", "{")):
        return None
    try:
        found: object = json.loads(tests)
    except (ValueError, RecursionError):
        return None
    rows = cast("list[object]", found) if isinstance(found, list) else [found]
    if not rows or len(rows) > MAX_PAIRS:
        raise BadPairs(f"{len(rows)} pairs; 1 to {MAX_PAIRS} were expected")
    return tuple(_pair(row) for row in rows)


def same_output(expected: str, found: bytes) -> bool:
    """Whether an output is the expected one: white space at the ends of lines, and around the whole, does not count."""
    try:
        text = found.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return _lines(expected) == _lines(text)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().replace("\r\n", "\n").split("\n")]


def _pair(row: object) -> Pair:
    match row:
        case {"stdin": str(stdin), "stdout": str(stdout)}:
            if len(stdin) + len(stdout) > MAX_PAIR_CHARS:
                raise BadPairs(f"a pair of {len(stdin) + len(stdout)} characters; at most {MAX_PAIR_CHARS} are used")
            try:
                stdin.encode("utf-8", "surrogateescape")
                stdout.encode("utf-8")
            except UnicodeEncodeError as error:
                raise BadPairs(f"a text that is no UTF-8: {error}") from error
            return Pair(stdin=stdin, stdout=stdout)
        case _:
            raise BadPairs('a pair needs the texts "stdin" and "stdout"')
