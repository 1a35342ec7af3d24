"""Asks a model for several things at once: what is being paid for is not cut off because something else failed."""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from stillroom.records import ModelClient

Owed = TypeVar("Owed")


def in_portions(owed: Sequence[Owed], client: ModelClient) -> Iterator[list[Owed]]:
    """What is owed of one text, in order, by the requests in which the client would have it."""
    left = iter(owed)
    for n in client.portions(len(owed)):
        yield list(islice(left, n))


async def all_of(asking: Iterable[Awaitable[None]]) -> None:
    """Await all to their ends, then raise what the first of them raised, if any did."""
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    if failures := [failed for failed in outcomes if failed is not None]:
        raise failures[0]
