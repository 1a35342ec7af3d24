"""Opens a lake to look at it: on a copy of its catalogue, so that nobody is held up and nothing can change."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from stillroom.lake.catalogue import own_catalogue
from stillroom.lake.connection import connect
from stillroom.lake.location import existing
from stillroom.lake.still import StillFiles
from stillroom.lake.store import Lake
from stillroom.lake.versions import refuse_other_version
from stillroom.lake.writing import FileWriting


@contextmanager
def opened(root: Path, *, askers: int = 1) -> Generator[Lake]:
    """The lake in the folder ``root`` as it is now, read-only, for the length of the block.

    Args:
        root: the lake's folder.
        askers: 2 where all the block does is ask by ``Lake.both``. It is said at the beginning: when DuckDB's number
            of threads changes, it gives its free memory back, and what it takes anew costs lineage a sixth of its time.

    Raises:
        RequestError: there is no lake.
        LakeError: it cannot be opened, or is of another schema version.
    """
    location = existing(root)
    with own_catalogue(root) as catalogue:
        connection = connect(catalogue, location.data, read_only=True, spill=root / "tmp", askers=askers)
        try:
            refuse_other_version(connection, root)
            still = StillFiles(catalogue, location.data) if isinstance(catalogue, Path) else None
            yield Lake(root, connection=connection, writing=FileWriting(root, location.data), still=still)
        finally:
            connection.close()
