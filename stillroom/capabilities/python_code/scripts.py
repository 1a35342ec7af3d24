"""Tells tests that are pairs of standard input and output, whose answer is a whole script, from Python source."""

import json
from typing import cast


def is_script(tests: str) -> bool:
    """Whether these tests are JSON pairs: the answer reads stdin and prints, and no name in it is called."""
    return _json(tests) is not None


def pairs_in(tests: str) -> list[tuple[str, str]]:
    """What each pair gives on stdin and expects on stdout; items of another form are left out."""
    found = _json(tests)
    rows = cast("list[object]", found) if isinstance(found, list) else [found]
    pairs: list[tuple[str, str]] = []
    for row in rows:
        match row:
            case {"stdin": str(stdin), "stdout": str(stdout)}:
                pairs.append((stdin, stdout))
            case _:
                pass
    return pairs


def _json(tests: str) -> object:
    """The list or object that the whole text is in JSON, or None: Python source may begin with the same brackets."""
    if not tests.lstrip().startswith(("[", "{")):
        return None
    try:
        return cast("object", json.loads(tests))
    except (ValueError, RecursionError):
        return None
