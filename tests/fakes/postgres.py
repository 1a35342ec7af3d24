"""A PostgreSQL server of one's own, from the distribution's packages, for tests and benchmarks: it keeps nothing."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "postgresql"
START_SECONDS = 60.0
NOBODY_MAY_BE = "postgres"  # the account of the distribution's package: the server refuses to run as root


def find_programs() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine: Debian keeps it off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parents[1].name))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@dataclass(slots=True)
class PostgresServer:
    """A running server.

    Attributes:
        folder: holds its data and its socket.
        programs: the folder of its programs.
        port: where it listens, on 127.0.0.1 alone.
    """

    folder: Path
    programs: Path
    port: int
    _process: "subprocess.Popen[bytes] | None" = None

    def reached(self, database: str = "postgres") -> str:
        """How a client reaches a database of it."""
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def create(self, database: str, template: str = "template0") -> str:
        """A new database, like another; returns its connection string."""
        reached = ("--host=127.0.0.1", f"--port={self.port}", "--username=postgres")
        self._run("createdb", *reached, f"--template={template}", database)
        return self.reached(database)

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            RuntimeError: it did not come up; the message holds its log.
        """
        command = [self.programs / "postgres", "-D", self.folder / "data", "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_as_unprivileged(), *command], stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        ready = [self.programs / "pg_isready", "--quiet", "--host=127.0.0.1", f"--port={self.port}"]
        while subprocess.run(ready, check=False).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.05)

    def stop(self, *, crashes: bool = False) -> None:
        """End it: all connections are broken off, and where it crashes, nothing is written down before."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT if crashes else signal.SIGINT)
            self._process.wait(timeout=START_SECONDS)
            self._process = None

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*_as_unprivileged(), self.programs / program, *arguments], check=True, capture_output=True, cwd=self.folder
        )


@contextmanager
def postgres_server(programs: Path, *, durable: bool) -> Iterator[PostgresServer]:
    """A server with an empty cluster in a temporary folder, for the length of the block.

    ``durable`` makes it wait for the disk, as servers do; without, it survives its own crash but not a power cut.
    """
    folder = Path(tempfile.mkdtemp(prefix="stillroom-postgres-"))
    try:
        if os.geteuid() == 0:
            account = pwd.getpwnam(NOBODY_MAY_BE)
            os.chown(folder, account.pw_uid, account.pw_gid)
        server = PostgresServer(folder=folder, programs=programs, port=free_port())
        server._run(
            "initdb", "--pgdata=data", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "-N"
        )
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write("" if durable else "fsync = off\n")
            settings.write(f"listen_addresses = '127.0.0.1'\nunix_socket_directories = '{folder}'\n")
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _as_unprivileged() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NOBODY_MAY_BE}", f"--regid={NOBODY_MAY_BE}", "--init-groups", "--"]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
