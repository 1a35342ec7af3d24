"""Functions that numba compiles to machine code: when they are first called, since importing numba takes a second.

A kernel sees arrays and numbers alone, and the names of its module: numbers, arrays, and other kernels, which become
part of it. What was compiled is kept beside its file, in the user's cache folder where that cannot be written to, or,
where nothing can, only as long as the process. Its name there has a digest of all that it was compiled from, since
numba tells by the time of one file alone what is old, and may be cut off between the two files that it writes.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from pickle import UnpicklingError
from threading import RLock
from types import CodeType, FunctionType
from typing import Any, Generic, ParamSpec, TypeVar, cast

import numpy as np

from stillroom.side_by_side import begin

P = ParamSpec("P")
R = TypeVar("R")

# A folder that cannot be written to, a full disk, and what reading a damaged file may come to.
_NO_CACHE = (
    RuntimeError, OSError, EOFError, UnpicklingError, ValueError, LookupError, AttributeError, TypeError, ImportError
)  # fmt: skip
_compiling = RLock()


class Kernel(Generic[P, R]):
    """A function that is compiled for arguments of one signature, or as a part of other kernels where it has none."""

    def __init__(self, function: Callable[P, R], signature: str | None) -> None:
        self._function = cast("FunctionType", function)
        self._signature = signature
        self._compiled: Callable[P, R] | None = None

    def __call__(self, *given: P.args, **named: P.kwargs) -> R:
        """What the function says; the first call compiles it, or reads what another process compiled."""
        return self.compiled(*given, **named)

    @property
    def is_compiled(self) -> bool:
        """Whether a call need not wait for that."""
        return self._compiled is not None

    @property
    def compiled(self) -> Callable[P, R]:
        """The function as numba has it; who asks while another thread compiles waits for that."""
        if self._compiled is None:
            with _compiling:
                self._compiled = self._compiled or self._compile()
        return self._compiled

    @cached_property
    def digest(self) -> str:
        """Of all that decides what machine code the function becomes: its code, and the values that this names.

        Raises:
            TypeError: it names what is neither a number, an array nor a kernel.
        """
        told = [repr(self._signature), *_of_code(self._function.__code__)]
        told += [f"{name} {_of_value(name, value)}" for name, value in sorted(self._named.items())]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]

    @property
    def _named(self) -> dict[str, Any]:
        known = self._function.__globals__
        return {name: known[name] for name in self._function.__code__.co_names if name in known}

    def _compile(self) -> Callable[P, R]:
        numba: Any = import_module("numba")  # has no types
        function = self._with_compiled_parts()
        if self._signature is None:
            return numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)  # half the time to compile
        with suppress(RuntimeError):  # there is no folder for it
            kept = numba.njit(nogil=True, cache=True)(function)
            for _ in range(2):  # once more where what is there is damaged
                with suppress(*_NO_CACHE):
                    kept.compile(self._signature)
                if kept.signatures:  # even if it could not be written
                    kept.disable_compile()
                    return kept
                self._remove(Path(kept.stats.cache_path))
        return numba.njit(self._signature, nogil=True)(function)

    def _remove(self, folder: Path) -> None:
        with suppress(OSError):
            for file in folder.glob(f"*{self.digest}*"):
                file.unlink()

    def _with_compiled_parts(self) -> FunctionType:
        function = self._function
        compiled = {name: part.compiled for name, part in self._named.items() if isinstance(part, Kernel)}
        copy = FunctionType(function.__code__, function.__globals__ | compiled, function.__name__)
        copy.__qualname__ = f"{function.__qualname__}_{self.digest}"  # which numba names its files by
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
    if missing := [each for each in kernels if not each.is_compiled]:
        begin([lambda: [each.compiled for each in missing]])


def _of_code(code: CodeType) -> list[str]:
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    plain = [one for one in code.co_consts if not isinstance(one, CodeType)]
    own = [code.co_code.hex(), repr(plain), repr((code.co_names, code.co_varnames, code.co_argcount))]
    return own + [line for one in inner for line in _of_code(one)]


def _of_value(name: str, value: object) -> str:
    if isinstance(value, Kernel):
        return cast("Kernel[..., object]", value).digest
    if isinstance(value, np.ndarray):
        array = cast("np.ndarray[Any, np.dtype[Any]]", value)
        return f"{array.dtype} {array.shape} {hashlib.sha256(array.tobytes()).hexdigest()}"
    if isinstance(value, int | float | str | bytes | tuple | np.generic):
        return repr(cast("object", value))
    if value is np:
        return np.__version__
    raise TypeError(f"a kernel names {name}, which is {type(value).__name__}: expected a number, an array or a kernel")
