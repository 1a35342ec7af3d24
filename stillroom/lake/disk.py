"""How much disk a lake takes, for each sample too, and how much a build will take from what is free."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stillroom.lake.files import MAIN_FOLDER
from stillroom.lake.location import Location

COPIES = "snapshots"  # the folder of frozen copies, each of which holds all rows of its version
FIRST_BYTES_PER_SAMPLE = 20_000
"""What a sample is taken to need where a lake has none: rows, journal, catalogue and frozen copy together.

On the high side: the million samples of ``benchmarks/lake.py`` take 2.7 KB each, journals aside, and a small lake more
for what is there only once.
"""
FIRST_BYTES_PER_COPIED_ROW = 1_500
"""What a row is taken to need in a frozen copy where there is none to go by: so much it is of a million examples."""
ENOUGH = 2  # times what a build is expected to write; below it a person is warned
NOT_COUNTED = ("prefect", "tmp", "leases")  # of no sample's making


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskUse:
    """What a lake takes and has left.

    Attributes:
        bytes: of all files of the lake on disks of this machine, but for Prefect's records and what is temporary.
        bytes_free: on its disk; where the data files are on another, on the fuller one of the two.
        fullest: the folder on that disk.
        bytes_per_sample: of this lake, frozen copies aside, or ``FIRST_BYTES_PER_SAMPLE`` where it has no samples.
        bytes_per_copied_row: of a frozen copy, or ``FIRST_BYTES_PER_COPIED_ROW``.
    """

    bytes: int
    bytes_free: int
    fullest: Path
    bytes_per_sample: float
    bytes_per_copied_row: float

    def expected(self, samples: int, copied_rows: int = 0) -> int:
        """Bytes that so many more samples, and frozen copies of so many rows, will take, about."""
        return round(samples * self.bytes_per_sample + copied_rows * self.bytes_per_copied_row)

    def is_short_for(self, samples: int, copied_rows: int = 0) -> bool:
        """Whether less is free than ``ENOUGH`` times what that will take."""
        return self.bytes_free < ENOUGH * self.expected(samples, copied_rows)


def disk_use(location: Location, samples: int, *, copy: str = "", copied_rows: int = 0) -> DiskUse:
    """What the lake at ``location`` takes, which need not exist.

    Data files in another folder count, as far as they are in the folder of the lake's tables; those in object storage
    take no disk here.

    Args:
        location: of the lake.
        samples: how many it holds.
        copy: the folder of a frozen copy to go by, relative to the lake's; it need not be there.
        copied_rows: how many rows that copy holds.
    """
    root, data = location.root, location.data
    taken, disks = sum(_sizes(root, NOT_COUNTED)), [root]
    if isinstance(data, Path) and location.has_data_elsewhere:
        taken, disks = taken + sum(_sizes(data / MAIN_FOLDER)), [root, data]
    free = {folder: shutil.disk_usage(_existing(folder)).free for folder in disks}
    fullest = min(disks, key=lambda folder: free[folder])
    beside_copies = taken - sum(_sizes(root / COPIES))
    of_copy = sum(_sizes(root / copy)) if copy else 0
    return DiskUse(
        bytes=taken,
        bytes_free=free[fullest],
        fullest=fullest,
        bytes_per_sample=beside_copies / samples if samples else FIRST_BYTES_PER_SAMPLE,
        bytes_per_copied_row=of_copy / copied_rows if of_copy and copied_rows else FIRST_BYTES_PER_COPIED_ROW,
    )


def _existing(folder: Path) -> Path:
    """The nearest one at or above ``folder`` that is there."""
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())


def _sizes(top: Path, left_out: Sequence[str] = ()) -> Iterator[int]:
    for folder, folders, files in os.walk(top):
        if Path(folder) == top:
            folders[:] = [name for name in folders if name not in left_out]
        for name in files:
            try:
                yield (Path(folder) / name).stat().st_size
            except FileNotFoundError:
                continue  # a build has just renamed it
