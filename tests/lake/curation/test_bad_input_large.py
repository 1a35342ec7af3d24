"""Sizes that no row or corpus should have: 50 MB in one text, and many times the memory that a search is given."""

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stillroom.curation import find_duplicates
from stillroom.curation.benchmark_search import SEARCHES
from tests.lake.curation.test_bad_input import GRAM
from tests.lake.curation.test_duplicates import documents, representatives_of
from tests.unit.curation.test_contamination import items

HALF = 25_000_000  # characters
SEARCH = """
import resource, sys
from pathlib import Path
import polars as pl
from stillroom.curation import DedupSettings
from stillroom.curation.duplicates import search_duplicates
from tests.lake.curation.test_duplicates import documents

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

folder = Path(sys.argv[1])
settings = DedupSettings(memory_bytes=64 << 20, spill_directory=folder)
with search_duplicates(documents(["a text", "another text"]), settings=settings) as found:
    found.drops.collect()
before = peak()
with search_duplicates(pl.scan_parquet(folder / "*.parquet"), settings=settings) as found:
    print(found.drops.select(pl.len()).collect().item(), peak() - before)
"""


def words(digits: str, seed: int) -> str:
    """25 MB of words of seven of these characters."""
    known = np.random.default_rng(seed).choice(list(digits), (1_000, 8)).astype("S1")
    known[:, -1] = " "
    return np.random.default_rng(seed).choice(known.view("S8")[:, 0], HALF // 8).tobytes().decode()


@pytest.fixture(scope="module")
def giant() -> str:
    return words("0123456789", 1) + words("abcdefghij", 2)


@pytest.mark.slow
def test_one_text_of_50_mb_is_compared_with_others(giant: str):
    """With a copy, one that lacks its end, and its half."""
    found = find_duplicates(documents([giant, "small", giant + " \n", giant[:-1_000_000], giant[:HALF]]))

    assert len(giant) == 2 * HALF
    assert representatives_of(found) == {"d002": "d000", "d003": "d000"}


@pytest.mark.slow
@pytest.mark.parametrize(("search", "hits"), list(zip(SEARCHES, (1, 0, 0), strict=True)))
def test_one_text_of_50_mb_is_searched_to_its_end(giant: str, search, hits: int):
    held = pl.DataFrame({"id": ["giant"], "text": [f"{giant} {GRAM}"]})

    assert len(search(items(GRAM)).find(held)) == hits


def size_of(file: Path) -> int:
    """Bytes of a file that may be gone by now."""
    with suppress(FileNotFoundError):
        return file.stat().st_size
    return 0


@pytest.mark.slow
def test_a_corpus_larger_than_memory(tmp_path: Path):
    """300 MB of texts, of which every fifth is an edit of one before, within 64 MiB and about as much again."""
    generator = np.random.default_rng(3)
    count, size = 25_000, 2_000
    for part in range(6):
        letters = generator.bytes(count * size // 2).hex()
        texts = [letters[row * size : (row + 1) * size] for row in range(count)]
        texts[4::5] = [f"{text[: size // 2]}-{text[size // 2 :]}" for text in texts[3::5]]
        ids = [f"{part}-{row:030}" for row in range(count)]
        rows = pl.DataFrame({"id": ids, "text": texts, "rank": [part] * count})
        rows.write_parquet(tmp_path / f"{part}.parquet", compression="uncompressed")

    spilled = 0
    with subprocess.Popen([sys.executable, "-c", SEARCH, str(tmp_path)], stdout=subprocess.PIPE, text=True) as search:
        while search.poll() is None:
            spilled = max(spilled, sum(map(size_of, tmp_path.glob("stillroom-dedup-*/**/*"))))
            time.sleep(0.05)
        drops, grown = map(int, search.communicate()[0].split())

    assert drops == 6 * count // 5
    assert grown < 250_000_000
    assert spilled > 64 << 20
    assert not [*tmp_path.glob("stillroom-dedup-*")]
