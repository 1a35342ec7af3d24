"""A pair of documents that share several buckets counts in the first of them, and one by chance in none."""

from pathlib import Path

import numpy as np
import pytest

from stillroom.curation import DedupSettings, first_bands
from stillroom.curation.band_files import BandFiles
from stillroom.curation.candidates import KEY_BITS, peer_rows
from stillroom.curation.first_bands import alike_rows, estimates, is_first_shared
from stillroom.curation.sketch import estimated_jaccard

NONE = np.zeros(0, np.int64)


@pytest.mark.parametrize(("bands", "values"), [(6, 3), (20, 12)])
def test_a_pair_counts_in_the_first_band_that_it_shares_and_in_no_other(tmp_path: Path, bands: int, values: int):
    generator = np.random.default_rng(3)
    keys = generator.integers(0, values, (200, bands), dtype=np.uint32)
    files = BandFiles(tmp_path, bands)
    files.add(iter([keys]))
    later, earlier = np.triu_indices(200, 1)
    shared = [np.flatnonzero(keys[later, band] == keys[earlier, band]) for band in range(bands)]
    pairs, found_in = np.concatenate(shared), np.repeat(range(bands), [len(some) for some in shared])

    is_first = is_first_shared(files, later[pairs].astype(np.int32), earlier[pairs].astype(np.int32), found_in, NONE)

    assert len(np.unique(pairs)) == is_first.sum() < len(pairs)
    assert (np.flatnonzero((keys[later] == keys[earlier]).any(axis=1)) == np.sort(pairs[is_first])).all()
    for pair, band in zip(pairs[is_first], found_in[is_first], strict=True):
        assert (keys[later[pair], :band] != keys[earlier[pair], :band]).all()


def test_no_pairs_are_none(tmp_path: Path):
    files = BandFiles(tmp_path, 2)
    files.add(iter([np.zeros((1, 2), np.uint32)]))
    none = np.zeros(0, np.int32)

    assert len(is_first_shared(files, none, none, NONE, NONE)) == 0


def test_a_band_before_counts_only_where_its_bucket_is_not_crowded(tmp_path: Path):
    keys = np.array([[7, 5, 5, 9], [7, 5, 5, 9], [7, 5, 5, 9]], np.uint32)
    files = BandFiles(tmp_path, 4)
    files.add(iter([keys]))
    later, earlier, bands = np.array([1, 1, 2, 2], np.int32), np.zeros(4, np.int32), np.array([1, 2, 2, 3])
    crowded = np.array([7, 2 << KEY_BITS | 5])

    assert is_first_shared(files, later, earlier, bands, NONE).tolist() == [False] * 4
    assert is_first_shared(files, later, earlier, bands, crowded).tolist() == [True, False, False, False]


@pytest.mark.parametrize("peers", [2, 3, 16])
@pytest.mark.parametrize("threshold", [0.3, 0.7, 0.95])
def test_first_sight_is_the_estimate_from_the_first_bands_of_all_peers(
    threshold: float, peers: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(first_bands, "_PAIRS_AT_A_TIME", 50)
    settings = DedupSettings(threshold=threshold, bucket_peers=peers)
    generator = np.random.default_rng(3)
    buckets = np.sort(np.concatenate([generator.integers(0, 900, 3_000), np.full(200, 77)]))
    keys = generator.integers(0, 1 << 30, (1_000, 8), dtype=np.uint32)[buckets]
    keys = np.where(generator.random(keys.shape) < 0.3, generator.integers(0, 1 << 30, keys.shape, np.uint32), keys)
    is_kept, is_asked = generator.random((2, len(buckets))) < 0.7
    texts = generator.integers(0, 4, len(buckets))

    found = [*alike_rows(buckets, is_kept, is_asked, keys, settings, texts)]

    later, earlier = (np.concatenate(side) for side in zip(*peer_rows(buckets, is_kept, peers), strict=True))
    estimate = estimated_jaccard(keys[later], keys[earlier], settings.rows_per_band)
    is_found = is_asked[later] & (texts[later] != texts[earlier]) & (estimate >= settings.least_estimate(8))
    assert 0 < is_found.sum() < len(later)
    assert len(found) > 1
    assert max(len(rows) for rows, _ in found) <= 50
    rows, others = (np.concatenate(side).tolist() for side in zip(*found, strict=True))
    expected = zip(later[is_found].tolist(), earlier[is_found].tolist(), strict=True)
    assert sorted(zip(rows, others, strict=True)) == sorted(expected)


def test_no_rows_have_no_pairs_and_equal_texts_count_where_none_are_told():
    settings, yes = DedupSettings(), np.ones(2, bool)
    keys = np.zeros((2, 8), np.uint32)

    assert [*alike_rows(NONE, yes[:0], yes[:0], keys[:0], settings)] == []
    assert [[side.tolist() for side in pairs] for pairs in alike_rows(np.array([5, 5]), yes, yes, keys, settings)] == [
        [[1], [0]]
    ]


@pytest.mark.parametrize("threshold", [0.3, 0.7, 1.0])
def test_the_estimate_is_that_of_all_bands(tmp_path: Path, threshold: float):
    settings = DedupSettings(threshold=threshold)
    generator = np.random.default_rng(3)
    keys = generator.integers(0, 1 << 32, (40_000, settings.bands), dtype=np.uint32)
    keys[1::2] = np.where(generator.random((20_000, settings.bands)) < 0.6, keys[::2], keys[1::2])
    files = BandFiles(tmp_path, settings.bands)
    files.add(iter([keys[:10_000], keys[10_000:]]))
    earlier, later = np.arange(0, 40_000, 2, dtype=np.int32), np.arange(1, 40_000, 2, dtype=np.int32)

    found = estimates(files, later, earlier, settings)

    assert found.tolist() == estimated_jaccard(keys[later], keys[earlier], settings.rows_per_band).tolist()
    assert len(estimates(files, later[:0], earlier[:0], settings)) == 0
