"""What a sandbox takes of its machine at a moment: memory, descriptors, processes, files and containers."""

import gc
import os
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path

from verifiers.sandbox import DockerExecutor, ensure_docker
from verifiers.sandbox.container import DRIVER_LABEL, LABEL, OWN_PROCESSES
from verifiers.sandbox.door import OWNER, PREFIX
from verifiers.sandbox.drivers import driver_identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Attributes:
    memory_bytes: resident, of the zygote and its templates.
    descriptors: of all four; these two are 0 where their processes are another user's or another machine's.
    processes: of the container.
    driver_memory_bytes: resident, of this process.
    driver_descriptors: of this process.
    host_files: entries of the folders that this process has made in the folder for temporary files.
    containers: of this process, in whatever state.
    """

    memory_bytes: int
    descriptors: int
    processes: int
    driver_memory_bytes: int
    driver_descriptors: int
    host_files: int
    containers: int

    def since(self, before: "Footprint") -> dict[str, int]:
        """By how much each has grown."""
        return {each.name: getattr(self, each.name) - getattr(before, each.name) for each in fields(self)}


def footprint(executor: DockerExecutor) -> Footprint:
    """The footprint of a running executor of this process."""
    gc.collect()
    container = executor.session_container()
    container.reload()
    zygote = Path("/proc") / str(container.attrs["State"]["Pid"])
    try:
        children = (zygote / "task" / zygote.name / "children").read_text().split()
        homes = [zygote, *(Path("/proc") / child for child in children[: OWN_PROCESSES - 1])]
        memory = sum(_resident(home) for home in homes)
        descriptors = sum(len(list((home / "fd").iterdir())) for home in homes)
    except (OSError, IndexError):
        memory = descriptors = 0
    return Footprint(
        memory_bytes=memory,
        descriptors=descriptors,
        processes=len(container.top()["Processes"]),
        driver_memory_bytes=_resident(Path("/proc/self")),
        driver_descriptors=len(os.listdir("/proc/self/fd")),
        host_files=_host_files(),
        containers=_containers(),
    )


def _resident(home: Path) -> int:
    return int((home / "statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def _host_files() -> int:
    doors = [home for home in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if is_own(home)]
    return sum(1 for home in doors for _ in home.rglob("*"))


def is_own(home: Path) -> bool:
    """Whether a door is this process's."""
    try:
        return (home / OWNER).read_text() == driver_identity()
    except OSError:
        return False


def _containers() -> int:
    client = ensure_docker()
    try:
        found = client.containers.list(
            all=True, ignore_removed=True, filters={"label": [LABEL, f"{DRIVER_LABEL}={driver_identity()}"]}
        )
        return len(found)
    finally:
        client.close()
