"""Keeps an exception of the solution from being taken for the end of a loop.

``all(map(f, xs))`` holds where ``f`` raises StopIteration at once: nothing is compared. Python itself makes a
RuntimeError of one that leaves a generator, for the same reason.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201
# pyright: basic


def are_meant(source):
    """Whether tests say themselves that something raises StopIteration."""
    return "StopIteration" in source


def as_error(error, meant):
    """The exception as it is raised among the tests; ``meant`` where the end of an iterator is."""
    if meant or not isinstance(error, (StopIteration, StopAsyncIteration)):
        return error
    other = RuntimeError(f"the solution raised {type(error).__name__}")
    other.__dict__.update(error.__dict__)
    other.__cause__ = error
    return other
