"""What Prefect's client says where its server is not to be had, and how to wait until it is again.

The client itself tries again for about a minute. What is done then would be lost with the error: that a build waits for
its shards, for instance, is known to nobody else.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
from prefect.exceptions import PrefectException

from stillroom.errors import StillroomError

PAUSE_SECONDS = 5.0
UNANSWERED = (httpx.HTTPError, RuntimeError)  # RuntimeError: where the client asked for the server's version first
# What may come of asking the lake and Prefect's server about one run.
NOT_TO_BE_HAD = (StillroomError, PrefectException, *UNANSWERED)
_GONE = 410
_BUSY = 429
_BROKEN = 500  # and above

Answer = TypeVar("Answer")


def is_outage(error: BaseException) -> bool:
    """Whether the server is gone, or too busy, or broken: another try may end differently."""
    if isinstance(error, RuntimeError):
        return error.__cause__ is not None and is_outage(error.__cause__)
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code == _BUSY or error.response.status_code >= _BROKEN
    return isinstance(error, httpx.TransportError)


def is_gone(error: BaseException) -> bool:
    """Whether the server has answered that what it was asked about has run out, such as the lease of a slot."""
    return isinstance(error, httpx.HTTPStatusError) and error.response.status_code == _GONE


async def answered(ask: Callable[[], Awaitable[Answer]], say: Callable[[str], None]) -> Answer:
    """What ``ask`` returns, asked again until Prefect's server answers; ``say`` is told once that it does not."""
    is_told = False
    while True:
        try:
            return await ask()
        except UNANSWERED as error:
            if not is_outage(error):
                raise
            if not is_told:
                say(f"Prefect's server does not answer ({error!r}); this goes on as soon as it does")
                is_told = True
        await asyncio.sleep(PAUSE_SECONDS)
