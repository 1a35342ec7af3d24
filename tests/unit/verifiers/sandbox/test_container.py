"""What Docker is asked for when a container is made, seen by a daemon that refuses."""

from typing import Any, cast

import pytest
from docker import DockerClient
from docker.errors import APIError

from stillroom.errors import RequestError, SandboxError
from verifiers.sandbox import container
from verifiers.sandbox.runtimes import refuse_unknown_runtime


class Refusing:
    """A daemon that makes no container, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.containers = self
        self.asked: dict[str, Any] = {}

    def create(self, *_: object, **asked: Any) -> None:
        self.asked = asked
        raise APIError("no")

    def info(self) -> dict[str, object]:
        return {"Runtimes": {"runc": {}, "runsc": {}}}


@pytest.mark.parametrize(("runtime", "asked"), [("runsc", "runsc"), ("", None)])
def test_runtime_is_handed_to_docker(runtime: str, asked: str | None) -> None:
    daemon = Refusing()

    with pytest.raises(SandboxError, match="would not create"):
        container.create(cast("DockerClient", daemon), "image:tag", memory_bytes=1 << 30, slots=2, runtime=runtime)

    assert daemon.asked["runtime"] == asked
    assert daemon.asked["network_mode"] == "none"


@pytest.mark.parametrize("runtime", ["", "runc", "runsc", "io.containerd.kata.v2"])
def test_runtime_that_is_known_or_named_in_full_is_let_through(runtime: str) -> None:
    refuse_unknown_runtime(cast("DockerClient", Refusing()), runtime)


def test_unknown_runtime_is_refused_with_those_there_are() -> None:
    with pytest.raises(RequestError, match=r"'kata', but Docker knows only the runtimes runc, runsc\. Add it"):
        refuse_unknown_runtime(cast("DockerClient", Refusing()), "kata")
