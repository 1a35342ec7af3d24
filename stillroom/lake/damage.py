"""Says of a query that failed on a data file which file it is, which table's, and what to do."""

import re
from pathlib import Path

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.data_place import MissingFile

_DATA_FILE = re.compile(r"""["']([^"']+\.parquet)["']""")
ADVICE = (
    "Put it back from a backup (`stillroom lake backup` makes them; --lake BACKUP asks one). A snapshot's frozen copy "
    "stands without it. `stillroom doctor` looks for every file that is missing. If housekeeping ran while this was "
    "being read, ask again."
)


def damage(error: duckdb.Error, data: Path | str) -> LakeError | None:
    """What is wrong with the data file below ``data`` that DuckDB failed on; None where it failed on something else.

    DuckDB says "Cannot open file" of one that is not there, "No magic bytes" or "too small" of one that was cut off.
    """
    if isinstance(data, str):
        return None  # object storage: DuckDB's own message has the address
    found = _DATA_FILE.search(str(error))
    path = Path(found.group(1)) if found else data
    if not path.is_relative_to(data) or len(path.relative_to(data).parts) < len(("schema", "table", "file")):
        return None
    table = path.relative_to(data).parts[1]
    if not path.exists():
        return LakeError(f"a file of the table {table} is missing: {path}. {ADVICE}")
    return LakeError(f"a file of the table {table} cannot be read: {path} ({error}). {ADVICE}")


def found_missing(missing: list[MissingFile]) -> str:
    """Files that are missing or have another size than the catalogue says, for a person."""
    more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
    state = "is missing" if missing[0].found is None else "has another size"
    return f"{missing[0].path} of the table {missing[0].table} {state}{more}"
