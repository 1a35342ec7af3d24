"""Looks after what libraries keep beside their code and comparisons hang on: how decimals are rounded, and patterns."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic, reportAttributeAccessIssue=false
import sys
from operator import is_


class Decimals:
    """How this thread computes with decimals, as it was; more digits do no harm."""

    def __init__(self):
        self._context = sys.modules["decimal"].getcontext
        self._then = self._context().copy()

    def change(self):
        """What is another now, or ""."""
        now, then = self._context(), self._then
        if now.prec < then.prec or now.Emax < then.Emax or now.Emin > then.Emin or now.rounding != then.rounding:
            return "the context of decimals"
        if any(is_trap and not now.traps[signal] for signal, is_trap in then.traps.items()):
            return "the context of decimals"
        return ""


class Patterns:
    """What ``re`` and ``strptime`` keep of the patterns that they have compiled, as it ought to be."""

    def __init__(self):
        module = sys.modules["re"]
        self._cache, self._compile, self._kind, self._error = (
            module._cache, module._compiler.compile, module.Pattern, module.error,
        )  # fmt: skip
        self._keys, self._values = (*self._cache,), (*self._cache.values(),)

    def change(self):
        """What is another now, or ""."""
        if "_strptime" in sys.modules:
            sys.modules["_strptime"]._regex_cache.clear()
        keys, values = (*self._cache,), (*self._cache.values(),)
        is_as_before = all(map(is_, keys, self._keys)) and all(map(is_, values, self._values))
        if is_as_before and len(keys) == len(self._keys):
            return ""
        known = dict(zip(map(id, self._keys), self._values, strict=True))
        for key, value in zip(keys, values, strict=True):
            if known.get(id(key)) is not value and not self._is_sound(key, value):
                return "a compiled pattern"
        self._keys, self._values = keys, values
        return ""

    def _is_sound(self, key, value):
        """Whether a pattern is what is under its key."""
        if type(key) is not tuple or len(key) != 3 or type(value) is not self._kind:
            return False
        kind, pattern, flags = key
        if kind is not str and kind is not bytes:
            return True  # under which only such patterns are looked for
        try:
            return type(pattern) is kind and type(flags) is int and self._compile(pattern, flags) == value
        except (self._error, ArithmeticError, RecursionError, Warning):
            return False
