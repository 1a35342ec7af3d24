"""Lists and removes files where the data files are: a folder, or object storage, which only DuckDB reaches."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.object_storage import is_object_storage

SUFFIX = ".parquet"  # of all that DuckLake writes; in a bucket, other objects are somebody else's
_LISTED = "SELECT filename, size, last_modified FROM read_blob(?)"
_REMOVE = "CALL ducklake_delete_orphaned_files('lake', older_than => {moment}, dry_run => {is_dry})"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file that is there; ``name`` as catalogues have it, below the place of the data files."""

    name: str
    size: int
    changed_at: datetime


class DataPlace(Protocol):
    """Where the data files of one lake are."""

    def address(self, name: str) -> Path | str:
        """The whole path of a file that a catalogue names; names may be whole already."""
        ...

    def name(self, path: str) -> str:
        """What ``address`` is the whole of."""
        ...

    def files(self) -> list[StoredFile]:
        """All files that are there, by name."""
        ...

    def remove(self, names: Collection[str], before: datetime) -> None:
        """Remove files that no catalogue row names and that were written before a moment (UTC).

        Raises:
            LakeError: one cannot be removed.
        """
        ...


class Folder:
    """Data files in a folder."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def address(self, name: str) -> Path | str:
        """The file's path."""
        return self._data / name

    def name(self, path: str) -> str:
        """The path below the folder, of a file that is there."""
        whole = self._data / path
        return str(whole.relative_to(self._data)) if whole.is_relative_to(self._data) else path

    def files(self) -> list[StoredFile]:
        """All files below the folder."""
        there = [path for path in sorted(self._data.rglob("*")) if path.is_file()]
        return [
            StoredFile(
                name=str(path.relative_to(self._data)),
                size=(state := path.stat()).st_size,
                changed_at=datetime.fromtimestamp(state.st_mtime, UTC),
            )
            for path in there
        ]

    def remove(self, names: Collection[str], before: datetime) -> None:
        """Unlink them, one by one."""
        for name in names:
            (self._data / name).unlink(missing_ok=True)


class Bucket:
    """Data files in object storage: DuckDB lists them, and DuckLake's own function removes those that nothing names."""

    def __init__(self, data: str, connection: duckdb.DuckDBPyConnection) -> None:
        self._data = data
        self._connection = connection

    def address(self, name: str) -> Path | str:
        """The object's address."""
        return name if is_object_storage(name) else f"{self._data}/{name}"

    def name(self, path: str) -> str:
        """The address below the prefix."""
        return path.removeprefix(f"{self._data}/")

    def files(self) -> list[StoredFile]:
        """All objects below the prefix that DuckLake may have written; nothing is read of them."""
        found = self._connection.execute(_LISTED, [f"{self._data}/**"]).fetchall()
        return sorted(
            (
                StoredFile(name=self.name(str(path)), size=int(size), changed_at=changed)
                for path, size, changed in found
                if str(path).endswith(SUFFIX)
            ),
            key=lambda one: one.name,
        )

    def remove(self, names: Collection[str], before: datetime) -> None:
        """Have DuckLake remove what nothing names; what it means is held against ``names`` first.

        Raises:
            LakeError: it would remove something else, too.
        """
        if not names:
            return
        moment = f"TIMESTAMPTZ '{before.isoformat()}'"
        meant = self._connection.execute(_REMOVE.format(moment=moment, is_dry="true")).fetchall()
        if others := sorted({self.name(str(path)) for (path,) in meant} - set(names)):
            raise LakeError(
                f"DuckLake would remove {self.address(others[0])}, which is not left over. Nothing was removed; please "
                "report this with the versions of DuckDB and DuckLake."
            )
        self._connection.execute(_REMOVE.format(moment=moment, is_dry="false"))


def data_place(data: Path | str, connection: duckdb.DuckDBPyConnection) -> DataPlace:
    """The place of a lake's data files, reached through a connection to the lake."""
    return Folder(data) if isinstance(data, Path) else Bucket(data, connection)
