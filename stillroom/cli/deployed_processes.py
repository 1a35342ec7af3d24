"""The processes of a deployment: Prefect's server, a worker and what its flow runs are forked from."""

import sys
from pathlib import Path

from stillroom import LAKE_VARIABLE
from stillroom.cli.orchestrator import home
from stillroom.cli.supervising import Supervised
from stillroom.cli.warm_call import VARIABLE as WARM_VARIABLE

LOOPBACK = "127.0.0.1"
SERVER, WORKER, WARM = "server", "worker", "warm"
POOL = "stillroom"
HEARTBEAT_SECONDS = 30  # the least that Prefect allows
LATE_SECONDS = 3600
QUERY_SECONDS = 2  # how often the worker asks for flow runs


def server(lake: Path, port: int) -> Supervised:
    """Prefect's server, which also schedules, and tells the browser the port that it listens on."""
    settings = {
        "PREFECT_HOME": str(home(lake)),
        "PREFECT_SERVER_UI_API_URL": f"http://{LOOPBACK}:{port}/api",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        # A shard that waits for its turn in the queue is not late.
        "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": str(LATE_SECONDS),
        # In files: the slots of a process that was killed are given back also after the server was restarted.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    }
    command = [sys.executable, "-m", "stillroom.cli.prefect_process", LOOPBACK, str(port)]
    return _supervised(SERVER, command, settings, lake)


def worker(lake: Path, socket: Path) -> Supervised:
    """A worker that starts a process for each flow run; the lake is the one that they work in.

    Args:
        lake: its folder.
        socket: where what ``warm`` gives answers.
    """
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    return _supervised(WORKER, command, {**_of_flow_runs(lake), WARM_VARIABLE: str(socket)}, lake)


def warm(lake: Path, socket: Path) -> Supervised:
    """What the processes of flow runs are forked from."""
    return _supervised(WARM, [sys.executable, "-m", "stillroom.cli.warm", str(socket)], _of_flow_runs(lake), lake)


def _of_flow_runs(lake: Path) -> dict[str, str]:
    return {
        "PREFECT_HOME": str(home(lake)),
        LAKE_VARIABLE: str(lake),
        "PREFECT_WORKER_QUERY_SECONDS": str(QUERY_SECONDS),
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PYTHONUNBUFFERED": "1",
    }


def _supervised(name: str, command: list[str], settings: dict[str, str], lake: Path) -> Supervised:
    log = home(lake) / f"{name}.log"
    return Supervised(name=name, command=command, environment=settings, folder=Path.cwd(), log=log)
