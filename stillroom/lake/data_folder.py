"""Data files in a folder."""

import json
import os
import stat
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from stillroom.errors import LakeError
from stillroom.lake.files import MAIN_FOLDER, PREFIX, SUFFIX, StoredFile, is_of_ducklake


class Folder:
    """The folder of the data files; what else is in it is not even looked at."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def address(self, name: str) -> Path | str:
        """The file's path."""
        return self._data / name

    def name(self, path: str) -> str:
        """The path below the folder, of a file that is there."""
        whole = self._data / path
        return str(whole.relative_to(self._data)) if whole.is_relative_to(self._data) else path

    def files(self, folders: Collection[str]) -> list[StoredFile]:
        """Looked for in the tables' own folders."""
        found = {
            self.name(str(path)): state
            for folder in folders
            for path in (self._data / folder).rglob(f"{PREFIX}*{SUFFIX}")
            if (state := _regular(path)) is not None
        }
        own = {self.name(folder) for folder in folders}
        return [
            StoredFile(name=name, size=state.st_size, changed_at=datetime.fromtimestamp(state.st_mtime, UTC))
            for name, state in sorted(found.items())
            if is_of_ducklake(name, own)
        ]

    def first_file(self) -> str:
        """Looked for where the tables of every lake are."""
        return str(next((self._data / MAIN_FOLDER).glob(f"*/**/{PREFIX}*{SUFFIX}"), ""))

    def sizes(self, names: Collection[str]) -> dict[str, int]:
        """Asked of each."""
        found = {name: _size(self._data / name) for name in names}
        return {name: size for name, size in found.items() if size is not None}

    def remove(self, names: Collection[str]) -> None:
        """Unlink them, one by one.

        Raises:
            LakeError: one cannot be removed.
        """
        try:
            for name in names:
                (self._data / name).unlink(missing_ok=True)
        except OSError as error:
            raise LakeError(f"what is left over could not be removed: {error}. Run the command again.") from error

    def mark(self, name: str) -> str:
        """Read the file."""
        try:
            return (self._data / name).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def set_mark(self, name: str, about: Mapping[str, str]) -> None:
        """Write the file; of several who do so at once the first one's stays.

        Raises:
            LakeError: it cannot be written.
        """
        target, fresh = self._data / name, self._data / f".{name}.{os.getpid()}"
        try:
            fresh.write_text(f"{json.dumps(about)}\n", encoding="utf-8")
            try:
                os.link(fresh, target)
            except FileExistsError:
                pass
            except OSError:  # a disk without links
                fresh.replace(target)
            fresh.unlink(missing_ok=True)
        except OSError as error:
            raise LakeError(f"cannot write {target}, which says whose data files these are: {error}") from error


def _regular(path: Path) -> os.stat_result | None:
    """What is known of a file; None where it is none, or has gone since it was listed."""
    try:
        state = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return state if stat.S_ISREG(state.st_mode) else None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return None
