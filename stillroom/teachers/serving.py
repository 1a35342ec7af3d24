"""Serves a teacher on this machine: one SGLang server a model, started once, shared, and stopped when idle.

The server outlives whoever started it. The next one who asks for the same model is handed the running server
if its process is the recorded one and it says that it serves the same weights. Everything happens under one file
lock a model, so that two builds which start together start one server.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from stillroom.errors import TeacherError
from stillroom.teachers.models import lookup, pull, pulled_models
from stillroom.teachers.progress import Progress
from stillroom.teachers.serving_environment import (
    ensure_environment,
    environment_folder,
    exclusive,
    find_base_python,
    home,
)
from stillroom.teachers.serving_spec import (
    DEFAULT_PORT,
    ServerSpec,
    command,
    gpu_python,
    resolve_device,
    server_environment,
)
from stillroom.teachers.serving_start import START_TIMEOUT_SECONDS, RunningServer, free_port, port_is_free, reuse, start
from stillroom.teachers.serving_state import (
    Paths,
    ServerState,
    forget_state,
    is_ready,
    read_state,
    touch,
    uptime_seconds,
)

__all__ = ["RunningServer", "ServerSpec", "ServerStatus", "command", "dry_run", "serve", "status", "stop", "touch"]


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
    revision: str | None = None,
    extra_flags: Sequence[str] = (),
    timeout_seconds: float = START_TIMEOUT_SECONDS,
    progress: Progress = print,
) -> RunningServer:
    """The server of the model ``name`` on this machine; everything it needs is set up first.

    Args:
        name: a short name of the catalogue, or a hub id.
        device: ``cpu``, ``cuda`` or ``auto``.
        port: None takes 30000, or any free port where that is taken.
        idle_minutes: it is stopped after so long without requests; 0 leaves it up.
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
        if running := reuse(spec, idle_minutes=idle_minutes, timeout_seconds=timeout_seconds, progress=progress):
            return running
        python = ensure_environment(progress) if device == "cpu" else gpu_python()
        if not port_is_free(spec.host, spec.port):
            if port:
                raise TeacherError(f"port {port} on {spec.host} is taken by another process; name a free one, or none")
            spec = replace(spec, port=free_port(spec.host))
        return start(
            spec,
            command(spec, python),
            server_environment(spec),
            idle_minutes=idle_minutes,
            timeout_seconds=timeout_seconds,
            progress=progress,
        )


def dry_run(name: str, *, device: str = "auto", port: int | None = None, extra_flags: Sequence[str] = ()) -> list[str]:
    """The command line that ``serve`` would run, without downloading, making or starting anything.

    A model that is not on this machine yet is named by its hub id, and its revision by the word REVISION.
    """
    model = lookup(name)
    here = next((pulled for pulled in pulled_models() if pulled.name == model.name), None)
    spec = ServerSpec(
        name=model.name,
        model_path=str(here.path) if here else model.hub_id,
        revision=here.revision if here else "REVISION",
        port=port or DEFAULT_PORT,
        device=resolve_device(device),
        extra_flags=tuple(extra_flags),
    )
    if spec.device == "cuda":
        return command(spec)
    settings = [f"{key}={value}" for key, value in server_environment(spec).items()]
    return ["env", *settings, *command(spec, environment_folder(find_base_python()) / "bin" / "python")]


def stop(name: str) -> bool:
    """Stops the server of ``name`` if one was started here and still runs; says whether it did.

    Raises:
        RequestError: the name is unknown.
    """
    name = lookup(name).name
    with FileLock(Paths.of(name).lock):
        state = read_state(name)
        if state is None:
            return False
        stopped = state.process.end()
        if state.idler:
            state.idler.end()
        forget_state(name)
    return stopped


def status() -> list[ServerStatus]:
    """Every server that was started on this machine and not stopped, dead ones included."""
    names = sorted(path.stem for path in (home() / "servers").glob("*.json"))
    return [_status(state) for state in map(read_state, names) if state]


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
