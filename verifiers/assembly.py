"""Makes verifiers by name: ours, and others' from the entry-point group ``stillroom.verifiers``."""

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import cast

from stillroom.errors import RequestError
from stillroom.records import Verifier
from stillroom.records.execution import Executor
from verifiers.python_tests import PythonTests

MEBIBYTE = 1 << 20
_Make = Callable[..., Verifier]
_OURS: dict[str, _Make] = {"python-tests": PythonTests}


def assemble(
    names: Sequence[str], executor: Executor, *, timeout_seconds: float, memory_mib: int
) -> tuple[Verifier, ...]:
    """The verifiers of these names (without version), bound to a sandbox and its limits of CPU time and memory.

    Raises:
        RequestError: there is none of a name; says which there are.
    """
    return tuple(
        _find(name)(executor, timeout_seconds=timeout_seconds, memory_bytes=memory_mib * MEBIBYTE) for name in names
    )


def _find(name: str) -> _Make:
    if name in _OURS:
        return _OURS[name]
    others = entry_points(group="stillroom.verifiers")
    if name in others.names:
        return cast("_Make", others[name].load())
    raise RequestError(f"there is no verifier {name!r}; there are: {', '.join(sorted({*_OURS, *others.names}))}")
