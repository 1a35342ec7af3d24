"""Does several things at the same time in threads that end with the process, so that Ctrl-C need not wait for them.

``concurrent.futures``' own pools are joined, on leaving their block and again when Python ends: after Ctrl-C a download
of gigabytes would first run to its end. What is done here must leave nothing half-done that the next try cannot take
over.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import TypeVar

Result = TypeVar("Result")

LOOK_SECONDS = 0.2  # a wait without end is not always woken by Ctrl-C (see stillroom/cli/interruptible.py)


def begin(works: Sequence[Callable[[], Result]], *, at_once: int | None = None) -> list[Future[Result]]:
    """Start ``works``, at most ``at_once`` of them at a time, in their order.

    Once one has failed, those that were not begun are cancelled.
    """
    results: list[Future[Result]] = [Future() for _ in works]
    pairs = list(zip(results, works, strict=True))
    first = len(pairs) if at_once is None else at_once
    waiting = pairs[first:]
    turn = threading.Lock()

    def labour(result: Future[Result], work: Callable[[], Result]) -> None:
        while True:
            is_done = not result.set_running_or_notify_cancel() or _do(work, result)
            with turn:
                if not is_done:
                    for other, _ in waiting:
                        other.cancel()
                        other.set_running_or_notify_cancel()  # or nobody who waits for it would be told
                    waiting.clear()
                if not waiting:
                    return
                result, work = waiting.pop(0)

    for result, work in pairs[:first]:
        threading.Thread(target=labour, args=(result, work), name="side by side", daemon=True).start()
    return results


def attend(results: Sequence[Future[Result]], look: Callable[[], None] = lambda: None) -> list[Result]:
    """What all of ``results`` come to, in their order; ``look`` is called now and then.

    Where one has failed, those under way are waited for, and its error is raised. An interrupt waits for none.
    """
    try:
        while wait(results, LOOK_SECONDS).not_done:
            look()
    except BaseException:
        for one in results:
            one.cancel()
        raise
    failed = next((one for one in results if not one.cancelled() and one.exception()), None)
    if failed is not None:
        failed.result()
    return [one.result() for one in results]


def _do(work: Callable[[], Result], result: Future[Result]) -> bool:
    """Whether it came to a result."""
    try:
        done = work()
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
        result.set_exception(error)
        return False
    result.set_result(done)
    return True
