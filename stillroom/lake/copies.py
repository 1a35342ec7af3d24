"""The frozen copies of snapshots that a catalogue names, and whether a folder is the copy of one of them.

A number is no identity: a lake that was put back to an earlier state gives it to other rows. So a folder is a version's
copy only where its manifest names the version's curation and content.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb

from stillroom.lake.creation import TABLE_NAMES
from stillroom.lake.retention import retired

MANIFEST_FILE = "manifest.json"
_COPIES = "SELECT path, curation_id, content_hash FROM lake.snapshots ORDER BY path"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenCopy:
    """The copy of one version, as the lake's rows know it.

    Attributes:
        path: its folder, relative to the lake's.
        curation_id: what the version was published from.
        content_hash: of the version's rows.
    """

    path: str
    curation_id: str
    content_hash: str

    def is_in(self, folder: Path) -> bool:
        """Whether ``folder`` is this copy, and not that of another version, nor half a copy."""
        try:
            stated = read_manifest(folder)
        except (OSError, ValueError, RecursionError):
            return False
        return (stated.get("curation_id"), stated.get("content_hash")) == (self.curation_id, self.content_hash)


def named_copies(connection: duckdb.DuckDBPyConnection) -> list[FrozenCopy]:
    """The copies of all versions that were not let go; none where the lake's creation was cut off."""
    if ("snapshots",) not in connection.execute(TABLE_NAMES).fetchall():
        return []
    gone = {one.path for one in retired(connection)}
    return [
        FrozenCopy(path=path, curation_id=curation_id, content_hash=content_hash)
        for path, curation_id, content_hash in connection.execute(_COPIES).fetchall()
        if path not in gone
    ]


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest in ``folder``, sealed or not.

    Raises:
        OSError: there is none that can be read.
        ValueError: it is no JSON object.
    """
    found = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"found {type(found).__name__}, expected an object")
    return cast("dict[str, Any]", found)
