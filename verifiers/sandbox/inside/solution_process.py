"""Runs a solution in a process of its own, for tests in another one that are at the other end of a socket."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202
# pyright: basic
import marshal
from contextlib import suppress

import kept_code
import kept_requests
import link
import runner
from link_failures import PartnerGone


def serve_solution(source, originals=None, seal=None):
    """Load a solution and answer what its tests ask.

    Args:
        source: Python.
        originals: what a prompt defines in it, as ``kept_code.Kept`` takes it.
        seal: marks what it answers, where that has to be.
    """
    kept = None if originals is None else kept_code.Kept(*originals)
    namespace = runner.load(source, "solution", kept)
    if namespace is None:
        runner.flush()
        return

    def lookup(name):
        if name not in namespace:
            raise runner.AbsentName(name)
        return namespace[name]

    joined = link.Link(runner.SOCKET_FD, marshal.loads, lookup=lookup)
    if kept is not None:
        joined.marks = seal
        kept.marks += [seal] if seal else []
        kept_requests.serve(kept, joined.serving, joined.values.exports)
        kept.runs.serve(joined.serving)
    with suppress(PartnerGone):
        joined.serve()
    if kept is not None:
        kept.look(kept_code.LAST)
    runner.send(runner.END)
    runner.flush()
