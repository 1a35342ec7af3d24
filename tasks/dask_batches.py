"""Batches of a run's work as task runs of Prefect's on Dask workers, by Prefect's own runner for Dask.

The lake, its commits and its journals stay with this process; a worker sees a batch of plain data and nothing else.
Whoever reaches a scheduler can run code on its workers, so one of ours is reached by this process's key alone.
"""

import asyncio
import concurrent.futures
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.settings import PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED, temporary_settings

from stillroom.errors import RequestError, WorkersError
from stillroom.installation import installation, refuse_other, refuse_ours
from tasks.reporting import tell_without_stacks
from tasks.retrying import ANEW

if TYPE_CHECKING:
    from prefect_dask.task_runners import DaskTaskRunner, PrefectDaskFuture

BATCHES_AHEAD = 2  # for each thread of a worker: one is worked on, the next is there
ANSWER_SECONDS = 15.0  # in which a scheduler answers
WORKERS_SECONDS = 60.0  # for which a cluster may be without any worker, at its start too
LOOK_SECONDS = 0.5
WARN_BYTES = "1 GB"  # of what is sent at once; Dask warns at 10 MB
_Parameters = dict[str, Any]


@task(name="batch", **ANEW)
def worked(work: Callable[[bytes], bytes], batch: bytes, installed: dict[str, str]) -> bytes:
    """What ``work`` makes of a batch, on a worker whose installation is that of the run.

    Raises:
        RequestError: it is another.
    """
    tell_without_stacks()
    refuse_ours(installed)
    return work(batch)


class DaskBatches:
    """A ``BatchRunner`` on a Dask cluster, which is started or met when it is first needed.

    Args:
        cluster: how many worker processes to start on this machine, or the address of a scheduler.
    """

    def __init__(self, cluster: int | str) -> None:
        self._cluster = cluster
        self._lock = threading.Lock()  # held while the runner is used, lest somebody else closes it meanwhile
        self._open: tuple[DaskTaskRunner, ExitStack] | None = None
        self._is_closed = False

    def meet(self) -> None:
        """Find out now what would else be found out late: where a cluster has an address, whether it can be used.

        Raises:
            RequestError: what it takes is not installed here or there, or no cluster answers.
        """
        if isinstance(self._cluster, str):
            self._ensure_open()
        else:
            _refuse_missing()

    def run(self, name: str, work: Callable[[bytes], bytes], batches: Iterable[bytes]) -> Iterator[bytes]:
        """As ``BatchRunner.run``; call it where a flow runs.

        Raises:
            RequestError: as ``meet``; or a worker that came later has another installation.
            WorkersError: the scheduler or all workers are gone, or several died at one batch.
        """
        self._ensure_open()
        with self._using() as runner:
            ahead = BATCHES_AHEAD * max(1, sum(_threads(runner).values()))
        batch_task = worked.with_options(name=name)
        under_way: deque[PrefectDaskFuture[bytes]] = deque()
        try:
            for batch in batches:
                parameters: _Parameters = {"work": work, "batch": batch, "installed": installation()}
                with self._using() as runner, _settings_of_workers():
                    under_way.append(runner.submit(batch_task, parameters))
                if len(under_way) >= ahead:
                    yield self._made(under_way.popleft())
            while under_way:
                yield self._made(under_way.popleft())
        except WorkersError:
            under_way.clear()
            self._leave()  # another try meets or starts a cluster anew
            raise
        finally:
            with suppress(WorkersError), self._using():
                for one in under_way:
                    _future(one).cancel()

    def close(self) -> None:
        """Leave the cluster, or end the one that was started here; whoever waits for a batch waits no more."""
        self._is_closed = True
        self._leave()

    def _leave(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open[1].close()
                self._open = None

    def _ensure_open(self) -> None:
        with self._lock:
            if self._open is None and not self._is_closed:
                self._open = self._opened()

    @contextmanager
    def _using(self) -> Generator["DaskTaskRunner"]:
        """The runner, for a moment.

        Raises:
            WorkersError: it was closed.
        """
        with self._lock:
            if self._open is None:
                raise WorkersError("the Dask cluster was left while its workers were at work")
            yield self._open[0]

    def _opened(self) -> "tuple[DaskTaskRunner, ExitStack]":
        _refuse_missing()
        import dask.config
        from prefect_dask.task_runners import DaskTaskRunner

        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it would tell is raised here
        dask.config.set({"distributed.admin.large-graph-warning-threshold": WARN_BYTES})
        with ExitStack() as stack:
            if isinstance(self._cluster, str):
                runner = DaskTaskRunner(address=self._cluster, client_kwargs={"timeout": ANSWER_SECONDS})
            else:
                runner = DaskTaskRunner(cluster_kwargs=_own_cluster(self._cluster))
            stack.enter_context(runner)
            self._meet_workers(runner)
            return runner, stack.pop_all()

    def _meet_workers(self, runner: "DaskTaskRunner") -> None:
        where = f"the Dask cluster at {self._cluster}" if isinstance(self._cluster, str) else "the local Dask cluster"
        try:
            client: Any = runner.client  # whose types do not tell that it waits
        except OSError as error:
            raise RequestError(
                f"no Dask scheduler answers at {self._cluster}: {error}. Start one there with `dask scheduler`, name "
                "another under `execution.dask`, or a number of processes to start here, or take that line out."
            ) from error
        try:
            client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except TimeoutError as error:
            raise RequestError(f"{where} has no workers. Start some with `dask worker {self._cluster}`.") from error
        found: dict[str, dict[str, str] | Exception] = client.run(installation, on_error="return")
        for address, installed in found.items():
            if isinstance(installed, Exception):
                raise RequestError(
                    f"the Dask worker at {address} cannot say which Stillroom it has, so it has none or another: "
                    f"{installed}. Install the same there as here, and start it again."
                ) from installed
            refuse_other(installed, installation(), where=f"the Dask worker at {address}")

    def _made(self, future: "PrefectDaskFuture[bytes]") -> bytes:
        from distributed.scheduler import KilledWorker

        since = time.monotonic()
        try:
            while not _future(future).done():
                future.wait(LOOK_SECONDS)
                with self._using() as runner:
                    has_workers = bool(_threads(runner))
                if has_workers:
                    since = time.monotonic()
                elif time.monotonic() > since + WORKERS_SECONDS:
                    raise WorkersError(
                        f"the Dask cluster has had no worker for {WORKERS_SECONDS:.0f} s. Start some again; what is "
                        "committed is not done again."
                    )
            if _future(future).status != "finished":  # not what the work came to, but what befell it on its way
                _future(future).result()
            future.wait()
        except KilledWorker as error:
            raise WorkersError(
                f"Dask workers died one after another at the same batch: {error}. Their logs say why; memory that is "
                "short is the usual reason. What is committed is not done again."
            ) from error
        except (OSError, asyncio.CancelledError, concurrent.futures.CancelledError) as error:
            raise WorkersError(
                f"the Dask scheduler is gone: {error!r}. Start it again; what is committed is not done again."
            ) from error
        return future.result()


def _refuse_missing() -> None:
    """Refuse to go on where the packages are not installed.

    Raises:
        RequestError: saying how to install them.
    """
    if missing := [name for name in ("distributed", "prefect_dask") if find_spec(name) is None]:
        raise RequestError(
            f"`execution.dask` takes packages that are not installed here: {', '.join(missing)}. Install "
            "`stillroom[dask]`, or take that line out of the recipe."
        )


@contextmanager
def _settings_of_workers() -> Generator[None]:
    """Prefect's settings that cross with a batch: a worker does not ask the server for its version first.

    The server of a build's own is not to be reached from other machines. What a worker tells of its batches is lost
    then, and nothing else; but that question would fail, and the batch with it.
    """
    with temporary_settings({PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False}):
        yield


def _threads(runner: "DaskTaskRunner") -> dict[str, int]:
    """How many batches each worker works on at once, by its address."""
    client: Any = runner.client
    return client.nthreads()


def _future(future: Any) -> Any:  # noqa: ANN401 - of a ``PrefectDaskFuture``, which Dask does not type
    """Dask's own future."""
    return future.wrapped_future


def _own_cluster(processes: int) -> dict[str, Any]:
    """The options of a cluster on this machine: listeners on the loopback alone, and a key of its own."""
    return {
        "n_workers": processes,
        "threads_per_worker": 1,
        "processes": True,
        "host": "127.0.0.1",
        "security": True,
        "dashboard_address": "127.0.0.1:0",
        "preload": "tasks.dask_worker",
        "memory_limit": 0,  # a worker holds a batch; to be killed at a share of the memory would only repeat that
        "silence_logs": logging.CRITICAL,
    }
