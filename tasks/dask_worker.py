"""What a worker process that was started here does first: it leaves Ctrl-C to the process that started it."""

import signal


def dask_setup(worker: object) -> None:
    """Called by Dask in the worker's process. Its starter sees the same Ctrl-C, and ends it in its turn."""
    del worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
