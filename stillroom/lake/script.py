"""The SQL with which the duckdb shell opens a lake: printed for whoever asks, and kept in the lake's folder.

It loads DuckDB's extensions from the packages of one installation, and asks PostgreSQL as one role. So the kept one is
for whoever wrote last, and others have theirs printed.
"""

import os

from stillroom.lake.connection import attach_statements
from stillroom.lake.location import Location
from stillroom.lake.object_storage import is_object_storage, script_secret_statement

SCRIPT = "duckdb.sql"


def script(location: Location) -> str:
    """What the duckdb shell is to be begun with, by this installation's extensions and the role of ``location``.

    Raises:
        LakeError: an extension is missing.
    """
    *loads, attach, use = attach_statements(location.catalogue, location.data, read_only=True)
    secrets = [script_secret_statement(str(location.data))] if is_object_storage(location.data) else []
    return "".join(f"{statement};\n" for statement in (*loads, *secrets, attach, use))


def keep_script(location: Location) -> None:
    """Have the lake's folder hold the script of whoever writes now; a shell that begins meanwhile reads it whole.

    Raises:
        OSError: it cannot be written.
        LakeError: an extension is missing.
    """
    file, text = location.root / SCRIPT, script(location)
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        fresh = file.with_name(f".{SCRIPT}-{os.getpid()}")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
