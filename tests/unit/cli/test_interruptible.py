"""Signals end a loop that runs aside, whatever Prefect has made of their handlers."""

import asyncio
import os
import signal
import threading

import pytest

from stillroom.cli.interruptible import run_interruptible
from stillroom.errors import LeaseHeld


async def forever(events: list[str]) -> None:
    events.append("began")
    try:
        await asyncio.sleep(3600)
    finally:
        events.append("cleaned up")


def test_the_result_comes_back() -> None:
    async def work() -> int:
        return 7

    assert run_interruptible(work()) == 7


def test_a_failure_is_raised_as_it_is() -> None:
    async def work() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        run_interruptible(work())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_and_waits_for_the_cleaning_up(number: signal.Signals) -> None:
    events: list[str] = []
    threading.Timer(0.2, os.kill, [os.getpid(), number]).start()
    with pytest.raises(KeyboardInterrupt):
        run_interruptible(forever(events))
    assert events == ["began", "cleaned up"]


def test_the_loop_is_not_in_the_main_thread_where_handlers_are_taken() -> None:
    async def take() -> str:
        try:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as Prefect's engine does, which lets a ValueError pass
        except ValueError:
            return "refused"
        return "taken"

    assert run_interruptible(take()) == "refused"


def test_the_handler_of_before_is_back_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(LookupError):
        run_interruptible(_fails())
    assert signal.getsignal(signal.SIGTERM) is before


async def _fails() -> None:
    raise LookupError


def test_what_assure_raises_cancels_and_waits_for_the_cleaning_up() -> None:
    events: list[str] = []

    def lost() -> None:
        if events:
            raise LeaseHeld("another has it")

    with pytest.raises(LeaseHeld, match="another has it"):
        run_interruptible(forever(events), lost)
    assert events == ["began", "cleaned up"]
