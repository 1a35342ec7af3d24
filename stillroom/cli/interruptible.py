"""Runs an event loop on a thread of its own, so that Ctrl-C and a polite kill are the command line's to answer.

In the main thread Prefect's flow engine takes SIGTERM for itself and raises from its handler, wherever the loop
stands at that moment: inside the loop's own code that is a traceback on the terminal, and the flow goes on.
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from typing import Any, TypeVar

from stillroom.errors import StillroomError

Result = TypeVar("Result")

# A wait without end is not always woken by a signal: a library's own handler for SIGINT (polars has one) makes the
# system call restart, and Python's turn never comes.
LOOK_SECONDS = 0.1


def run_interruptible(work: Coroutine[Any, Any, Result], assure: Callable[[], None] = lambda: None) -> Result:
    """What ``work`` returns. SIGINT or SIGTERM cancels it and, once it has cleaned up, raises ``KeyboardInterrupt``.

    A second signal does not wait for the cleaning up. Call it from the main thread.

    Args:
        work: what is to be done.
        assure: called all the while; what it raises cancels the work likewise, such as a lease that was lost.
    """
    running: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = Future()
    outcome: Future[Result] = Future()

    async def cancellable() -> Result:
        task = asyncio.current_task()
        assert task is not None, "a coroutine runs in a task"  # noqa: S101 - narrows the type
        running.set_result((asyncio.get_running_loop(), task))
        return await work

    def live() -> None:
        try:
            result = asyncio.run(cancellable())
        except BaseException as error:  # noqa: BLE001 - it is raised where the outcome is waited for
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        threading.Thread(target=live, name="event loop", daemon=True).start()
        try:
            _wait(outcome, assure)
        except (KeyboardInterrupt, StillroomError):
            loop, task = running.result()
            with contextlib.suppress(RuntimeError):  # the loop has come to its end by itself
                loop.call_soon_threadsafe(task.cancel)
            _wait(outcome)
            raise
        return outcome.result()
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait(outcome: Future[Any], assure: Callable[[], None] = lambda: None) -> None:
    while not outcome.done():
        wait([outcome], LOOK_SECONDS)
        assure()
