"""Reads the tests of somebody's row, in whichever of their forms they are written."""

import ast
import json
from collections.abc import Mapping
from typing import cast

from stillroom.records import Check


def read_tests(found: object) -> str:
    """Tests as a check holds them: Python source, or a JSON list of stdin/stdout pairs.

    Args:
        found: Python source, a list of lines or asserts, or one or more ``{"stdin": ..., "stdout": ...}``; also as
            LiveCodeBench writes them (``input``, ``output``) and as APPS does (``inputs``, ``outputs``, in parallel).

    Raises:
        ValueError: it is none of these; says what it is.
    """
    items = cast("list[object]", found) if isinstance(found, list) else [found]
    lines = [item for item in items if isinstance(item, str)]
    if len(lines) == len(items) and any(line.strip() for line in lines):
        return "\n".join(lines)
    if items and all(isinstance(item, Mapping) for item in items):
        return json.dumps([pair for item in items for pair in _pairs(cast("Mapping[str, object]", item))])
    shown = type(cast("object", found)).__name__
    raise ValueError(f"`tests` must be Python source, a list of asserts or stdin/stdout pairs, found {shown}")


def read_check(tests: str, entry_point: str) -> Check:
    """The check of a row's tests; an expression such as ``Solution().twoSum`` is what ``check(candidate)`` is given.

    Raises:
        ValueError: the entry point is neither a name nor such an expression, or the tests have no ``check`` for it.
    """
    if not entry_point or entry_point.isidentifier():
        return Check(tests=tests, entry_point=entry_point)
    try:
        parsed = ast.parse(entry_point, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        parsed = None
    match parsed:
        case ast.Attribute(value=ast.Name(id=name) | ast.Call(func=ast.Name(id=name), args=[], keywords=[])):
            pass
        case _:
            raise ValueError(f"`entry_point` must be a name or `Class().method`, found {entry_point!r}")
    if "def check(" not in tests:
        raise ValueError(
            f"`entry_point` {entry_point!r} needs tests with a `check(candidate)`; without one, name {name!r}"
        )
    return Check(tests=f"{tests}\n\ncheck({entry_point})\n", entry_point=name)


def _pairs(item: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Pairs under our names for them; what is no known form stays as it is, for the verifier to tell."""
    given, wanted = (cast("list[object]", item.get(key)) for key in ("inputs", "outputs"))
    match item:
        case {"inputs": list(), "outputs": list()} if not item.get("fn_name"):
            if len(given) != len(wanted):
                raise ValueError(f"`inputs` has {len(given)} items and `outputs` {len(wanted)}")
            return [{"stdin": _text(one), "stdout": _text(other)} for one, other in zip(given, wanted, strict=True)]
        case {"inputs": _, "outputs": _, "fn_name": name}:
            raise ValueError(f"`inputs` and `outputs` of the function {name!r}: write asserts that call it")
        case {"testtype": str(kind)} if kind != "stdin":
            raise ValueError(f"tests of the type {kind!r}: `stdin` pairs are read, and asserts")
        case {"input": str(stdin), "output": str(stdout)}:
            return [{"stdin": stdin, "stdout": stdout}]
        case _:
            return [item]


def _text(found: object) -> object:
    """APPS has some inputs as lists of lines."""
    lines = cast("list[object]", found) if isinstance(found, list) else [found]
    texts = [line for line in lines if isinstance(line, str)]
    return "\n".join(texts) if len(texts) == len(lines) else cast("object", found)


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
