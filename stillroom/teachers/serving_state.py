"""What is remembered about the server of a model: one JSON file each under ``$STILLROOM_HOME/servers``."""

import os
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx2
import msgspec

from stillroom.home import home
from stillroom.teachers.http import get
from stillroom.teachers.models import slug
from stillroom.teachers.serving_process import ProcessIdentity

ANSWER_SECONDS = 5.0
# Counters that move when somebody generates; polling /ready, /model_info and /metrics (all GET) moves none of them.
# The gauges of running requests are not used: an idle scheduler no longer refreshes them.
ACTIVITY = re.compile(
    r'^sglang:(?:realtime_tokens_total\{[^}]*\}|http_(?:requests|responses)_total\{[^}]*method="POST"[^}]*\}) (\S+)$',
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """A server that was started here.

    Attributes:
        process: leader of the server's process group.
        idler: the process that stops it when nobody asks any more; None where it stays up.
        idle_minutes: it is stopped after so long without requests; 0 leaves it up.
        keeper: the deployment that it was started for, and ends with; None where it was started for none.
        holders: while one of these lives it is not stopped for being idle.
        started_at: seconds since the epoch, as everywhere.
    """

    name: str
    url: str
    model_path: str
    revision: str
    device: str
    process: ProcessIdentity
    idler: ProcessIdentity | None = None
    idle_minutes: float = 0.0
    keeper: ProcessIdentity | None = None
    holders: tuple[ProcessIdentity, ...] = ()
    log: str
    started_at: float

    def living_holders(self) -> tuple[ProcessIdentity, ...]:
        """Those who want it up, whether anybody asks it or not."""
        return tuple(one for one in self.holders if one.is_alive())


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """The files that belong to the server of one model."""

    state: Path
    lock: Path
    used: Path
    log: Path

    @classmethod
    def of(cls, name: str) -> "Paths":
        """The files for the model ``name``; their folder is made."""
        folder = servers_folder()
        stem = slug(name)
        return cls(
            state=folder / f"{stem}.json",
            lock=folder / f"{stem}.lock",
            used=folder / f"{stem}.used",
            log=folder / f"{stem}.log",
        )


def servers_folder() -> Path:
    """Where all of it lies; made where it is missing."""
    folder = home() / "servers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def remembered_servers() -> list[ServerState]:
    """Every server that was started on this machine and not stopped, dead ones included, by name."""
    names = sorted(path.stem for path in (home() / "servers").glob("*.json"))
    return [state for state in map(read_state, names) if state]


def read_state(name: str) -> ServerState | None:
    """What is remembered, whether it still runs or not."""
    try:
        return msgspec.json.decode(Paths.of(name).state.read_bytes(), type=ServerState)
    except (FileNotFoundError, ValueError):  # torn, or no UTF-8; an older release's file is as good as none
        return None


def write_state(state: ServerState) -> None:
    """Replaces the remembered state as a whole."""
    path = Paths.of(state.name).state
    draft = path.with_suffix(f".{os.getpid()}.new")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(asdict(state))))
    draft.replace(path)


def forget_state(name: str) -> None:
    """Removes what is remembered."""
    Paths.of(name).state.unlink(missing_ok=True)


def touch(name: str) -> None:
    """Says that the server is still wanted, between requests that may be far apart."""
    Paths.of(name).used.touch()


def last_touched(name: str) -> float:
    """When somebody last said so; 0.0 for never."""
    used = Paths.of(name).used
    return used.stat().st_mtime if used.exists() else 0.0


def model_info(url: str) -> dict[str, object] | None:
    """The server's ``/model_info``; None if nothing that speaks SGLang answers there."""
    try:
        return msgspec.json.decode(get(f"{url}/model_info", timeout_seconds=ANSWER_SECONDS).raise_for_status().content)
    except (httpx2.HTTPError, ValueError):  # ValueError: no JSON, or no UTF-8
        return None


def is_ready(url: str) -> bool:
    """Whether the server takes requests (``/health`` would run a generation)."""
    try:
        return get(f"{url}/ready", timeout_seconds=ANSWER_SECONDS).is_success
    except httpx2.HTTPError:
        return False


def activity(url: str) -> float | None:
    """A figure that grows whenever the server is asked or generates; None if it does not answer."""
    try:
        text = get(f"{url}/metrics", timeout_seconds=ANSWER_SECONDS).raise_for_status().text
    except httpx2.HTTPError:
        return None
    return sum(map(float, ACTIVITY.findall(text)))


def uptime_seconds(state: ServerState) -> float:
    """Since it was started."""
    return max(0.0, time.time() - state.started_at)
