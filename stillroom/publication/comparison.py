"""Holds a snapshot's frozen copy against the lake, and both against what was stated when it was published."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from stillroom.errors import LakeError
from stillroom.fingerprint import canonical_json
from stillroom.lake import Lake
from stillroom.lake.damage import found_missing
from stillroom.publication.candidate import content_hash
from stillroom.publication.publish import Snapshot

EXAMPLES_FILE = "examples.parquet"
MANIFEST_FILE = "manifest.json"
SUMMARY_FILE = "summary.md"
SEAL = "manifest_sha256"  # field of the manifest: over all its others
FILES = "files"  # field of the manifest: sha256 of the files beside it
_STATED = ("name", "version", "rows", "new_rows", "content_hash", "run_id", "curation_id")
_MEMBERS = """
SELECT example_id, messages, answer FROM lake.snapshot_examples WHERE name = ? AND version = ?
"""
_FROZEN = "SELECT example_id, messages, answer FROM read_parquet(?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One thing that was compared.

    Attributes:
        what: what was held against what.
        is_same: whether they agree.
        found: what differs, and what was expected; "" where nothing does.
    """

    what: str
    is_same: bool
    found: str = ""


def seal(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    """``manifest`` with the sha256 of the files in ``folder`` and of itself, by which an altered byte is found."""
    files = {name: file_sha256(folder / name) for name in (EXAMPLES_FILE, SUMMARY_FILE)}
    sealed = {**manifest, FILES: files}
    return {**sealed, SEAL: _manifest_sha256(sealed)}


def compare(lake: Lake, snapshot: Snapshot) -> list[Comparison]:
    """Everything that can be compared without running a verifier again; where files are missing, that alone."""
    missing = lake.missing_files()
    files = Comparison(
        what="data files that the catalogue names", is_same=not missing, found=found_missing(missing) if missing else ""
    )
    if missing:
        return [files]
    folder = lake.root / snapshot.path
    members = lake.rows(_MEMBERS, [snapshot.name, snapshot.version])
    return [
        files,
        _same("rows of the lake, counted", len(members), snapshot.rows),
        _same("content of the lake's rows", content_hash(members), snapshot.content_hash),
        *_frozen_copy(lake, folder, snapshot),
    ]


def file_sha256(file: Path) -> str:
    """sha256 of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _frozen_copy(lake: Lake, folder: Path, snapshot: Snapshot) -> Iterator[Comparison]:
    missing = [name for name in (EXAMPLES_FILE, MANIFEST_FILE, SUMMARY_FILE) if not (folder / name).is_file()]
    if missing:
        yield Comparison(what="files of the frozen copy", is_same=False, found=f"{folder} lacks {', '.join(missing)}")
        return
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    except ValueError as error:
        yield Comparison(what="manifest", is_same=False, found=f"{folder / MANIFEST_FILE} is no JSON: {error}")
        return
    yield from _manifest(cast("dict[str, Any]", manifest), folder, snapshot)
    try:
        rows = lake.rows(_FROZEN, [str(folder / EXAMPLES_FILE)])  # polars panics at some altered bytes
    except LakeError as error:
        yield Comparison(what=EXAMPLES_FILE, is_same=False, found=f"{folder / EXAMPLES_FILE} cannot be read: {error}")
        return
    yield _same(f"rows of {EXAMPLES_FILE}, counted", len(rows), snapshot.rows)
    yield _same(f"content of {EXAMPLES_FILE}", content_hash(rows), snapshot.content_hash)


def _manifest(manifest: dict[str, Any], folder: Path, snapshot: Snapshot) -> Iterator[Comparison]:
    stated = {name: manifest.get(name) for name in _STATED}
    published = {name: getattr(snapshot, name) for name in _STATED}
    wrong = [f"{name} {stated[name]!r} for {published[name]!r}" for name in _STATED if stated[name] != published[name]]
    yield Comparison(what="manifest against the lake", is_same=not wrong, found=", ".join(wrong))
    if SEAL not in manifest:
        return  # frozen before manifests were sealed
    yield _same("manifest against its own hash", _manifest_sha256(manifest), manifest[SEAL])
    for name, expected in cast("dict[str, str]", manifest.get(FILES, {})).items():
        yield _same(f"bytes of {name}", file_sha256(folder / name), expected)


def _manifest_sha256(manifest: dict[str, Any]) -> str:
    content = json.loads(json.dumps({key: value for key, value in manifest.items() if key != SEAL}, default=str))
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def _same(what: str, found: object, expected: object) -> Comparison:
    is_same = found == expected
    return Comparison(what=what, is_same=is_same, found="" if is_same else f"found {found}, expected {expected}")
