"""How much disk a lake takes, for each sample too, and how much a build will take from what is free."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stillroom.lake.files import MAIN_FOLDER
from stillroom.lake.location import Location

FIRST_BYTES_PER_SAMPLE = 20_000
"""What a sample is taken to need where a lake has none: rows, journal, catalogue and frozen copy together.

On the high side: the million samples of ``benchmarks/lake.py`` take 2.7 KB each, journals aside, and a small lake more
for what is there only once.
"""
ENOUGH = 2  # times what a build is expected to write; below it a person is warned
NOT_COUNTED = ("prefect", "tmp", "leases")  # of no sample's making


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskUse:
    """What a lake takes and has left.

    Attributes:
        bytes: of all files of the lake on disks of this machine, but for Prefect's records and what is temporary.
        bytes_free: on its disk; where the data files are on another, on the fuller one of the two.
        fullest: the folder on that disk.
        bytes_per_sample: of this lake, or ``FIRST_BYTES_PER_SAMPLE`` where it has no samples.
    """

    bytes: int
    bytes_free: int
    fullest: Path
    bytes_per_sample: float

    def expected(self, samples: int) -> int:
        """Bytes that so many more samples will take, about."""
        return round(samples * self.bytes_per_sample)

    def is_short_for(self, samples: int) -> bool:
        """Whether less is free than ``ENOUGH`` times what so many samples will take."""
        return self.bytes_free < ENOUGH * self.expected(samples)


def disk_use(location: Location, samples: int) -> DiskUse:
    """What the lake at ``location`` takes, which need not exist; ``samples`` is how many it holds.

    Data files in another folder count, as far as they are in the folder of the lake's tables; those in object storage
    take no disk here.
    """
    root, data = location.root, location.data
    taken, disks = sum(_sizes(root, NOT_COUNTED)), [root]
    if isinstance(data, Path) and location.has_data_elsewhere:
        taken, disks = taken + sum(_sizes(data / MAIN_FOLDER)), [root, data]
    free = {folder: shutil.disk_usage(_existing(folder)).free for folder in disks}
    fullest = min(disks, key=lambda folder: free[folder])
    return DiskUse(
        bytes=taken,
        bytes_free=free[fullest],
        fullest=fullest,
        bytes_per_sample=taken / samples if samples else FIRST_BYTES_PER_SAMPLE,
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
