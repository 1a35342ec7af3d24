"""Waits for a lake whose catalogue is away for a while, as `prefect_outage` does for Prefect's server.

Such is one in PostgreSQL that is started again. Commits wait by themselves, and so do the questions of a patient lake.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

from stillroom.errors import LakeError, LeaseHeld
from stillroom.lake import Lake
from stillroom.lake.passing import is_locked, is_passing
from stillroom.lake.patience import PATIENCE_SECONDS
from stillroom.lease import lease_soon

PAUSE_SECONDS = 2.0

Answer = TypeVar("Answer")


def is_outage(error: BaseException) -> bool:
    """Whether the lake could not be had for a reason that passes by itself."""
    return (
        isinstance(error, LakeError)
        and not isinstance(error, LeaseHeld)
        and (is_passing(error) or is_locked(error) or (error.__cause__ is not None and is_outage(error.__cause__)))
    )


async def lake_answered(
    ask: Callable[[], Awaitable[Answer]], say: Callable[[str], None], *, seconds: float = math.inf
) -> Answer:
    """What ``ask`` returns, asked again for so long as the lake does not answer; ``say`` is told once that it does not.

    Raises:
        LakeError: as ``ask`` does, after that time or where it would not pass.
    """
    deadline = time.monotonic() + seconds
    is_told = False
    while True:
        try:
            return await ask()
        except LakeError as error:
            if not is_outage(error) or time.monotonic() > deadline:
                raise
            if not is_told:
                say(f"the lake does not answer ({error}); this goes on as soon as it does")
                is_told = True
        await asyncio.sleep(PAUSE_SECONDS)


async def lease_once_answered(
    held: AsyncExitStack, root: Path, work: str, say: Callable[[str], None], *, seconds: float
) -> None:
    """Take the lease on ``work`` for as long as ``held`` is, as ``lease_soon``; the lake is waited for.

    Raises:
        LeaseHeld: as ``lease_soon``.
        LakeError: the lake has been away for ``PATIENCE_SECONDS``, or will not come back by itself.
    """

    async def taken() -> None:
        await held.enter_async_context(lease_soon(root, work, seconds=seconds))

    await lake_answered(taken, say, seconds=PATIENCE_SECONDS)


async def patient_lake(root: Path, say: Callable[[str], None]) -> Lake:
    """Open the lake, made where missing; that and all questions to it wait as long as commits do for what passes.

    Raises:
        LakeError: as ``Lake.open``, or it has been away for ``PATIENCE_SECONDS``.
    """

    async def opened() -> Lake:
        return Lake.open(root, create=True)

    lake = await lake_answered(opened, say, seconds=PATIENCE_SECONDS)
    lake.wait_for_outages(say)
    return lake
