"""One altered byte of a frozen copy is found, wherever it is."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from stillroom.lake import Lake
from stillroom.lake.copies import MANIFEST_FILE, read_manifest
from stillroom.publication import freeze, snapshots
from stillroom.publication.sealing import EXAMPLES_FILE, SUMMARY_FILE, against_seal


@pytest.fixture
def folder(published: Lake) -> Path:
    """A frozen copy."""
    (snapshot,) = snapshots(published, "tiny")
    return freeze(published, snapshot)


def is_found(folder: Path) -> bool:
    try:
        return not all(one.is_same for one in against_seal(read_manifest(folder), folder))
    except (ValueError, RecursionError):  # what compare says to be no JSON
        return True


def unfound(folder: Path, name: str, flips: Iterable[int], step: int = 1) -> Iterator[tuple[int, int]]:
    """Places and flips by which a file can be altered without its being found."""
    file = folder / name
    data = file.read_bytes()
    with file.open("r+b", buffering=0) as opened:
        for place in range(0, len(data), step):
            for flip in flips:
                opened.seek(place)
                opened.write(bytes([data[place] ^ flip]))
                if not is_found(folder):
                    yield place, flip
            opened.seek(place)
            opened.write(data[place : place + 1])
    assert file.read_bytes() == data


def test_every_byte_of_the_manifest_counts(folder: Path) -> None:
    assert not is_found(folder)
    assert list(unfound(folder, MANIFEST_FILE, flips=(0x20,))) == []  # letters in the other case
    assert list(unfound(folder, MANIFEST_FILE, flips=(0x01,), step=7)) == []


def test_every_byte_of_the_files_beside_it_counts(folder: Path) -> None:
    assert list(unfound(folder, SUMMARY_FILE, flips=(0x01,))) == []
    assert list(unfound(folder, EXAMPLES_FILE, flips=(0x01,), step=17)) == []


@pytest.mark.parametrize(
    ("text", "other"),
    [
        pytest.param("manifest_sha256", "manifest_sha257", id="the name of the seal"),
        pytest.param('"files"', '"filez"', id="the name of the files' hashes"),
        pytest.param("examples.parquet", "examples.parquex", id="the name of a file"),
        pytest.param("\n", "", id="white space"),
        pytest.param('"rows": 4', '"rows": 4e0', id="a number otherwise"),
        pytest.param('"rows": 4', '"rows": 4e999', id="a number that is none"),
        pytest.param('"tiny"', '"\\u0074iny"', id="a letter otherwise"),
        pytest.param('"tiny"', '"tin\\ud800"', id="half a letter"),
        pytest.param("{", '{"rows": 5,', id="a field twice"),
    ],
)
def test_what_means_the_same_or_hides_the_seal_is_found(folder: Path, text: str, other: str) -> None:
    file = folder / MANIFEST_FILE
    before = file.read_text(encoding="utf-8")
    assert text in before
    file.write_text(before.replace(text, other, 1), encoding="utf-8")
    assert is_found(folder)


def test_a_manifest_without_a_seal_does_not_pass(folder: Path) -> None:
    manifest = read_manifest(folder)
    del manifest["manifest_sha256"]
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    (found,) = [one.found for one in against_seal(read_manifest(folder), folder) if not one.is_same]
    assert "has no field manifest_sha256" in found
