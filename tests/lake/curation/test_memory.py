"""A search holds little at a time, spills the rest, and finds the same; where it cannot spill it says what to do."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stillroom.curation import DedupSettings, OldDocuments, find_duplicates, first_bands, near
from stillroom.curation.budget import Budget
from stillroom.curation.duplicates import Duplicates, search_duplicates
from stillroom.curation.scratch import Scratch
from stillroom.errors import LakeError
from tests.fakes.disks import fill, small_disk
from tests.lake.curation.test_duplicates import QUICK, SENTENCES, as_old, corpora, documents


@contextmanager
def at_a_time(count: int) -> Generator[None]:
    """In the block searches hold so many documents, rows, pairs and characters at a time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name, kept in vars(Budget).items() if isinstance(kept, property)]:
            patch.setattr(Budget, name, count)
        patch.setattr(near, "_ROWS_AT_A_TIME", count)
        patch.setattr(first_bands, "_PAIRS_AT_A_TIME", count)
        yield


def same(one: Duplicates, other: Duplicates) -> bool:
    frames = ("drops", "clusters", "signatures")
    return one.crowded_buckets == other.crowded_buckets and all(
        getattr(one, name).equals(getattr(other, name)) for name in frames
    )


@pytest.mark.parametrize("exact", [True, False])
@QUICK
@given(corpora(most=24), st.integers(1, 4), st.integers(2, 20))
def test_what_is_found_does_not_hang_on_how_much_is_held_at_a_time(
    exact: bool, corpus: pl.DataFrame, count: int, size: int
):
    settings = DedupSettings(exact=exact, bucket_peers=2, most_compared=2)
    first = corpus.head(size)
    old = as_old(first, find_duplicates(first, settings=settings).signatures.sample(fraction=1.0, shuffle=True, seed=1))
    new = corpus[size:].with_columns(rank=-pl.col("rank"))
    with at_a_time(count):
        few = find_duplicates(new, old, settings)

    assert same(few, find_duplicates(new, old, settings))


def test_old_signatures_may_come_lazily(tmp_path: Path):
    old = documents(SENTENCES[:3], prefix="old")
    known = as_old(old, find_duplicates(old).signatures)
    new = documents([SENTENCES[1], SENTENCES[4], SENTENCES[0] + "!"])
    known.signatures.lazy().sink_parquet(tmp_path / "signatures.parquet")
    lazy = OldDocuments(signatures=pl.scan_parquet(tmp_path / "signatures.parquet"), texts=known.texts)

    assert same(find_duplicates(new, lazy), find_duplicates(new, known))


def test_what_was_found_may_stay_on_disk():
    new = documents([*SENTENCES, *SENTENCES[:2]])
    with search_duplicates(new) as stored, at_a_time(3):
        found = Duplicates(
            drops=stored.drops.collect(),
            clusters=stored.clusters.collect(),
            signatures=stored.signatures.collect().sort("arrival"),
            crowded_buckets=stored.crowded_buckets,
        )
    assert same(found, find_duplicates(new))


def test_what_exceeds_the_setting_is_spilled_and_the_same_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    many = documents([*SENTENCES, *(f"{text}!" for text in SENTENCES), *(["again"] * 400_000)])
    new = many.with_columns(id="0123456789" * 4 + pl.col("id"))
    spilled: list[int] = []
    arrays = Scratch.arrays

    def watched(scratch: Scratch, sql: str, **numbers: float) -> dict[str, NDArray[np.int64]]:
        spilled.append(sum(file.stat().st_size for file in tmp_path.glob("stillroom-dedup-*/spill/*")))
        return arrays(scratch, sql, **numbers)

    monkeypatch.setattr(Scratch, "arrays", watched)
    roomy = find_duplicates(new, settings=DedupSettings(spill_directory=tmp_path))
    before, spilled = spilled, []
    little = find_duplicates(new, settings=DedupSettings(memory_bytes=64 << 20, spill_directory=tmp_path))

    assert same(little, roomy)
    assert len(little.drops) == 7 + 399_999
    assert max(before) == 0
    assert max(spilled) > 1 << 20


@pytest.mark.parametrize("keep", [pytest.param(0, id="nothing"), pytest.param(4 << 20, id="less-than-signatures-take")])
def test_a_full_folder_is_an_error_that_says_what_to_do(tmp_path: Path, keep: int):
    new = documents([f"{text} {number}" for text in SENTENCES for number in range(9_000)])
    folder = tmp_path / "disk"
    with small_disk(folder, "16m"):
        fill(folder, keep=keep)
        with pytest.raises(LakeError, match=rf"room in {folder} .*MB free.*Free space"):
            find_duplicates(new, settings=DedupSettings(spill_directory=folder))
        assert [one.name for one in folder.iterdir()] == ["filler"]
