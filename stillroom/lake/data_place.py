"""Lists, marks and removes files where the data files are: a folder, or object storage, which only DuckDB reaches."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.data_bucket import Bucket
from stillroom.lake.data_folder import Folder
from stillroom.lake.files import StoredFile, named_files


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingFile:
    """A file that the catalogue names and that is not there (``found`` is None), or has ``found`` bytes instead."""

    table: str
    path: Path | str
    found: int | None


class DataPlace(Protocol):
    """Where the data files of one lake are."""

    def address(self, name: str) -> Path | str:
        """The whole path of a file that a catalogue names; names may be whole already."""
        ...

    def name(self, path: str) -> str:
        """What ``address`` is the whole of."""
        ...

    def files(self, folders: Collection[str]) -> list[StoredFile]:
        """The files that DuckLake has written for the tables with these folders, by name; of others it says nothing."""
        ...

    def first_file(self) -> str:
        """A file that DuckLake has written here for some lake, "" where there is none."""
        ...

    def sizes(self, names: Collection[str]) -> dict[str, int]:
        """The bytes of those of these files that are there."""
        ...

    def remove(self, names: Collection[str]) -> None:
        """Remove these files and no others; some may be gone already.

        Raises:
            LakeError: one cannot be removed.
        """
        ...

    def mark(self, name: str) -> str:
        """The text of a file beside the tables' folders, "" where it is not there."""
        ...

    def set_mark(self, name: str, about: Mapping[str, str]) -> None:
        """Write such a file, whole or not at all, as a JSON object.

        Raises:
            LakeError: it cannot be written.
        """
        ...


def data_place(data: Path | str, connection: duckdb.DuckDBPyConnection) -> DataPlace:
    """The place of a lake's data files; ``connection`` reaches it."""
    return Folder(data) if isinstance(data, Path) else Bucket(data, connection)


def missing_from(place: DataPlace, connection: duckdb.DuckDBPyConnection) -> list[MissingFile]:
    """The files that a catalogue names and that are not in their place with the size that was written down.

    Raises:
        LakeError: the place cannot be reached.
    """
    named = [(table, place.name(path), size) for table, path, size in named_files(connection)]
    try:
        there = place.sizes({name for _, name, _ in named})
    except duckdb.Error as error:
        raise LakeError(f"the data files cannot be looked at: {error}") from error
    return [
        MissingFile(table=table, path=place.address(name), found=there.get(name))
        for table, name, size in named
        if there.get(name) != size
    ]
