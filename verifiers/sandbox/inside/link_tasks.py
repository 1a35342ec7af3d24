"""Runs what the tests await of a solution: all of it in one loop, for as long as the tests wait.

So tasks that the solution started live on from one ``await`` to the next, locks and queues stay those of their loop,
and coroutines that the tests run side by side do run so.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic


async def _run(awaitable):
    return await awaitable


class Tasks:
    """The loop, and what runs in it for the tests."""

    def __init__(self):
        import asyncio  # here, since few programs need it

        self._asyncio = asyncio
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._tasks = {}

    @property
    def is_running(self):
        """Whether this is asked from within the loop."""
        return self._loop.is_running()

    def awaited(self, number, awaitable, seconds):
        """A list with the result, once there is one; run for up to so many seconds.

        Raises:
            BaseException: what it raised.
        """
        task = self._tasks.get(number)
        if task is None:
            task = self._tasks[number] = self._loop.create_task(_run(awaitable))
        self._loop.run_until_complete(self._asyncio.wait({task}, timeout=seconds))
        if not task.done():
            return []
        del self._tasks[number]
        return [task.result()]

    def cancel(self, number):
        """End what the tests do not wait for any more, and let it clean up."""
        task = self._tasks.pop(number, None)
        if task is not None:
            task.cancel()
            self._loop.run_until_complete(self._asyncio.wait({task}, timeout=0))

    def are_others_left(self):
        """Whether the solution has tasks of its own, which run on only while the tests wait for something of it."""
        own = set(self._tasks.values())
        return any(task not in own for task in self._asyncio.all_tasks(self._loop))
