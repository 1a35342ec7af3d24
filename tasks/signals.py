"""What a process is told by a signal, where DuckDB was at work as it came."""

from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def signals_as_raised() -> Generator[None]:
    """Raise what the handler of a signal raised in the midst of a query, and not DuckDB's "Query interrupted".

    That is an error like others, so that a flow run whose process is told to end would have failed, which is for a
    person to see to, where it has crashed and goes on by itself.
    """
    try:
        yield
    except RuntimeError as error:
        if error.__cause__ is not None and not isinstance(error.__cause__, Exception):
            raise error.__cause__ from None
        raise
