"""An empty database of this Prefect version, made once a machine: a new lake's server copies it.

Prefect makes a new database by going through all migrations it ever had, which takes 9 s; a copy takes none.
"""

import importlib.metadata
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from stillroom.cli.prefect_environment import own_environment
from stillroom.errors import StillroomError
from stillroom.home import home
from stillroom.teachers.serving_environment import exclusive

DATABASE = "prefect.db"


class PrefectDatabaseFailed(StillroomError):
    """Prefect could not make its database."""


def template() -> Path:
    """Where this Prefect version's empty database lies on this machine, once it was made."""
    return home() / "prefect" / importlib.metadata.version("prefect") / DATABASE


def make_template() -> Path:
    """Make the empty database where it is missing.

    Raises:
        PrefectDatabaseFailed: with the end of Prefect's own message.
    """
    place = template()
    place.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(Path(f"{place}.lock"), "making an empty Prefect database", lambda _: None):
        if place.exists():
            return place
        work = place.parent / ".partial"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "--yes"]
        done = subprocess.run(command, env=own_environment(work), cwd=work, capture_output=True, text=True, check=False)
        if done.returncode or not (work / DATABASE).exists():
            raise PrefectDatabaseFailed(
                f"`prefect server database upgrade` failed: {(done.stdout + done.stderr)[-800:]}"
            )
        with closing(sqlite3.connect(work / DATABASE)) as connection:  # with its log folded in, the one file is all
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")
        (work / DATABASE).replace(place)
        shutil.rmtree(work)
    return place


def provide(folder: Path) -> None:
    """Give a Prefect home that has no database yet a copy of the empty one, if this machine has it."""
    target = folder / DATABASE
    if target.exists() or not template().exists():
        return
    draft = folder / f".{DATABASE}.{os.getpid()}"
    shutil.copyfile(template(), draft)
    draft.replace(target)
