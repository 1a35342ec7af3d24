"""Puts files into a backup: as hard links where the disk is the same, else as copies that are whole or not there."""

import os
import shutil
from collections.abc import Iterable, Set
from dataclasses import dataclass
from pathlib import Path

from stillroom.lake.copies import FrozenCopy


@dataclass(slots=True)
class Added:
    """What has been put into a backup so far."""

    files: int = 0
    bytes: int = 0
    linked: int = 0


def add_file(source: Path, target: Path, added: Added, *, may_link: bool = True) -> None:
    """Have ``source`` at ``target``; what is there with its size stays.

    Raises:
        OSError: it cannot be read, or there is no room for it.
    """
    size = source.stat().st_size
    if target.exists() and target.stat().st_size == size:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.new")
    temporary.unlink(missing_ok=True)
    is_linked = may_link and _linked(source, temporary)
    if not is_linked:
        shutil.copy2(source, temporary)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
    temporary.rename(target)
    added.files += 1
    added.bytes += size
    added.linked += is_linked


def add_copies(copies: Iterable[FrozenCopy], source: Path, target: Path, added: Added) -> None:
    """Add the frozen copies of these versions, each whole, where the backup has nothing in their place."""
    for copy in copies:
        folder = target / copy.path
        if folder.exists() or not copy.is_in(source / copy.path):
            continue
        temporary = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(temporary, ignore_errors=True)
        for file in sorted((source / copy.path).iterdir()):
            add_file(file, temporary / file.name, added)
        temporary.rename(folder)


def discard_other_copies(copies: Iterable[FrozenCopy], target: Path) -> None:
    """Remove what is among the copies below ``target`` and is none of these versions'."""
    wanted = {target / copy.path: copy for copy in copies}
    for folder in sorted((target / "snapshots").glob("*/*")):
        if folder.is_dir() and not (folder in wanted and wanted[folder].is_in(folder)):
            shutil.rmtree(folder)


def add_journals(source: Path, target: Path, added: Added) -> None:
    """Add journals, which grow: so as copies, and again whenever they have grown.

    One that a build sets aside meanwhile is found under its other name when they are listed once more.
    """
    seen = set[Path]()
    while fresh := sorted({one for one in source.rglob("*") if not one.is_dir()} - seen):
        for file in fresh:
            try:
                add_file(file, target / file.relative_to(source), added, may_link=False)
            except FileNotFoundError:
                if file.exists():
                    raise
        seen.update(fresh)


def discard_others(folder: Path, wanted: Set[Path]) -> None:
    """Remove the files below ``folder`` that an earlier backup needed and this one does not."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file not in wanted:
            file.unlink()


def _linked(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that has no links
        return False
    return True
