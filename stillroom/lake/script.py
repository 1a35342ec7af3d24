"""The SQL with which the duckdb shell opens a lake: printed for whoever asks, and kept in the lake's folder.

It loads DuckDB's extensions from the packages of one installation, so the kept one serves where that is, and others
have theirs printed. The kept one names no role: PostgreSQL takes that of whoever runs it.
"""

import os

from stillroom.lake.connection import attach_statements
from stillroom.lake.location import Location, anybodys
from stillroom.lake.object_storage import is_object_storage, script_secret_statement

SCRIPT = "duckdb.sql"


def script(location: Location, *, for_anybody: bool = False) -> str:
    """What the duckdb shell is to be begun with, by this installation's extensions.

    Args:
        location: of the lake.
        for_anybody: leave out whose role asks; else it is the one of ``STILLROOM_CATALOGUE`` or as remembered.

    Raises:
        LakeError: an extension is missing.
    """
    catalogue = location.catalogue
    if for_anybody and isinstance(catalogue, str):
        catalogue = anybodys(catalogue)
    *loads, attach, use = attach_statements(catalogue, location.data, read_only=True)
    secrets = [script_secret_statement(str(location.data))] if is_object_storage(location.data) else []
    return "".join(f"{statement};\n" for statement in (*loads, *secrets, attach, use))


def keep_script(location: Location) -> None:
    """Have the lake's folder hold the script of the installation that wrote last; a shell that begins reads it whole.

    Raises:
        OSError: it cannot be written.
        LakeError: an extension is missing.
    """
    file, text = location.root / SCRIPT, script(location, for_anybody=True)
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        fresh = file.with_name(f".{SCRIPT}-{os.getpid()}")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
