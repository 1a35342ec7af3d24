"""Tells of an error of the database where the reason is a full disk, which SQLite does not always say."""

import shutil
from pathlib import Path

import duckdb

from stillroom.lake.said import said

FULL = ("disk is full", "no space left", "quota exceeded")  # as SQLite, the system and PostgreSQL say it
OF_POSTGRES = ("could not extend file", "could not write to file")  # as only PostgreSQL says it, of its own disk
UNSAID = "disk i/o error"  # SQLite says no more of a log or shared memory that it could not lengthen
LITTLE_BYTES = 16 << 20  # what a failed transaction wrote is removed before anybody can look
MIB = 1 << 20


def told(error: duckdb.Error | OSError, *places: Path | str) -> str:
    """The error for a person, who is asked to free space where that was lacking.

    Args:
        error: what DuckDB, a database that it had attached, or the system said.
        places: where was written; those that are not on a disk (addresses) are passed over.
    """
    text = said(error)
    if any(sign in text for sign in OF_POSTGRES):
        return f"{error}. PostgreSQL's own disk has no space left. Free some on its server, then try again."
    free = ", ".join(f"{left / MIB:,.1f} MB free for {place}" for place, left in _free(places))
    if any(sign in text for sign in FULL):
        return f"{error}. No space is left{f': found {free}' if free else ''}. Free some, then try again."
    if UNSAID in text and any(left < LITTLE_BYTES for _, left in _free(places)):
        return f"{error}. The space may not suffice: found {free}. Free some, then try again."
    return str(error)


def _free(places: tuple[Path | str, ...]) -> list[tuple[Path, int]]:
    """Bytes free on the disk of each place, also where it does not exist yet; each disk once."""
    found: dict[int, tuple[Path, int]] = {}
    for place in places:
        if isinstance(place, str):
            continue
        there = next((one for one in (place, *place.parents) if one.exists()), None)
        if there is not None:
            found.setdefault(there.stat().st_dev, (place, shutil.disk_usage(there).free))
    return list(found.values())
