"""Runs blocking work aside from the event loop, in a way that lets go of it when the loop ends."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
ASIDE = "aside"
"""Name of the threads that work is done in."""


async def aside(work: Callable[[], Result]) -> Result:
    """What ``work`` returns, run in a daemon thread.

    ``asyncio.to_thread`` would make Ctrl-C wait until the work has ended: fine for milliseconds, not for a download or
    the start of a server, which may take minutes. Here the thread ends with the process, so ``work`` must leave
    nothing half-done that a later call cannot take over.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def tell(report: Callable[[], None]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(lambda: None if done.done() else report())

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            tell(lambda error=error: done.set_exception(error))
        else:
            tell(lambda: done.set_result(result))

    threading.Thread(target=run, name=ASIDE, daemon=True).start()
    return await done
