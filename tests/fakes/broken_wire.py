"""A wire to PostgreSQL that can break at the worst moment: when a commit has happened and nobody has been told."""

import socket
import threading
from contextlib import suppress


class BrokenWire:
    """Forwards connections to a server on this machine.

    Attributes:
        port: where clients connect to.
        breaks_at: statements that contain this reach the server; its answer to the next one does not come back.
        broken: how many answers were lost.
    """

    def __init__(self, port: int) -> None:
        self.breaks_at: bytes | None = None
        self.broken = 0
        self._server_port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                breaks = threading.Event()
                threading.Thread(target=self._ask, args=(client, server, breaks), daemon=True).start()
                threading.Thread(target=self._answer, args=(client, server, breaks), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, breaks: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                if self.breaks_at and self.breaks_at in data:
                    self.breaks_at = None
                    breaks.set()
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _answer(self, client: socket.socket, server: socket.socket, breaks: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(65_536):
                if breaks.is_set():
                    self.broken += 1
                    break
                client.sendall(data)
        for end in (client, server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
