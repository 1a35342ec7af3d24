"""What was probably meant by a name that does not exist."""

import difflib
from collections.abc import Iterable

CUTOFF = 0.5  # of difflib's ratio: "function" for "functions", and not "poems" for "code"


def meant(given: str, known: Iterable[str]) -> str:
    """A question that follows a message, such as ``Did you mean 'code'?`` after a space, or "" where none is near."""
    near = difflib.get_close_matches(given, list(known), n=1, cutoff=CUTOFF)
    return f" Did you mean {near[0]!r}?" if near else ""
