"""How much disk a lake takes, for each sample too, and how much a build will take from what is free."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
        bytes: of all files of the lake, but for Prefect's records and what is temporary.
        bytes_free: on its disk.
        bytes_per_sample: of this lake, or ``FIRST_BYTES_PER_SAMPLE`` where it has no samples.
    """

    bytes: int
    bytes_free: int
    bytes_per_sample: float

    def expected(self, samples: int) -> int:
        """Bytes that so many more samples will take, about."""
        return round(samples * self.bytes_per_sample)

    def is_short_for(self, samples: int) -> bool:
        """Whether less is free than ``ENOUGH`` times what so many samples will take."""
        return self.bytes_free < ENOUGH * self.expected(samples)


def disk_use(root: Path, samples: int) -> DiskUse:
    """What the lake at ``root`` takes, which need not exist; ``samples`` is how many it holds."""
    taken = sum(_sizes(root)) if root.is_dir() else 0
    place = next(one for one in (root.absolute(), *root.absolute().parents) if one.exists())
    return DiskUse(
        bytes=taken,
        bytes_free=shutil.disk_usage(place).free,
        bytes_per_sample=taken / samples if samples else FIRST_BYTES_PER_SAMPLE,
    )


def _sizes(root: Path) -> Iterator[int]:
    for folder, folders, files in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in NOT_COUNTED]
        for name in files:
            try:
                yield (Path(folder) / name).stat().st_size
            except FileNotFoundError:
                continue  # a build has just renamed it
