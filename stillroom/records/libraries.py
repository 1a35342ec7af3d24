"""The libraries that programs may import in the sandbox: distributions, each pinned to one version.

A requirements file names every one of them, dependencies included, as ``name==version``, so that two builds of an
image take the same files.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from stillroom.errors import RequestError

Libraries: TypeAlias = tuple[str, ...]
"""``name==version`` of each distribution, names in normal form, sorted; empty for the standard library alone."""

MAX_LIBRARIES = 200
_LINE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9.+!_-]+)$")


def read_libraries(file: Path, *, may_be_none: bool = False) -> Libraries:
    """The libraries that a requirements file pins.

    Args:
        file: a line for each.
        may_be_none: whether it may pin none, for the standard library alone.

    Raises:
        RequestError: it cannot be read, a line is not ``name==version``, or it names none or too many.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(
            f"the sandbox's requirements {file} cannot be read: {error}. Expected a file of `name==version` lines."
        ) from error
    found = pinned(lines, str(file))
    if not found and not may_be_none:
        raise RequestError(f"{file} names no distributions; 1 to {MAX_LIBRARIES} were expected")
    return found


def pinned(lines: Iterable[str], source: str) -> Libraries:
    """The libraries that such lines pin; what follows a ``#`` is talk, and empty lines are passed over.

    Args:
        lines: of a requirements file.
        source: names them in errors.

    Raises:
        RequestError: a line is not ``name==version``, or there are too many.
    """
    found: set[str] = set()
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        match = _LINE.match(text)
        if match is None:
            raise RequestError(f"{source}:{number}: found {text!r}, expected `name==version`")
        found.add(f"{normal_name(match[1])}=={match[2]}")
    if len(found) > MAX_LIBRARIES:
        raise RequestError(f"{source} names {len(found)} distributions; at most {MAX_LIBRARIES} were expected")
    return tuple(sorted(found))


def normal_name(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
