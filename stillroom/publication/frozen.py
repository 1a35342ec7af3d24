"""The frozen copy of a snapshot: Parquet, manifest and summary that stand without the lake."""

import os
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

from stillroom.errors import LakeError
from stillroom.lake import Lake
from stillroom.lake.copies import MANIFEST_FILE, FrozenCopy
from stillroom.publication.publish import Snapshot, snapshots
from stillroom.publication.sealing import EXAMPLES_FILE, SUMMARY_FILE, seal, written
from stillroom.publication.stating import manifest
from stillroom.publication.summary import summary

ROWS = "SELECT * EXCLUDE (name, version) FROM lake.snapshot_examples WHERE name = $name AND version = $version"
"""The rows of a version, as they are frozen."""


def freeze(lake: Lake, snapshot: Snapshot, say: Callable[[str], None] = lambda _: None) -> Path:
    """Write the frozen copy of a published version, where it is missing and was not let go; returns its folder.

    It is made from the lake in a temporary folder and renamed when whole. A folder that is there and is not this
    version's copy, since the lake was put back to an earlier state and gave the number once more, is set aside.

    Args:
        lake: where the version is.
        snapshot: the version.
        say: told about a folder that was set aside.

    Raises:
        LakeError: the copy cannot be written.
    """
    folder = lake.root / snapshot.path
    copy = FrozenCopy(path=snapshot.path, curation_id=snapshot.curation_id, content_hash=snapshot.content_hash)
    if snapshot.is_retired or (folder.exists() and copy.is_in(folder)):
        return folder
    temporary = folder.with_name(f".{folder.name}-{os.getpid()}")
    try:
        shutil.rmtree(temporary, ignore_errors=True)  # of one that was killed here: numbers of processes come again
        temporary.mkdir(parents=True)
        of_version = {"name": snapshot.name, "version": snapshot.version}
        lake.query(f"{ROWS} ORDER BY example_id", of_version).write_parquet(temporary / EXAMPLES_FILE)
        content = manifest(lake, snapshot)
        (temporary / SUMMARY_FILE).write_text(summary(content, folder), encoding="utf-8")
        sealed = seal(content, temporary)
        (temporary / MANIFEST_FILE).write_text(written(sealed), encoding="utf-8")
        if folder.exists():
            say(_set_aside(folder, snapshot))
        temporary.rename(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise LakeError(f"{snapshot.label} is published, but its copy in {folder} failed: {error}") from error
    return folder


def freeze_missing(lake: Lake, name: str, say: Callable[[str], None] = lambda _: None) -> None:
    """Write the newest version's copy where a killed publication left it out, or something else is in its place.

    Every publication begins so, and none of another version can have been left out. Those that this folder lacks
    for another reason, as it may be one of several hosts', are written when somebody asks for them.
    """
    for newest in snapshots(lake, name)[-1:]:
        freeze(lake, newest, say)


def _set_aside(folder: Path, snapshot: Snapshot) -> str:
    """Rename what stands in the place of a copy; returns what to say of it."""
    names = (folder.with_name(f"{folder.name}-set-aside-{number}") for number in count(1))
    aside = next(path for path in names if not path.exists())
    folder.rename(aside)
    return (
        f"Warning: {folder} was not the frozen copy of {snapshot.label}: its manifest is of another version, or cannot "
        f"be read. It was written anew. What was there is now {aside}; remove it when nobody needs it."
    )
