"""A socket of ours in a folder that is mounted into the container: the zygote's own way to its driver.

A stream that is attached through Docker is copied by the container's shim and by the daemon, a quarter of a
millisecond a program. Where the daemon is another machine's, or the host forbids it, the zygote cannot come through
this door and stays with the attached stream.
"""

import contextlib
import os
import shutil
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from verifiers.sandbox.drivers import driver_identity, is_gone

INSIDE = "/run/stillroom"
NAME = "driver"  # the zygote knows it as INSIDE/NAME
PREFIX = "stillroom-door-"  # of its folder's name
OWNER = "owner"  # the file that says whose it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A listening socket and the folder it is in."""

    home: Path
    listener: socket.socket

    @property
    def mounts(self) -> dict[str, dict[str, str]]:
        """What Docker is asked to mount."""
        return {str(self.home / "shared"): {"bind": INSIDE, "mode": "ro"}}

    def close(self) -> None:
        """Close it and remove the folder."""
        self.listener.close()
        with contextlib.suppress(OSError):
            shutil.rmtree(self.home)


def open_door() -> Door | None:
    """A new door, or None where the daemon may not see this machine's files.

    Nobody else on this machine comes near it: the folder lies in one that only this user may enter.
    """
    if not os.environ.get("DOCKER_HOST", "unix://").startswith("unix://"):
        return None
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    (home / OWNER).write_text(driver_identity())
    shared = home / "shared"
    shared.mkdir()
    shared.chmod(0o711)  # the container's root may be no root here
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(shared / NAME))
        (shared / NAME).chmod(0o666)
        listener.listen(1)
        listener.setblocking(False)
    except OSError:
        listener.close()
        shutil.rmtree(home)
        return None
    return Door(home=home, listener=listener)


def sweep_doors() -> int:
    """Remove the folders of this user's doors whose driver on this machine is gone; returns how many."""
    removed = 0
    for home in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if home.stat().st_uid == os.getuid() and is_gone((home / OWNER).read_text()):
                shutil.rmtree(home)
                removed += 1
    return removed
