"""Data files in object storage, which DuckDB lists, reads, writes and removes."""

import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.files import MAIN_FOLDER, PREFIX, SUFFIX, StoredFile, is_of_ducklake
from stillroom.lake.object_storage import is_object_storage

_ANY = "SELECT 1 FROM glob(?) LIMIT 1"  # `read_blob` fails where there is none
_LISTED = "SELECT filename, size, last_modified FROM read_blob(?)"  # nothing is read of them
_BIN = "stillroom_bin"
_GIVEN_UP = f"""
INSERT INTO __ducklake_metadata_{_BIN}.ducklake_files_scheduled_for_deletion
    (data_file_id, path, path_is_relative, schedule_start)
SELECT row_number() OVER (), path, false, now() FROM (SELECT unnest(?) AS path)
"""  # noqa: S608 - our own name


class Bucket:
    """The objects below a prefix, through a connection that has the keys."""

    def __init__(self, data: str, connection: duckdb.DuckDBPyConnection) -> None:
        self._data = data
        self._connection = connection

    def address(self, name: str) -> Path | str:
        """The object's address."""
        return name if is_object_storage(name) else f"{self._data}/{name}"

    def name(self, path: str) -> str:
        """The address below the prefix."""
        return path.removeprefix(f"{self._data}/")

    def files(self, folders: Collection[str]) -> list[StoredFile]:
        """Picked from all objects below the prefix."""
        own = {self.name(folder) for folder in folders}
        return [one for one in self._listed() if is_of_ducklake(one.name, own)]

    def first_file(self) -> str:
        """Looked for where the tables of every lake are."""
        pattern = f"{self._data}/{MAIN_FOLDER}/**/{PREFIX}*{SUFFIX}"
        found = self._connection.execute("SELECT file FROM glob(?) LIMIT 1", [pattern]).fetchall()
        return str(found[0][0]) if found else ""

    def sizes(self, names: Collection[str]) -> dict[str, int]:
        """Picked from all objects below the prefix."""
        return {one.name: one.size for one in self._listed() if one.name in names}

    def remove(self, names: Collection[str]) -> None:
        """Have DuckLake remove them: as an empty lake of this moment that is told to have given them up.

        Its functions remove all that a lake has given up, or all Parquet files that it does not name, which may be
        somebody else's; none removes what one names.

        Raises:
            LakeError: one cannot be removed.
        """
        if not names:
            return
        with tempfile.TemporaryDirectory(prefix="stillroom-") as folder:
            try:
                self._connection.execute(
                    f"ATTACH {_quoted(f'ducklake:{folder}/bin.duckdb')} AS {_BIN} (DATA_PATH {_quoted(self._data)})"
                )
                try:
                    self._connection.execute(_GIVEN_UP, [[str(self.address(name)) for name in names]])
                    self._connection.execute(f"CALL ducklake_cleanup_old_files('{_BIN}', cleanup_all => true)")
                finally:
                    self._connection.execute(f"DETACH {_BIN}")
            except duckdb.Error as error:
                raise LakeError(f"what is left over could not be removed: {error}. Run the command again.") from error

    def mark(self, name: str) -> str:
        """Read the object; one that is named without a wildcard, DuckDB takes to be there."""
        address = f"{self._data}/{name}"
        found = self._connection.execute("SELECT file FROM glob(?)", [f"{address}*"]).fetchall()
        if (address,) not in found:
            return ""
        return str(self._connection.execute("SELECT content FROM read_text(?)", [address]).fetchall()[0][0])

    def set_mark(self, name: str, about: Mapping[str, str]) -> None:
        """Write the object; of several who do so at once the last one's stays.

        Raises:
            LakeError: it cannot be written.
        """
        target, values = f"{self._data}/{name}", ", ".join(f'{_quoted(text)} AS "{key}"' for key, text in about.items())
        try:
            self._connection.execute(f"COPY (SELECT {values}) TO {_quoted(target)} (FORMAT json)")
        except duckdb.Error as error:
            raise LakeError(f"cannot write {target}, which says whose data files these are: {error}") from error

    def _listed(self) -> list[StoredFile]:
        pattern = f"{self._data}/**"
        if not self._connection.execute(_ANY, [pattern]).fetchall():
            return []
        found = self._connection.execute(_LISTED, [pattern]).fetchall()
        return sorted(
            (StoredFile(name=self.name(str(path)), size=int(size), changed_at=at) for path, size, at in found),
            key=lambda one: one.name,
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
