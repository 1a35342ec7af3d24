"""Reads the tests of somebody's row, in whichever of their forms they are written."""

import json
from collections.abc import Mapping
from typing import cast


def read_tests(found: object) -> str:
    """Tests as a check holds them: Python source, or a JSON list of stdin/stdout pairs.

    Args:
        found: Python source, a list of lines or asserts, or one or more ``{"stdin": ..., "stdout": ...}``.

    Raises:
        ValueError: it is none of these; says what it is.
    """
    items = cast("list[object]", found) if isinstance(found, list) else [found]
    lines = [item for item in items if isinstance(item, str)]
    if len(lines) == len(items) and any(line.strip() for line in lines):
        return "\n".join(lines)
    if items and all(isinstance(item, Mapping) for item in items):
        return json.dumps(items)
    shown = type(cast("object", found)).__name__
    raise ValueError(f"`tests` must be Python source, a list of asserts or stdin/stdout pairs, found {shown}")


def pairs_in(tests: str) -> list[tuple[str, str]]:
    """What each pair gives on stdin and expects on stdout; items of another form are left out."""
    found: object = json.loads(tests) if are_pairs(tests) else []
    rows = cast("list[object]", found) if isinstance(found, list) else [found]
    pairs: list[tuple[str, str]] = []
    for row in rows:
        match row:
            case {"stdin": str(stdin), "stdout": str(stdout)}:
                pairs.append((stdin, stdout))
            case _:
                pass
    return pairs


def are_pairs(tests: str) -> bool:
    """Whether tests are JSON, so that what they ask for is a program that reads and prints, not a function."""
    if not tests.lstrip().startswith(("[", "{")):
        return False
    try:
        json.loads(tests)
    except (ValueError, RecursionError):
        return False
    return True
