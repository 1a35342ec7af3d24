"""A disk of some size, to be filled: a tmpfs, which only root may mount."""

import contextlib
import os
import pwd
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.fakes.postgres import NOBODY_MAY_BE, PostgresServer


@contextmanager
def small_disk(folder: Path, size: str) -> Generator[None]:
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let root mount a file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def database_on_small_disk(server: PostgresServer, size: str) -> Generator[tuple[str, Path]]:
    """An empty database whose tables have a disk of their own, apart from the server's log: its address, and where."""
    disk = server.folder / "small"
    with small_disk(disk, size):
        account = pwd.getpwnam(NOBODY_MAY_BE)
        os.chown(disk, account.pw_uid, account.pw_gid)
        database = server.create("small")
        with psycopg.connect(server.reached(), autocommit=True) as other:
            other.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")  # pyright: ignore
            other.execute("ALTER DATABASE small SET default_tablespace = small")
        try:
            yield database, disk
        finally:
            with psycopg.connect(server.reached(), autocommit=True) as other:
                other.execute("DROP DATABASE small WITH (FORCE)")
                other.execute("DROP TABLESPACE small")
    disk.rmdir()


def fill(folder: Path, *, keep: int = 0) -> Path:
    """Write a file until nothing more fits; then give ``keep`` bytes back."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as filling, contextlib.suppress(OSError):
        while True:
            filling.write(b"x" * 4096)
    if keep:
        os.truncate(filler, filler.stat().st_size - keep)
    return filler
