"""A pair of documents that share several buckets is looked at in the first of them."""

from pathlib import Path

import numpy as np

from stillroom.curation.band_files import BandFiles
from stillroom.curation.first_bands import is_first_shared


def test_a_pair_counts_in_the_first_band_that_it_shares_and_in_no_other(tmp_path: Path):
    generator = np.random.default_rng(3)
    keys = generator.integers(0, 3, (60, 6), dtype=np.uint32)
    files = BandFiles(tmp_path, 6)
    files.add(iter([keys]))
    later, earlier = np.triu_indices(60, 1)
    shared = [np.flatnonzero(keys[later, band] == keys[earlier, band]) for band in range(6)]
    pairs, bands = np.concatenate(shared), np.repeat(range(6), [len(some) for some in shared])

    is_first = is_first_shared(files, later[pairs].astype(np.int32), earlier[pairs].astype(np.int32), bands)

    assert len(np.unique(pairs)) == is_first.sum() < len(pairs)
    assert (np.flatnonzero((keys[later] == keys[earlier]).any(axis=1)) == np.sort(pairs[is_first])).all()
    for pair, band in zip(pairs[is_first], bands[is_first], strict=True):
        assert (keys[later[pair], :band] != keys[earlier[pair], :band]).all()


def test_no_pairs_are_none(tmp_path: Path):
    files = BandFiles(tmp_path, 2)
    files.add(iter([np.zeros((1, 2), np.uint32)]))
    none = np.zeros(0, np.int32)

    assert len(is_first_shared(files, none, none, np.zeros(0, np.int64))) == 0
