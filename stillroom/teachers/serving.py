"""Serves a teacher on this machine: one SGLang server a model, started once, shared, and stopped when idle.

The server outlives whoever started it. The next one who asks for the same model is handed the running server
if its process is the recorded one and it says that it serves the same weights. Everything happens under one file
lock a model, so that two builds which start together start one server; ports are given under one for all models.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stillroom.teachers.models import PulledModel, lookup, pull, pulled_models
from stillroom.teachers.progress import PRINTED, Progress
from stillroom.teachers.serving_environment import (
    ensure_environment,
    environment_folder,
    exclusive,
    find_base_python,
)
from stillroom.teachers.serving_port import choose_port, ports_lock
from stillroom.teachers.serving_process import ProcessIdentity
from stillroom.teachers.serving_spec import (
    DEFAULT_PORT,
    ServerSpec,
    command,
    gpu_python,
    resolve_device,
    server_environment,
)
from stillroom.teachers.serving_start import START_TIMEOUT_SECONDS, RunningServer, reuse, start
from stillroom.teachers.serving_state import (
    Paths,
    ServerState,
    is_ready,
    remembered_servers,
    touch,
    uptime_seconds,
)
from stillroom.teachers.serving_stop import stop

__all__ = [
    "RunningServer",
    "ServerCommand",
    "ServerSpec",
    "ServerStatus",
    "command",
    "dry_run",
    "serve",
    "status",
    "stop",
    "touch",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """What is known about a server that was started on this machine.

    Attributes:
        state: ``ready``, ``starting`` (or stuck: it runs but takes no requests) or ``dead``.
        resident_bytes: memory of all its processes.
    """

    name: str
    state: str
    url: str
    revision: str
    device: str
    pid: int
    uptime_seconds: float
    idle_minutes: float
    resident_bytes: int
    log: Path


def serve(
    name: str,
    *,
    device: str = "auto",
    port: int | None = None,
    idle_minutes: float = 15.0,
    holder: ProcessIdentity | None = None,
    revision: str | None = None,
    extra_flags: Sequence[str] = (),
    timeout_seconds: float = START_TIMEOUT_SECONDS,
    progress: Progress = PRINTED,
) -> RunningServer:
    """The server of the model ``name`` on this machine; everything it needs is set up first.

    Args:
        name: a short name of the catalogue, or a hub id.
        device: ``cpu``, ``cuda`` or ``auto``.
        port: None takes 30000, or any free port where that is taken.
        idle_minutes: it is stopped after so long without requests; 0 leaves it up.
        holder: it is not stopped for that while this process lives.
        revision: which revision of the model; None takes the one that is here.
        extra_flags: further flags for SGLang; they hold for a server that is started, not for one that is reused.
        timeout_seconds: how long it may take to start.
        progress: gets one line a step.

    Raises:
        RequestError: the name or device is unknown.
        TeacherError: the environment, the model or the server could not be set up.
        TeacherMismatch: a server of that name runs, but serves other weights.
    """
    device = resolve_device(device)
    model = pull(name, progress, revision=revision)
    spec = ServerSpec(
        name=model.name,
        model_path=str(model.path),
        revision=model.revision,
        port=port or DEFAULT_PORT,
        device=device,
        extra_flags=tuple(extra_flags),
    )
    with exclusive(Paths.of(spec.name).lock, f"starting or stopping {spec.name}", progress):
        running = reuse(
            spec, idle_minutes=idle_minutes, holder=holder, timeout_seconds=timeout_seconds, progress=progress
        )
        if running:
            return running
        python = ensure_environment(progress) if device == "cpu" else gpu_python()
        with ports_lock() as ports:
            spec = replace(spec, port=choose_port(spec.host, port))
            return start(
                spec,
                command(spec, python),
                server_environment(spec),
                idle_minutes=idle_minutes,
                holder=holder,
                timeout_seconds=timeout_seconds,
                progress=progress,
                remembered=ports.release,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCommand:
    """A command line that nobody has run.

    Attributes:
        notes: what a person has to know about it, a sentence each.
    """

    argv: tuple[str, ...]
    notes: tuple[str, ...]


def dry_run(
    name: str,
    *,
    device: str = "auto",
    port: int | None = None,
    revision: str | None = None,
    extra_flags: Sequence[str] = (),
) -> ServerCommand:
    """The command line of a server, without downloading, making or starting anything.

    By default a GPU host's, wherever this is asked: it names the model by its hub id, at the hub's ``revision`` or the
    one that this machine has from the hub. With the device ``cpu`` it is what ``serve`` would run on this machine.

    Raises:
        RequestError: the name or device is unknown.
        TeacherError: for the CPU, no fitting Python was found.
    """
    device = "cuda" if device == "auto" else resolve_device(device)
    model = lookup(name)
    here = [pulled for pulled in pulled_models() if pulled.name == model.name]
    spec = ServerSpec(
        name=model.name,
        model_path=model.hub_id,
        revision=revision or "",
        port=port or DEFAULT_PORT,
        device=device,
        is_hub_id=True,
        extra_flags=tuple(extra_flags),
    )
    if device == "cuda":
        known = next((pulled.revision for pulled in here if pulled.source == "hub"), "")
        return _for_gpu(replace(spec, revision=spec.revision or known))
    return _for_cpu(spec, next((pulled for pulled in here if revision in (None, pulled.revision)), None))


def _for_gpu(spec: ServerSpec) -> ServerCommand:
    notes = ["This is for a GPU host with a stock SGLang; --device cpu shows the command for a machine without a GPU."]
    if not spec.revision:
        notes.append(
            f"The hub's revision of {spec.model_path} is not known here, so the server takes the newest and says "
            '"default" where it is asked for its weights; name a commit of the hub with --revision to fix both.'
        )
    return ServerCommand(argv=tuple(command(spec)), notes=tuple(notes))


def _for_cpu(spec: ServerSpec, pulled: PulledModel | None) -> ServerCommand:
    notes = ()
    if pulled:
        spec = replace(spec, model_path=str(pulled.path), revision=pulled.revision, is_hub_id=False)
    else:
        notes = (
            f"{spec.name} is not on this machine yet: `stillroom models pull {spec.name}` brings it, and the command "
            "then names its folder and revision.",
        )
    settings = [f"{key}={value}" for key, value in server_environment(spec).items()]
    python = environment_folder(find_base_python()) / "bin" / "python"
    return ServerCommand(argv=("env", *settings, *command(spec, python)), notes=notes)


def status() -> list[ServerStatus]:
    """Every server that was started on this machine and not stopped, dead ones included."""
    return [_status(state) for state in remembered_servers()]


def _status(state: ServerState) -> ServerStatus:
    alive = state.process.is_alive()
    return ServerStatus(
        name=state.name,
        state="dead" if not alive else "ready" if is_ready(state.url) else "starting",
        url=state.url,
        revision=state.revision,
        device=state.device,
        pid=state.process.pid,
        uptime_seconds=uptime_seconds(state) if alive else 0.0,
        idle_minutes=state.idle_minutes,
        resident_bytes=state.process.resident_bytes(),
        log=Path(state.log),
    )
