"""A deployment as `stillroom up` makes it: a server, a worker and all flows, on a port of its own."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from stillroom.recipe import load_recipe
from tests.integration.workbench import ROOT, Workbench

UP_SECONDS = 180.0
POLL_SECONDS = 0.5
BUSY_SECONDS = 60.0  # a write to Prefect's SQLite waits so long for another, and fails then


@dataclass(frozen=True)
class Deployment:
    """A running deployment; what Prefect says is asked over HTTP, as the UI asks it."""

    bench: Workbench
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def ui(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, about: object | None = None) -> Any:
        """What the server says to a question, or to a POST about something."""
        reply = self._sent("GET" if about is None else "POST", path, about)
        return reply.json() if reply.content else None

    def patch(self, path: str, about: object) -> None:
        self._sent("PATCH", path, about)

    def delete(self, path: str) -> None:
        self._sent("DELETE", path)

    def _sent(self, method: str, path: str, about: object | None = None) -> httpx.Response:
        """The reply; a server whose database is busy says 503, and is asked again as Prefect's client does."""
        deadline = time.monotonic() + 2 * BUSY_SECONDS
        while True:
            reply = httpx.request(method, f"{self.ui}/api{path}", json=about, timeout=2 * BUSY_SECONDS)
            if reply.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        return reply.raise_for_status()

    def flow_runs(self, flow: str) -> list[dict[str, Any]]:
        """All flow runs of a flow, the oldest first; of builds and shards, those of the bench's dataset."""
        about = {"flows": {"name": {"any_": [flow]}}, "sort": "EXPECTED_START_TIME_ASC"}
        return [one for one in self.ask("/flow_runs/filter", about) if self._is_ours(one["parameters"])]

    def _is_ours(self, parameters: dict[str, Any]) -> bool:
        if "run_id" in parameters:
            return parameters["run_id"].startswith(f"{self.bench.dataset}-r")
        return parameters.get("recipe", {"dataset": self.bench.dataset})["dataset"] == self.bench.dataset

    def shard_runs(self) -> dict[int, dict[str, Any]]:
        return {one["parameters"]["shard"]: one for one in self.flow_runs("shard")}

    def state(self, flow_run: dict[str, Any]) -> str:
        return self.ask(f"/flow_runs/{flow_run['id']}")["state_name"]

    def message(self, flow_run: dict[str, Any]) -> str:
        return self.ask(f"/flow_runs/{flow_run['id']}")["state"]["message"]

    def run_count(self, flow_run: dict[str, Any]) -> int:
        return self.ask(f"/flow_runs/{flow_run['id']}")["run_count"]

    @property
    def run_id(self) -> str:
        """The first run of the bench's dataset."""
        return f"{self.bench.dataset}-r1"

    def versions(self) -> list[int]:
        """What is published of the bench's dataset."""
        named = f"where name = '{self.bench.dataset}'"
        return [one["version"] for one in self.bench.sql(f"select version from snapshots {named} order by version")]

    def retry(self, flow_run: dict[str, Any]) -> None:
        """What the button of the UI sends."""
        state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"}
        self.ask(f"/flow_runs/{flow_run['id']}/set_state", {"state": state, "force": True})

    @contextmanager
    def paused_shards(self) -> Generator[None]:
        """The worker takes no shard meanwhile: what is started waits."""
        queue = self.ask("/work_queues/filter", {"work_queues": {"name": {"any_": ["shards"]}}})[0]
        self.patch(f"/work_queues/{queue['id']}", {"is_paused": True})
        try:
            yield
        finally:
            self.patch(f"/work_queues/{queue['id']}", {"is_paused": False})

    def submit(self) -> dict[str, Any]:
        """Start a build of the bench's recipe as the form of the UI does."""
        deployment = self.ask("/deployments/name/build/build")
        parameters = {"recipe": load_recipe(self.bench.recipe).model_dump(mode="json")}
        return self.ask(f"/deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})

    def noted(self, name: str) -> int:
        """The pid of a process of the deployment."""
        about = json.loads((self.bench.lake / "prefect-server" / "deployed.json").read_text(encoding="utf-8"))
        return about["processes"][name]["pid"]

    def wait(self, condition: Callable[[], bool], *, seconds: float = 240.0, what: str = "") -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}:\n{self.story()}")
            time.sleep(POLL_SECONDS)

    def wait_for_state(self, flow_run: dict[str, Any], *names: str, seconds: float = 240.0) -> str:
        """Wait until the flow run is in one of the states; returns which."""
        found = ""

        def is_there() -> bool:
            nonlocal found
            found = self.state(flow_run)
            return found in names

        self.wait(is_there, seconds=seconds, what=f"{flow_run['name']} to be {' or '.join(names)}")
        return found

    def story(self) -> str:
        """What the flow runs came to, and the ends of the logs."""
        lines = [
            f"{one['name']}: {one['state_name']} {(one['state'] or {}).get('message')}"
            for flow in ("build", "shard", "reconcile")
            for one in self.flow_runs(flow)
        ]
        for log in ("up.log", "worker.log", "server.log"):
            file = self.bench.lake / "prefect-server" / log
            if file.exists():
                lines.append(f"--- {log}\n{file.read_text(encoding='utf-8')[-3000:]}")
        return "\n".join(lines)


@contextmanager
def deployed(bench: Workbench, *flags: str) -> Generator[Deployment]:
    """Run `stillroom up` for the length of the block, and end it as Ctrl-C does."""
    port = _free_port()
    folder = bench.lake / "prefect-server"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(
            bench.command("up", str(bench.recipe), "--port", str(port), *flags),
            cwd=ROOT,
            env={**os.environ, **bench.environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    running = Deployment(bench, port, process)
    try:
        deadline = time.monotonic() + UP_SECONDS
        while "Ctrl-C ends all" not in (folder / "up.log").read_text(encoding="utf-8"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((folder / "up.log").read_text(encoding="utf-8"))
            time.sleep(POLL_SECONDS)
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=90)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
