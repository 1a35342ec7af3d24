"""A port is given once: not while something listens on it, nor while its server has not come to listen."""

import os
import socket
from pathlib import Path

import pytest

from stillroom.errors import TeacherError
from stillroom.teachers import serving_port
from stillroom.teachers.serving_port import choose_port, free_port
from stillroom.teachers.serving_process import ProcessIdentity, identify_process
from stillroom.teachers.serving_state import ServerState, write_state

HOST = "127.0.0.1"


@pytest.fixture(autouse=True)
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """The one that is given first."""
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    port = free_port(HOST)
    monkeypatch.setattr(serving_port, "DEFAULT_PORT", port)
    return port


def remember(name: str, port: int, process: ProcessIdentity) -> None:
    """A server as it stands between its start and its first answer: nothing listens on its port."""
    write_state(
        ServerState(
            name=name,
            url=f"http://{HOST}:{port}",
            model_path="/models/tiny",
            revision="abc",
            device="cpu",
            process=process,
            log="",
            started_at=0.0,
        )
    )


def test_the_usual_port_is_given_first(port: int) -> None:
    assert choose_port(HOST, None) == port
    assert choose_port(HOST, port) == port


def test_the_port_of_a_server_that_does_not_listen_yet_is_not_given_again(port: int) -> None:
    remember("Owner/Tiny", port, identify_process(os.getpid()))

    assert choose_port(HOST, None) != port
    with pytest.raises(
        TeacherError, match=rf"port {port} .* belongs to the server of Owner/Tiny, .*teacher stop Owner/Tiny"
    ):
        choose_port(HOST, port)


def test_the_port_of_a_server_that_has_died_is_free_again(port: int) -> None:
    remember("Owner/Tiny", port, ProcessIdentity(pid=os.getpid(), started=1, boot_id="of another day"))

    assert choose_port(HOST, None) == port
    assert choose_port(HOST, port) == port


def test_a_port_that_somebody_else_listens_on_is_not_given(port: int) -> None:
    with socket.create_server((HOST, port)):
        assert choose_port(HOST, None) != port
        with pytest.raises(TeacherError, match=rf"port {port} on {HOST} is taken by another process; name a free one"):
            choose_port(HOST, port)
