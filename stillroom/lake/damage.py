"""Says of a query that failed on a data file which file it is, which table's, and what to do."""

import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import duckdb

from stillroom.errors import FileLost, LakeError
from stillroom.lake.data_place import MissingFile

_DATA_FILE = r"""["']({place}[^"']+\.parquet)["']"""
_LEAST_PARTS = ("schema", "table", "file")  # of a path below the place of the data files
_NOT_THERE, _TOO_SHORT = "(HTTP 404", "(HTTP 416"
_ANOTHER_SIZE = "Content-Length from server mismatches"  # DuckDB then names no object
_AROUND = (
    "A snapshot's frozen copy stands without it. `stillroom doctor` looks for every file that is missing. If "
    "housekeeping ran while this was being read, ask again."
)
ADVICE = f"Put it back from a backup (`stillroom lake backup` makes them; --lake BACKUP asks one). {_AROUND}"
_ADVICE_ON_OBJECTS = f"Put it back from your copy of the objects, or from an earlier version of it. {_AROUND}"


def damage(error: duckdb.Error | OSError, data: Path | str) -> LakeError | None:
    """What is wrong with the data file below ``data`` that DuckDB failed on; None where it failed on something else.

    A file that is not there is a ``FileLost``; one that cannot be read may be readable later.
    DuckDB says "Cannot open file" of one that is not there, "No magic bytes" or "too small" of one that was cut off.
    """
    named = _named(str(error), data)
    if isinstance(data, str):
        return _damaged_object(error, named, data)
    path = Path(named) if named else data
    if not path.is_relative_to(data) or len(path.relative_to(data).parts) < len(_LEAST_PARTS):
        return None
    table = path.relative_to(data).parts[1]
    if data.is_symlink():  # such as writers have while they are there (``landing.py``)
        path = data.parent / data.readlink() / path.relative_to(data)
    if not path.exists():
        return FileLost(f"a file of the table {table} is missing: {path}. {ADVICE}")
    return LakeError(f"a file of the table {table} cannot be read: {path} ({error}). {ADVICE}")


def _named(said: str, data: Path | str) -> str:
    """The data file that DuckDB speaks of, preferably one below ``data``, whose own name may hold quotes; else ""."""
    for place in (re.escape(f"{data}/"), ""):
        if found := re.search(_DATA_FILE.format(place=place), said):
            return found.group(1)
    return ""


def _damaged_object(error: duckdb.Error | OSError, named: str, data: str) -> LakeError | None:
    """The same in object storage, whose server may also refuse or be away: of that DuckDB's own message tells."""
    said, name = str(error), _name_below(data, named)
    if not name:
        if _ANOTHER_SIZE not in said:
            return None
        return LakeError(
            f"an object has another size than was written down ({said}). If it is one of {data}, `stillroom doctor` "
            f"names it and its table. {_ADVICE_ON_OBJECTS}"
        )
    address, table = f"{data}/{name}", PurePosixPath(name).parts[1]
    if _NOT_THERE in said:
        return FileLost(f"a file of the table {table} is missing: {address}. {_ADVICE_ON_OBJECTS}")
    if named.startswith("s3://") or _TOO_SHORT in said:
        return LakeError(f"a file of the table {table} cannot be read: {address} ({said}). {_ADVICE_ON_OBJECTS}")
    return None


def _name_below(data: str, named: str) -> str:
    """What an object's address is below the place of the data files, "" where it is elsewhere.

    DuckDB names it as it asked for it: by ``s3://``, or over HTTP with the bucket in the path or before the host.
    """
    place, at = urlsplit(data), urlsplit(named)
    bucket, prefix = place.netloc, place.path.strip("/")
    path = at.path if at.scheme == "s3" else unquote(at.path)
    is_before_host = at.netloc == bucket or at.netloc.startswith(f"{bucket}.")
    start = "/".join(part for part in ("" if is_before_host else bucket, prefix) if part)
    below = path.lstrip("/").removeprefix(f"{start}/" if start else "")
    is_there = bool(at.scheme) and (not start or path.lstrip("/").startswith(f"{start}/"))
    return below if is_there and len(PurePosixPath(below).parts) >= len(_LEAST_PARTS) else ""


def found_missing(missing: list[MissingFile]) -> str:
    """Files that are missing or have another size than the catalogue says, for a person."""
    more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
    state = "is missing" if missing[0].found is None else "has another size"
    return f"{missing[0].path} of the table {missing[0].table} {state}{more}"
