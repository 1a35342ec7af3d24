"""The Prefect server that a lake is deployed on: where it is, whether it answers, and what serves it here.

`stillroom up` writes this down in the lake's folder; ``PREFECT_API_URL`` names a server elsewhere.
"""

import importlib.metadata
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from stillroom.errors import RequestError
from stillroom.loopback import NAMES, without_proxies
from stillroom.teachers.serving_process import ProcessIdentity
from tasks.going_on import MOST_ATTEMPTS, WENT_ON

API_VARIABLE = "PREFECT_API_URL"
NOTE = "deployed.json"
ANSWER_SECONDS = 5.0
MOST_READ = 200  # flow runs that a server gives at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Orchestrator:
    """What `stillroom up` started for a lake.

    Attributes:
        api: address of the server's API.
        processes: what runs here for it, by name; `up` is the process that looks after the others, and that the
            teachers are kept by.
    """

    api: str
    processes: Mapping[str, ProcessIdentity] = field(default_factory=dict[str, ProcessIdentity])

    @property
    def ui(self) -> str:
        """Address of its UI."""
        return self.api.removesuffix("/api")

    def note(self, lake: Path) -> None:
        """Write it down in the lake's folder."""
        file = home(lake) / NOTE
        fresh = file.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        fresh.replace(file)


def home(lake: Path) -> Path:
    """The folder of a deployed server: its database, its logs, the note."""
    return lake / "prefect-server"


def noted(lake: Path) -> Orchestrator | None:
    """What `stillroom up` has written down for the lake, if it has and it can be read."""
    try:
        about = json.loads((home(lake) / NOTE).read_text(encoding="utf-8"))
        processes = {name: ProcessIdentity(**one) for name, one in about["processes"].items()}
        return Orchestrator(api=about["api"], processes=processes)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget(lake: Path) -> None:
    """Remove what was written down."""
    (home(lake) / NOTE).unlink(missing_ok=True)


def named(lake: Path) -> Orchestrator | None:
    """The server of the lake: of the environment, else the one that was written down; None where nothing is deployed.

    Whether it answers is not asked.
    """
    elsewhere = os.environ.get(API_VARIABLE)
    return Orchestrator(api=elsewhere.rstrip("/")) if elsewhere else noted(lake)


def find(lake: Path) -> Orchestrator:
    """The server of the lake, which answers and is of this Prefect version; Prefect's client is pointed at it.

    Call before anything imports Prefect: the address is read when it is imported.

    Raises:
        RequestError: nothing is deployed, nothing answers, or it is another version.
    """
    os.environ.update(without_proxies(os.environ))
    found = named(lake)
    if found is None:
        raise RequestError(
            f"nothing is deployed for the lake at {lake}. Start Prefect's server and a worker with `stillroom up`, or "
            f"name a server in {API_VARIABLE}."
        )
    server, ours = version(found.api), importlib.metadata.version("prefect")
    if server is None:
        raise RequestError(f"no Prefect server answers at {found.api}. Start one with `stillroom up`.")
    if server != ours:
        raise RequestError(
            f"the Prefect server at {found.api} is version {server}, expected {ours}, which is installed here. Start "
            "the server of this installation, or install that version."
        )
    point_at(found.api)
    return found


def version(api: str) -> str | None:
    """The version of the server at ``api``; None where no Prefect server answers there."""
    try:
        with _opened(urllib.request.Request(f"{api}/admin/version")) as reply:  # noqa: S310 - an address that the user gave
            told = json.load(reply)
    except (urllib.error.URLError, OSError, ValueError):
        return None
    return told if isinstance(told, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """Where the flow runs of a run stand: the name of a state and its message, as their pages show them.

    Attributes:
        build: of the one that went on with it last; None where there is none.
        shards: of the newest one of each shard.
        has_crashed_too_often: the build, of whose page Prefect has the words: it does not go on by itself.
    """

    build: tuple[str, str] | None
    shards: Mapping[int, tuple[str, str]]
    has_crashed_too_often: bool = False


def states(api: str, run_id: str) -> States | None:
    """Where the flow runs of a run stand; None where no Prefect server answers."""
    try:
        build = max(_flow_runs(api, "build", run_id), key=_went_on_at, default=None)
        shards: dict[int, tuple[str, str]] = {}
        for one in _flow_runs(api, "shard", run_id):
            shards.setdefault(int(one["parameters"]["shard"]), _state(one))
        if build is None:
            return States(build=None, shards=shards)
        is_past = build["state_type"] == "CRASHED" and build["run_count"] >= MOST_ATTEMPTS
        return States(build=_state(build), shards=shards, has_crashed_too_often=is_past)
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError):
        return None


def _flow_runs(api: str, flow: str, run_id: str) -> Iterator[dict[str, Any]]:
    """All of a run's flow runs of a flow, the one first that began last."""
    offset = 0
    while True:
        about = {
            "flows": {"name": {"any_": [flow]}},
            "flow_runs": {"tags": {"all_": [f"run:{run_id}"]}},
            "sort": "START_TIME_DESC",
            "limit": MOST_READ,
            "offset": offset,
        }
        request = urllib.request.Request(  # noqa: S310 - an address that the user gave
            f"{api}/flow_runs/filter", data=json.dumps(about).encode(), headers={"content-type": "application/json"}
        )
        with _opened(request) as reply:
            page: list[dict[str, Any]] = json.load(reply)
        yield from page
        if len(page) < MOST_READ:
            return
        offset += len(page)


def _went_on_at(build: dict[str, Any]) -> datetime:
    """As ``tasks.flow_runs.went_on_at``, which waits for Prefect to be imported."""
    labels: dict[str, Any] = build["labels"] or {}
    noted = labels.get(WENT_ON) or build["start_time"]
    return datetime.fromisoformat(noted) if noted else datetime.min.replace(tzinfo=UTC)


def _state(flow_run: dict[str, Any]) -> tuple[str, str]:
    state: dict[str, Any] = flow_run["state"] or {}
    return flow_run["state_name"] or "", state.get("message") or ""


def _opened(request: urllib.request.Request) -> IO[bytes]:
    """What a server replies; one of this machine is asked without the proxies that the machine has for the internet."""
    is_here = urlsplit(request.full_url).hostname in NAMES
    opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if is_here else []))
    return opener.open(request, timeout=ANSWER_SECONDS)


def point_at(api: str) -> None:
    """Have Prefect's client in this process, and in those it starts, ask the server at ``api``, and say little."""
    os.environ.update(
        {
            API_VARIABLE: api,
            "PREFECT_CLI_PROMPT": "false",
            "DO_NOT_TRACK": "1",
            "PREFECT_LOGGING_LEVEL": os.environ.get("PREFECT_LOGGING_LEVEL", "ERROR"),
        }
    )
