"""One locked container with the zygote in it, and the stream to it.

What the container may not do stands in ``create``. It ends itself when the stream's other end goes away, and
``sweep`` removes what a driver left behind whose process is gone.
"""

import contextlib
import json
import os
import secrets
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol, cast

from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound
from docker.models.containers import Container as DockerContainer
from docker.types import LogConfig
from requests.exceptions import RequestException

from stillroom.errors import NoSuchSandbox, SandboxError
from verifiers.sandbox.daemon import answers
from verifiers.sandbox.door import Door, open_door, sweep_doors
from verifiers.sandbox.drivers import driver_identity, is_gone

LABEL = "stillroom.sandbox"
DRIVER_LABEL = "stillroom.driver"
STREAM_FRAME = struct.Struct(">BxxxI")  # Docker's header on every piece of an attached stream: kind, length
STDOUT = 1
MAX_CONTAINER_PROCESSES = 4096
ENVIRONMENT = {
    "LD_LIBRARY_PATH": "/usr/lib/host",
    "PYTHONHASHSEED": "0",
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",  # of 64 MiB address space each, and else eight for each core of the host
}
OWN_PROCESSES = 4  # of a container without programs: the zygote and its three templates


class _Attached(Protocol):
    """What Docker's SDK returns for an attached stream: a file over a socket."""

    def fileno(self) -> int: ...
    def close(self) -> None: ...


class ImageGone(SandboxError):
    """The image is not there: whoever made another one meanwhile may have removed it as one of an earlier source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A started container, the raw socket of its attached stream, and its door to this process where it has one."""

    container: DockerContainer
    stream: socket.socket
    door: Door | None

    def remove(self) -> None:
        """Close the stream and remove the container, if it is still there."""
        with contextlib.suppress(OSError):
            self.stream.close()
        if self.door is not None:
            self.door.close()
        if answers():  # where none does, the zygote ends with its stream and the container with the zygote
            with contextlib.suppress(DockerException, RequestException):
                self.container.remove(force=True)


def create(client: DockerClient, tag: str, *, memory_bytes: int, slots: int, runtime: str) -> Box:
    """Start a container from an image, with nothing that a zygote does not need.

    SETUID and SETGID are for mapping the ids of its user namespace, once; programs have neither.

    Raises:
        ImageGone: there is no such image.
        NoSuchSandbox: when Docker refuses it under a runtime that was asked for.
        SandboxError: when Docker refuses, or does not answer.
    """
    profile = files("verifiers.sandbox").joinpath("seccomp.json").read_text()
    door = open_door()
    try:
        container = client.containers.create(
            tag,
            ["/usr/bin/python3", "-s", "-S", "-P", "-B", "/usr/lib/stillroom/zygote.py", str(slots)],
            name=f"stillroom-sandbox-{os.getpid()}-{secrets.token_hex(4)}",
            environment=ENVIRONMENT,
            labels={LABEL: "1", DRIVER_LABEL: driver_identity()},
            network_mode="none",
            read_only=True,
            cap_drop=["ALL"],
            cap_add=["SETUID", "SETGID"],
            security_opt=["no-new-privileges", f"seccomp={json.dumps(json.loads(profile))}", "apparmor=unconfined"],
            pids_limit=MAX_CONTAINER_PROCESSES,
            mem_limit=memory_bytes,
            memswap_limit=memory_bytes,
            nano_cpus=int(min(slots, os.cpu_count() or 1) * 1e9),
            ipc_mode="private",
            runtime=runtime or None,
            log_config=LogConfig(type="none"),
            volumes=door.mounts if door is not None else {},
            stdin_open=True,
            auto_remove=True,
        )
    except (DockerException, RequestException) as error:
        if door is not None:
            door.close()
        failure = ImageGone if isinstance(error, ImageNotFound) else _failure(error, runtime)
        raise failure(f"Docker would not create a container from {tag}: {error}") from error
    stream: socket.socket | None = None
    try:
        # StdinOnce closes the zygote's stdin when the attached driver goes away, however it goes.
        attach = cast("Callable[..., _Attached]", client.api.attach_socket)  # pyright: ignore[reportUnknownMemberType]
        attached = attach(container.id, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        stream = socket.socket(fileno=os.dup(attached.fileno()))
        inner = cast("socket.socket | None", getattr(attached, "_sock", None))
        attached.close()
        if inner is not None:
            inner.close()
        container.start()
    except (DockerException, RequestException) as error:
        if stream is not None:
            stream.close()
        if door is not None:
            door.close()
        with contextlib.suppress(DockerException, RequestException):
            container.remove(force=True)
        raise _failure(error, runtime)(f"Docker would not start a sandbox container: {error}") from error
    return Box(container=container, stream=stream, door=door)


def _failure(error: Exception, runtime: str) -> type[SandboxError]:
    """What a refusal means: one that is named in full may be no runtime of this machine."""
    return NoSuchSandbox if runtime and isinstance(error, APIError) else SandboxError


def sweep(client: DockerClient) -> int:
    """Remove the containers and the doors whose driver on this machine is gone; returns how many containers.

    Raises:
        SandboxError: when Docker does not list its containers.
    """
    sweep_doors()
    removed = 0
    try:
        left = client.containers.list(all=True, ignore_removed=True, filters={"label": LABEL})
    except (DockerException, RequestException) as error:
        raise SandboxError(f"Docker does not list its containers: {error}") from error
    for container in left:
        if is_gone(container.labels.get(DRIVER_LABEL, "")):
            with contextlib.suppress(DockerException, RequestException):
                container.remove(force=True)
                removed += 1
    return removed
