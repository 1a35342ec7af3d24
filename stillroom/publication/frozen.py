"""The frozen copy of a snapshot: Parquet, manifest and summary that stand without the lake."""

import os
import shutil
from pathlib import Path

from stillroom.errors import LakeError
from stillroom.lake import Lake
from stillroom.publication.publish import Snapshot, snapshots
from stillroom.publication.sealing import EXAMPLES_FILE, MANIFEST_FILE, SUMMARY_FILE, seal, written
from stillroom.publication.stating import manifest
from stillroom.publication.summary import summary

_EXAMPLES = """
SELECT * EXCLUDE (name, version) FROM lake.snapshot_examples WHERE name = ? AND version = ? ORDER BY example_id
"""


def freeze(lake: Lake, snapshot: Snapshot) -> Path:
    """Write the frozen copy of a published version, where it is missing; returns its folder.

    It is made from the lake in a temporary folder and renamed when whole, so a folder that is there is complete.

    Raises:
        LakeError: the copy cannot be written.
    """
    folder = lake.root / snapshot.path
    if folder.exists():
        return folder
    temporary = folder.with_name(f".{folder.name}-{os.getpid()}")
    try:
        temporary.mkdir(parents=True)
        lake.query(_EXAMPLES, [snapshot.name, snapshot.version]).write_parquet(temporary / EXAMPLES_FILE)
        content = manifest(lake, snapshot)
        (temporary / SUMMARY_FILE).write_text(summary(content, folder), encoding="utf-8")
        sealed = seal(content, temporary)
        (temporary / MANIFEST_FILE).write_text(written(sealed), encoding="utf-8")
        temporary.rename(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise LakeError(f"{snapshot.label} is published, but its copy in {folder} failed: {error}") from error
    return folder


def freeze_missing(lake: Lake, name: str) -> None:
    """Write the copies that a killed publication left out."""
    for snapshot in snapshots(lake, name):
        if not snapshot.is_retired:
            freeze(lake, snapshot)
