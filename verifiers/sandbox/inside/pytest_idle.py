"""What of pytest runs as a solution is loaded that brings tests of its own: nobody runs these.

Its marks and fixtures give back the functions that they decorate. All else raises what importing it would, once it is
called: pytest is no part of an image that does not ask for it.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204
# pyright: basic
import sys
import types

_NAME = "pytest"


def offer():
    """Have ``import pytest`` find this, unless there is another."""
    if _NAME not in sys.modules and not any(each.find_spec(_NAME, None) for each in sys.meta_path):
        sys.modules[_NAME] = _Idle(_NAME)


class _Marks:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _decorator


class _Idle(types.ModuleType):
    def __init__(self, name):
        super().__init__(name)
        self.mark, self.fixture, self.param, self.main = _Marks(), _decorator, _given, _ended

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _absent


def _decorator(*given, **named):
    """``@pytest.fixture`` and ``@pytest.mark.slow``, or what ``pytest.fixture(scope="module")`` gives."""
    return given[0] if len(given) == 1 and not named and callable(given[0]) else _unchanged


def _unchanged(function):
    return function


def _given(*values, **_):
    return values


def _ended(*_, **__):
    return 0


def _absent(*_, **__):
    raise ModuleNotFoundError(f"No module named {_NAME!r}", name=_NAME)
