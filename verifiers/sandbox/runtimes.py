"""What a machine says of its sandboxes: with which runtime they start, runc or gVisor's ``runsc``, and their memory."""

import os

from docker import DockerClient
from docker.errors import DockerException
from requests.exceptions import RequestException

from stillroom.errors import RequestError, SandboxError, UnknownRuntime

GVISOR = "runsc"
VARIABLE = "STILLROOM_SANDBOX_RUNTIME"
MEMORY_VARIABLE = "STILLROOM_SANDBOX_MEMORY_MIB"
LEAST_MEMORY_MIB = 256
_SHIM = "io.containerd."  # a shim may be named in full without being registered


def machine_runtime() -> str:
    """The runtime that this machine's environment asks for; "" where it asks for none."""
    return os.environ.get(VARIABLE, "")


def machine_memory() -> int:
    """The bytes of memory that this machine's environment gives the container; 0 where it says nothing.

    Raises:
        RequestError: what it says is no number of MiB.
    """
    said = os.environ.get(MEMORY_VARIABLE, "")
    if not said:
        return 0
    if not said.isascii() or not said.isdigit() or int(said) < LEAST_MEMORY_MIB:
        raise RequestError(f"{MEMORY_VARIABLE} is {said!r}; expected MiB for all programs, at least {LEAST_MEMORY_MIB}")
    return int(said) << 20


def known_runtimes(client: DockerClient) -> tuple[str, ...]:
    """Names of the runtimes that a daemon has been told of, sorted.

    Raises:
        SandboxError: Docker does not answer.
    """
    try:
        said = client.info()
    except (DockerException, RequestException) as error:
        raise SandboxError(f"Docker does not say which runtimes it knows: {error}") from error
    return tuple(sorted(said.get("Runtimes") or ()))


def refuse_unknown_runtime(client: DockerClient, runtime: str) -> None:
    """Refuse a runtime that the daemon would not start a container with.

    Raises:
        UnknownRuntime: naming those that it knows, and what to do.
        SandboxError: Docker does not answer.
    """
    if not runtime or runtime.startswith(_SHIM):
        return
    known = known_runtimes(client)
    if runtime in known:
        return
    todo = (
        "Install gVisor (https://gvisor.dev/docs/user_guide/install/), then `runsc install` and restart Docker, or "
        if runtime == GVISOR
        else "Add it to Docker's `/etc/docker/daemon.json` and restart Docker, or "
    )
    raise UnknownRuntime(
        f"the sandbox is to run under {runtime!r}, but Docker knows only the runtimes {', '.join(known)}. {todo}"
        f"leave out what asks for it: --runtime, `verification: {{sandbox: {{runtime: ...}}}}` or {VARIABLE}."
    )
