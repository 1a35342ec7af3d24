"""What programs find in the place of parts of Python that are not loaded, or that would tell them of their host.

In a module of its own: the globals of a function are an attribute of it, and here they hold nothing that is ours.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN204
# pyright: basic

CORES_SHOWN = 2


class Quitter:
    """``exit`` and ``quit``, which Python's ``site`` defines and is not loaded here."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"Use {self.name}() or Ctrl-D (i.e. EOF) to exit"

    def __call__(self, code=None):
        """End the program."""
        raise SystemExit(code)


def cpu_count():
    """As of ``os``; the same on every host."""
    return CORES_SHOWN


def sched_getaffinity(_pid, /):
    """As of ``os``; the same on every host."""
    return set(range(CORES_SHOWN))
