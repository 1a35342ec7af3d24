"""A wire to a server that can break at the worst moment: when a commit has happened and nobody has been told.

It can also break for the client alone: the server goes on to believe in a connection that nobody is at the end of. Or
it is as if the server had died: nobody gets through to it until it is up again.
"""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field


class BrokenWire:
    """Forwards connections to a server on this machine, from a port that is given or free.

    Attributes:
        port: where clients connect to.
        breaks_at: statements that contain this reach the server; its answer to the next one does not come back.
        broken: how many answers were lost.
        dies_at: as the first of what contains this is sent, the server is dead, and has not got it.
        lives_through: how many of these it takes before.
        is_dead: whether it is.
    """

    def __init__(self, port: int, *, at: int = 0) -> None:
        self.breaks_at: bytes | None = None
        self.broken = 0
        self.dies_at: bytes | None = None
        self.lives_through = 0
        self.is_dead = False
        self._server_port = port
        self._open: list[_Connection] = []
        self._listening = socket.create_server(("127.0.0.1", at))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        _end(self._listening)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self.is_dead:
                    _end(client)
                    continue
                server = socket.create_connection(("127.0.0.1", self._server_port))
                made = _Connection(client, server)
                self._open.append(made)
                threading.Thread(target=self._ask, args=(made,), daemon=True).start()
                threading.Thread(target=self._answer, args=(made,), daemon=True).start()

    def cut(self) -> None:
        """Break all connections for their clients; the server keeps its ends until ``let_server_know``."""
        for made in self._open:
            made.is_cut.set()
            _end(made.client)

    def let_server_know(self) -> None:
        """End what was cut at the server too."""
        for made in self._open:
            if made.is_cut.is_set():
                _end(made.server)

    def die(self) -> None:
        """Break all connections, and let none be made."""
        self.is_dead, self.dies_at = True, None
        for made in self._open:
            _end(made.client)
            _end(made.server)

    def revive(self) -> None:
        """Let clients through again."""
        self.is_dead = False

    def _ask(self, made: "_Connection") -> None:
        with suppress(OSError):
            while data := made.client.recv(65_536):
                if self.breaks_at and self.breaks_at in data:
                    self.breaks_at = None
                    made.breaks.set()
                if self.dies_at and self.dies_at in data:
                    self.lives_through -= 1
                    if self.lives_through < 0:
                        self.die()
                        return
                made.server.sendall(data)
            if not made.is_cut.is_set():
                made.server.shutdown(socket.SHUT_WR)

    def _answer(self, made: "_Connection") -> None:
        with suppress(OSError):
            while data := made.server.recv(65_536):
                if made.breaks.is_set():
                    self.broken += 1
                    break
                made.client.sendall(data)
        _end(made.client)
        if not made.is_cut.is_set():
            _end(made.server)


@dataclass(frozen=True, slots=True)
class _Connection:
    client: socket.socket
    server: socket.socket
    breaks: threading.Event = field(default_factory=threading.Event)
    is_cut: threading.Event = field(default_factory=threading.Event)


def _end(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
