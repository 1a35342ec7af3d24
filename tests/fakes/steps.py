"""Steps of a build that find nothing to do."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from flows import deciding

_FOUND: dict[str, Any] = {"judge_again": (0, {}), "settle_tests": 0, "measure_tests": 0}


def leave_out(monkeypatch: pytest.MonkeyPatch, *steps: str) -> None:
    """Have these steps before a decision find nothing to do; all of them where none is named."""
    for step in steps or _FOUND:
        monkeypatch.setattr(deciding, step, _finds(_FOUND[step]))


def _finds(result: object) -> Callable[[str], Awaitable[Any]]:
    async def find(_: str) -> object:
        return result

    return find
