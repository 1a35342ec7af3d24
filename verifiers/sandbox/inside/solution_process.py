"""Runs a solution in a process of its own, for tests in another one that are at the other end of a socket."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202
# pyright: basic
import marshal
from contextlib import suppress

import link
import runner
from link_failures import PartnerGone


def serve_solution(source):
    """Load a solution and answer what its tests ask."""
    namespace = runner.load(source, "solution")
    if namespace is None:
        runner.flush()
        return

    def lookup(name):
        if name not in namespace:
            raise runner.AbsentName(name)
        return namespace[name]

    joined = link.Link(runner.SOCKET_FD, marshal.loads, lookup=lookup)
    with suppress(PartnerGone):
        joined.serve()
    runner.send(runner.END)
    runner.flush()
