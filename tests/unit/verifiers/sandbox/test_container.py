"""What Docker is asked for when a container is made, seen by a daemon that refuses."""

from typing import Any, cast

import pytest
from docker import DockerClient
from docker.errors import APIError
from requests.exceptions import ReadTimeout

from stillroom.errors import RequestError, SandboxError
from verifiers.sandbox import container
from verifiers.sandbox.drivers import driver_identity, is_gone
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


class Busy(Refusing):
    """A daemon that lists a container of a driver that is gone, and is too busy to remove it."""

    def list(self, **_: object) -> list["Busy"]:
        return [self]

    @property
    def labels(self) -> dict[str, str]:
        host, _, rest = driver_identity().partition(":")
        return {container.DRIVER_LABEL: f"{host}:{rest.partition(':')[0]}:another start"}

    def remove(self, *, force: bool) -> None:
        assert force
        self.asked["removed"] = True
        raise ReadTimeout("the daemon did not answer")


def test_daemon_that_is_too_busy_to_remove_what_was_left_behind_stops_nobody() -> None:
    daemon = Busy()
    assert container.sweep(cast("DockerClient", daemon)) == 0
    assert daemon.asked == {"removed": True}


def test_driver_of_another_pid_namespace_is_not_taken_for_one_that_is_gone() -> None:
    theirs = driver_identity()
    assert not is_gone(theirs)
    host, _, rest = theirs.partition(":")
    assert is_gone(f"{host}:{rest}1")
    name, _, namespace = host.partition("/")
    assert namespace.isdigit()
    assert not is_gone(f"{name}/{int(namespace) + 1}:{rest}1")


@pytest.mark.parametrize("runtime", ["", "runc", "runsc", "io.containerd.kata.v2"])
def test_runtime_that_is_known_or_named_in_full_is_let_through(runtime: str) -> None:
    refuse_unknown_runtime(cast("DockerClient", Refusing()), runtime)


def test_unknown_runtime_is_refused_with_those_there_are() -> None:
    with pytest.raises(RequestError, match=r"'kata', but Docker knows only the runtimes runc, runsc\. Add it"):
        refuse_unknown_runtime(cast("DockerClient", Refusing()), "kata")
