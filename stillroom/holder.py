"""Who holds a lock: a note beside it, so that whoever has to wait can be told."""

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path


def note_holder(note: Path, work: str) -> None:
    """Write down that this process holds the lock beside ``note``, and for which work.

    Raises:
        OSError: the note cannot be written.
    """
    about = {"work": work, "pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat()}
    note.write_text(json.dumps(about), encoding="utf-8")


def holder_of(note: Path) -> str:
    """The process that wrote the note, its host and time; "another process" where the note cannot be read."""
    about = _read(note)
    return f"process {about['pid']} on {about['host']} since {about['since']}" if about else "another process"


def work_of(note: Path) -> str:
    """As ``holder_of``, and before it what the process does."""
    about = _read(note)
    return f"`{about['work']}`, {holder_of(note)}" if about else holder_of(note)


def _read(note: Path) -> dict[str, str]:
    try:
        about = json.loads(note.read_text(encoding="utf-8"))
        return {key: str(about[key]) for key in ("work", "pid", "host", "since")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
