"""Functions that numba compiles to machine code: when they are first called, since importing numba takes a second.

A kernel sees arrays and numbers alone, and the names of its module: numbers, and other kernels, which become part of
it. These have to be in the same file, since what was compiled is kept until the file changes: beside it, in the
user's cache folder where that cannot be written to, or, where nothing can, only as long as the process.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import import_module
from pickle import UnpicklingError
from types import FunctionType
from typing import Any, Generic, ParamSpec, TypeVar, cast

from stillroom.side_by_side import begin

P = ParamSpec("P")
R = TypeVar("R")

# A folder that cannot be written to, a full disk, and a file that was cut short.
_NO_CACHE = (RuntimeError, OSError, EOFError, UnpicklingError)


class Kernel(Generic[P, R]):
    """A function that is compiled for arguments of one signature, or as a part of other kernels where it has none."""

    def __init__(self, function: Callable[P, R], signature: str | None) -> None:
        self._function = cast("FunctionType", function)
        self._signature = signature

    def __call__(self, *given: P.args, **named: P.kwargs) -> R:
        """What the function says; the first call compiles it, or reads what another process compiled."""
        return self.compiled(*given, **named)

    @cached_property
    def compiled(self) -> Callable[P, R]:
        """The function as numba has it."""
        numba: Any = import_module("numba")  # has no types
        function = self._with_compiled_parts()
        if self._signature is None:
            return numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)  # half the time to compile
        try:
            return numba.njit(self._signature, nogil=True, cache=True)(function)
        except _NO_CACHE:
            return numba.njit(self._signature, nogil=True)(function)

    def _with_compiled_parts(self) -> FunctionType:
        known = self._function.__globals__
        parts = {name: known[name] for name in self._function.__code__.co_names if name in known}
        compiled = {name: part.compiled for name, part in parts.items() if isinstance(part, Kernel)}
        copy = FunctionType(self._function.__code__, known | compiled, self._function.__name__)
        copy.__qualname__ = self._function.__qualname__
        return copy


def kernel(signature: str | None = None) -> Callable[[Callable[P, R]], Kernel[P, R]]:
    """Makes a function a kernel.

    Args:
        signature: what it takes and returns, as numba writes it: ``int64(Array(uint8, 1, "C", readonly=True), int64)``
            takes bytes by ``numpy.frombuffer``. None for a part of other kernels.
    """
    return lambda function: Kernel(function, signature)


def load(kernels: Sequence[Kernel[..., Any]]) -> None:
    """Compile kernels, or read what was compiled, in a thread, while the caller still waits for a disk.

    Whoever calls one of them meanwhile waits until it is there.
    """
    if missing := [each for each in kernels if "compiled" not in vars(each)]:
        begin([lambda: [each.compiled for each in missing]])
