"""Looks at this machine and says what a build would find: what is there, what it would set up, what would stop it."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stillroom.errors import SandboxError, StillroomError
from stillroom.home import home
from stillroom.lake.damage import ADVICE, found_missing
from stillroom.lake.disk import disk_use
from stillroom.lake.location import locate
from stillroom.lake.reading import opened
from stillroom.teachers import serving
from stillroom.teachers.models import lookup, needed_bytes, pulled_models
from stillroom.teachers.serving_environment import MARKER, NEEDED_BYTES, environment_folder, find_base_python
from stillroom.teachers.serving_spec import gpu_python, resolve_device
from stillroom.teachers.torch_source import INDEX_VARIABLE
from verifiers.sandbox import compiling, daemon, image, rootfs, runtimes

DEFAULT_MODEL = "qwen2.5-coder-0.5b-instruct"
GIB = 1024**3
MB = 1000**2
LAKE_BYTES = GIB  # a quickstart's lake takes some megabytes; Docker's image and Prefect's records come on top
PIPELINE_BYTES = 1000 * MB  # memory, beside a teacher
PYTHONS = ((3, 11), (3, 12))


_COUNTS = "SELECT (SELECT count(*) FROM lake.samples) AS samples, (SELECT count(*) FROM lake.snapshots) AS snapshots"


class State(StrEnum):
    """What a build would make of it."""

    OK = "ok"
    SET_UP = "will be set up"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a build needs.

    Attributes:
        found: what is there.
        todo: what a person has to do, or what a build does by itself; "" where nothing is to do.
    """

    name: str
    state: State
    found: str
    todo: str = ""


def examine(lake_root: Path, models: Sequence[str] = (DEFAULT_MODEL,)) -> list[Finding]:
    """Look at all that a build needs, changing nothing.

    Args:
        lake_root: folder of the lake, which need not exist.
        models: the models that would be served on this machine; where there are none, nothing is looked for that only
            a server needs.
    """
    served: list[tuple[str, Callable[[], Finding]]] = [
        ("teacher environment", _environment),
        *((f"model {model}", lambda model=model: _model(model)) for model in models),
        ("teacher server", lambda: _server(models)),
    ]
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("Python", _python),
        ("uv", _uv),
        ("disk space", lambda: _disk(lake_root, models)),
        ("memory", lambda: _memory(models)),
        ("C compiler", _compiler),
        ("Docker", _docker),
        ("sandbox image", _image),
        ("sandbox runtime", _runtime),
        *(served if models else ()),
        ("lake", lambda: _lake(lake_root)),
    ]
    return [_guarded(name, check) for name, check in checks]


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    """A check that is itself refused is a problem, not a crash of the doctor."""
    try:
        return check()
    except StillroomError as error:
        return Finding(name=name, state=State.PROBLEM, found="", todo=str(error))


def _python() -> Finding:
    found = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro} at {sys.executable}"
    if sys.version_info[:2] in PYTHONS:
        return Finding(name="Python", state=State.OK, found=found)
    return Finding(name="Python", state=State.PROBLEM, found=found, todo="install Python 3.11 or 3.12")


def _uv() -> Finding:
    path = shutil.which("uv")
    if path:
        return Finding(name="uv", state=State.OK, found=path)
    return Finding(name="uv", state=State.SET_UP, found="not on PATH", todo="`make setup` installs it")


def _disk(lake_root: Path, models: Sequence[str]) -> Finding:
    needs = {lake_root: LAKE_BYTES}
    if models:
        environment_bytes = 0 if _environment().state is State.OK else NEEDED_BYTES
        needs = {home(): environment_bytes + sum(needed_bytes(model) for model in models), **needs}
    free = {place: shutil.disk_usage(_existing(place)).free for place in needs}
    found = ", ".join(f"{space / GIB:.1f} GB free for {place}" for place, space in free.items())
    short = [place for place, space in free.items() if space < needs[place]]
    if not short:
        return Finding(name="disk space", state=State.OK, found=found)
    return Finding(
        name="disk space",
        state=State.PROBLEM,
        found=found,
        todo=f"free {needs[short[0]] / GIB:.0f} GB for {short[0]}, or name another place (STILLROOM_HOME, --lake)",
    )


def _memory(models: Sequence[str]) -> Finding:
    served = {model.name: model for model in map(lookup, models)}
    unmeasured = [name for name, model in served.items() if not model.resident_bytes]
    total = memory_bytes()
    needed = PIPELINE_BYTES + sum(model.resident_bytes for model in served.values())
    found = f"{total / GIB:.1f} GB"
    if unmeasured:
        found += f"; what {' and '.join(unmeasured)} takes is not known"
    if total >= needed:
        return Finding(name="memory", state=State.OK, found=found)
    todo = f"the pipeline takes {needed / GIB:.1f} GB; use a larger machine"
    if served:
        todo = (
            f"the pipeline and {' and '.join(served)} take {needed / GIB:.1f} GB; serve a smaller model, or use a "
            "teacher on another machine (`urls:`)"
        )
    return Finding(name="memory", state=State.PROBLEM, found=found, todo=todo)


def memory_bytes() -> int:
    """What this machine has of memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _compiler() -> Finding:
    path = compiling.find_compiler()
    if path:
        return Finding(name="C compiler", state=State.OK, found=path)
    todo = "the sandbox image needs one: `apt-get install gcc libc6-dev`"
    return Finding(name="C compiler", state=State.PROBLEM, found="none", todo=todo)


def _docker() -> Finding:
    try:
        client = daemon.connect()
    except SandboxError as error:
        return _docker_startable(str(error))
    version = str(client.version().get("Version", "?"))
    client.close()
    return Finding(name="Docker", state=State.OK, found=f"version {version} answers")


def _docker_startable(problem: str) -> Finding:
    is_root, is_remote = os.geteuid() == 0, bool(os.environ.get("DOCKER_HOST"))
    if is_root and not is_remote and shutil.which("dockerd"):
        return Finding(name="Docker", state=State.SET_UP, found="installed, not running", todo="a build starts it")
    if is_root and not is_remote and shutil.which("apt-get"):
        return Finding(name="Docker", state=State.SET_UP, found="not installed", todo="`make setup` installs it")
    return Finding(name="Docker", state=State.PROBLEM, found="no daemon answers", todo=problem)


def _image() -> Finding:
    name = "sandbox image"
    tag = f"{image.REPOSITORY}:{rootfs.stat_key()[:24]}"  # as ensure_image names it
    todo = "a build makes it, in seconds"
    try:
        client = daemon.connect()
    except SandboxError:
        return Finding(name=name, state=State.SET_UP, found="unknown while Docker does not answer", todo=todo)
    is_there = bool(client.images.list(name=tag))
    client.close()
    if is_there:
        return Finding(name=name, state=State.OK, found=tag)
    return Finding(name=name, state=State.SET_UP, found="not made yet for this Python", todo=todo)


def _runtime() -> Finding:
    """No build needs gVisor; but a runtime that this machine's environment asks for is."""
    name, wanted = "sandbox runtime", runtimes.machine_runtime()
    try:
        client = daemon.connect()
    except SandboxError:
        return Finding(name=name, state=State.SET_UP, found="unknown while Docker does not answer")
    try:
        runtimes.refuse_unknown_runtime(client, wanted)
        known = runtimes.known_runtimes(client)
    finally:
        client.close()
    gvisor = "is installed" if runtimes.GVISOR in known else "is not installed, and not needed"
    found = f"{wanted or 'the default of Docker'}; gVisor ({runtimes.GVISOR}) {gvisor}"
    return Finding(name=name, state=State.OK, found=found)


def _environment() -> Finding:
    name = "teacher environment"
    if resolve_device("auto") == "cuda":
        return Finding(name=name, state=State.OK, found=f"sglang of {gpu_python()}, on the GPU")
    folder = environment_folder(find_base_python())
    if (folder / MARKER).exists():
        return Finding(name=name, state=State.OK, found=str(folder))
    todo = (
        f"a build makes it in {folder} (2.6 GB, some minutes); pip must find a CPU build of torch: in its own sources, "
        f"or in an index that {INDEX_VARIABLE} names"
    )
    return Finding(name=name, state=State.SET_UP, found="not made yet", todo=todo)


def _model(model: str) -> Finding:
    name = f"model {model}"
    wanted = lookup(model).name
    here = next((pulled for pulled in pulled_models() if pulled.name == wanted), None)
    if here:
        return Finding(name=name, state=State.OK, found=f"revision {here.revision}, from {here.source}")
    return Finding(name=name, state=State.SET_UP, found="not on this machine", todo="a build downloads it")


def _server(models: Sequence[str]) -> Finding:
    wanted = {lookup(model).name for model in models}
    running = [one for one in serving.status() if one.name in wanted and one.state == "ready"]
    if running:
        return Finding(
            name="teacher server", state=State.OK, found=", ".join(f"{one.name} at {one.url}" for one in running)
        )
    return Finding(name="teacher server", state=State.SET_UP, found="not running", todo="a build starts it")


def _lake(root: Path) -> Finding:
    if root.exists() and not root.is_dir():
        found = f"{root} is a file"
        return Finding(name="lake", state=State.PROBLEM, found=found, todo="name a folder with --lake")
    location = locate(root.expanduser().resolve())
    if not location.exists:
        place = _existing(root)
        if os.access(place, os.W_OK):
            return Finding(name="lake", state=State.SET_UP, found=f"none at {root}", todo="a build makes it")
        todo = "name a folder you may write to with --lake"
        return Finding(name="lake", state=State.PROBLEM, found=f"{place} cannot be written to", todo=todo)
    with opened(root) as lake:
        (counts,) = lake.rows(_COUNTS)
        missing = lake.missing_files()
    if missing:
        return Finding(name="lake", state=State.PROBLEM, found=found_missing(missing), todo=ADVICE)
    use = disk_use(location, counts["samples"])
    each = f" ({use.bytes_per_sample / 1000:,.1f} KB a sample, frozen copies aside)" if counts["samples"] else ""
    found = (
        f"{root}, {counts['snapshots']} snapshots, {use.bytes / MB:,.1f} MB{each}, {use.bytes_free / GIB:.1f} GB free"
    )
    return Finding(name="lake", state=State.OK, found=found)


def _existing(path: Path) -> Path:
    """The nearest folder above ``path`` that exists."""
    return next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())
