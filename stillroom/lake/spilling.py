"""Where a DuckDB writes what does not fit into memory.

DuckDB names these files alike in every instance, takes no lock on them and removes all of them when it closes. Two that
share a folder read each other's rows: sums came out wrong without an error (DuckDB 1.5.5). So each has a folder of its
own, within one that its process keeps locked.
"""

import os
from itertools import count
from pathlib import Path

from stillroom.lake.own_folder import OwnFolder

_numbers = count(1)
_folders: dict[tuple[int, Path], OwnFolder] = {}  # by process: a fork makes its own


def spill_folder(place: Path) -> Path:
    """A folder for one DuckDB alone, which that makes when it first spills, and removes when it closes.

    Args:
        place: the folder that it is to be in. Where nothing can be made there, as in a lake that one may only read,
            it is among the temporary files.

    Raises:
        OSError: nothing can be made there either.
    """
    owner = (os.getpid(), place)
    if owner not in _folders or not _folders[owner].path.is_dir():
        try:
            _folders[owner] = OwnFolder(place)
        except OSError:
            _folders[owner] = OwnFolder()
    return _folders[owner].path / f"duckdb-{next(_numbers)}"
