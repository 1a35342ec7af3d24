"""Which port a new server gets: one that nothing listens on, and that no other server has been given.

A server listens once its model is loaded, many seconds after its start. Until then only what is remembered of it tells
that its port is taken. So a port is chosen, and remembered with its server, under one lock for all models.
"""

import socket
from urllib.parse import urlsplit

from filelock import FileLock

from stillroom.errors import TeacherError
from stillroom.teachers.serving_spec import DEFAULT_PORT
from stillroom.teachers.serving_state import remembered_servers, servers_folder


def ports_lock() -> FileLock:
    """Held from the choice of a port until the server that gets it is remembered: for a moment, not for a start."""
    return FileLock(servers_folder() / "ports.lock")


def choose_port(host: str, asked: int | None) -> int:
    """The port that was asked for; else 30000, or any that is free where that is taken. The caller holds the lock.

    Raises:
        TeacherError: the port that was asked for is taken.
    """
    given = {urlsplit(state.url).port: state.name for state in remembered_servers() if state.process.is_alive()}
    if asked is not None:
        if asked in given:
            raise TeacherError(
                f"port {asked} on {host} belongs to the server of {given[asked]}, which runs or is starting; name a "
                f"free one, or none, or end that server: stillroom teacher stop {given[asked]}"
            )
        if not port_is_free(host, asked):
            raise TeacherError(f"port {asked} on {host} is taken by another process; name a free one, or none")
        return asked
    port = DEFAULT_PORT
    while port in given or not port_is_free(host, port):
        port = free_port(host)
    return port


def port_is_free(host: str, port: int) -> bool:
    """Whether nothing listens there."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str) -> int:
    """A port that nothing listened on a moment ago."""
    with socket.socket() as listener:
        listener.bind((host, 0))
        return int(listener.getsockname()[1])
