"""Seals a frozen copy, so that one byte that was altered since is found, of the manifest or of a file beside it.

The manifest holds the sha256 of the files and, as its last field, that of its own content. A hash of content says
nothing of how it is written, so the bytes are held against the one way in which we write it, too.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from stillroom.fingerprint import canonical_json
from stillroom.lake.copies import MANIFEST_FILE

EXAMPLES_FILE = "examples.parquet"
SUMMARY_FILE = "summary.md"
SEAL = "manifest_sha256"  # field of the manifest: over all its others
FILES = "files"  # field of the manifest: sha256 of the files beside it
SEALED_FILES = (EXAMPLES_FILE, SUMMARY_FILE)


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


def same(what: str, found: object, expected: object) -> Comparison:
    """Whether the one is the other."""
    is_same = found == expected
    return Comparison(what=what, is_same=is_same, found="" if is_same else f"found {found}, expected {expected}")


def seal(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    """``manifest`` as plain data, with the sha256 of the files in ``folder`` and of itself."""
    plain = cast("dict[str, Any]", json.loads(json.dumps(manifest, default=str)))
    sealed = {**plain, FILES: {name: file_sha256(folder / name) for name in SEALED_FILES}}
    return {**sealed, SEAL: _content_sha256(sealed)}


def written(manifest: dict[str, Any]) -> str:
    """The text of a manifest's file."""
    return json.dumps(manifest, indent=2) + "\n"


def against_seal(manifest: dict[str, Any], folder: Path) -> Iterator[Comparison]:
    """Whether the bytes in ``folder`` are those that were sealed; ``manifest`` is the one that was read there."""
    yield _own_seal(manifest, (folder / MANIFEST_FILE).read_bytes())
    listed = manifest.get(FILES)
    expected = cast("dict[str, object]", listed) if isinstance(listed, dict) else {}
    for name in SEALED_FILES:
        yield same(f"bytes of {name}", file_sha256(folder / name), expected.get(name))


def file_sha256(file: Path) -> str:
    """sha256 of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _own_seal(manifest: dict[str, Any], data: bytes) -> Comparison:
    what = "manifest against its own hash"
    if SEAL not in manifest:
        found = f"{MANIFEST_FILE} has no field {SEAL}: it was altered, or frozen before manifests had one"
        return Comparison(what=what, is_same=False, found=found)
    if data != written(manifest).encode():
        found = f"the bytes of {MANIFEST_FILE} are not those in which its content is written"
        return Comparison(what=what, is_same=False, found=found)
    try:
        return same(what, _content_sha256(manifest), manifest[SEAL])
    except ValueError as error:  # a number or text that has no canonical form
        return Comparison(what=what, is_same=False, found=f"{MANIFEST_FILE} holds what was never written: {error}")


def _content_sha256(manifest: dict[str, Any]) -> str:
    content = {key: value for key, value in manifest.items() if key != SEAL}
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()
