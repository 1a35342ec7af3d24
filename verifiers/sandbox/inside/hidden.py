"""Takes our modules from where programs find modules: they have no use of them, and could change what runs them."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201
# pyright: basic
import os
import sys

HOME = os.path.dirname(os.path.abspath(__file__))

_modules = {}  # by name


def hide():
    """Take them, once, before any program is there; but ``__main__``, which is what the tests define from then on."""
    for name, module in list(sys.modules.items()):
        if name != "__main__" and os.path.dirname(str(getattr(module, "__file__", ""))) == HOME:
            _modules[name] = sys.modules.pop(name)


def module(name):
    """A module that is loaded, also one of ours; None where there is none."""
    return _modules.get(name) or sys.modules.get(name)


def ours():
    """Our modules, once they are hidden, with the one that this process began with."""
    main = sys.modules.get("__main__")
    return [*_modules.values(), *([main] if os.path.dirname(str(getattr(main, "__file__", ""))) == HOME else ())]


def is_ours(name):
    """Whether a module of this name is one of them."""
    return name in _modules or (name == "__main__" and len(ours()) > len(_modules))
