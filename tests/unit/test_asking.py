"""Requests that were made at once all end, whichever of them fails."""

import asyncio

import pytest

from stillroom.asking import all_of, in_portions
from tests.fakes.clients import MemoryClient


async def test_others_end_before_the_first_failure_is_raised() -> None:
    ended: list[int] = []

    async def ask(number: int) -> None:
        await asyncio.sleep(0.01 * number)
        ended.append(number)
        if number < 2:
            raise ValueError(f"request {number}")

    with pytest.raises(ValueError, match="request 0"):
        await all_of(ask(number) for number in range(4))
    assert ended == [0, 1, 2, 3]


def test_portions_hold_all_that_is_owed_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    client = MemoryClient()
    assert list(in_portions([3, 5, 7], client)) == [[3, 5, 7]]
    monkeypatch.setattr(MemoryClient, "portions", lambda self, n: [1, n - 1])
    assert list(in_portions([3, 5, 7], client)) == [[3], [5, 7]]
