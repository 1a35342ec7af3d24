"""Rows of a bucket come whole, in order, and only where a new document is not alone, however few are held at a time."""

import random
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.band_files import BandFiles
from stillroom.curation.budget import Budget
from stillroom.curation.candidates import KEY_BITS
from stillroom.curation.shared_buckets import shared_buckets
from stillroom.curation.signed import Signed

BANDS = 9  # of two files
LARGEST_KEY = (1 << 32) - 1


@pytest.mark.parametrize("held", [1, 3, 1_000])
@given(
    documents=st.lists(st.booleans(), max_size=14),
    old=st.integers(0, 8),
    gap=st.sampled_from([1, 1 << 28, 1 << 40]),
    generator=st.randoms(use_true_random=False),
)
def test_a_bucket_is_whole_where_a_new_document_is_not_alone(
    held: int, documents: list[bool], old: int, gap: int, generator: random.Random
):
    old, is_compared = min(old, len(documents)), np.array(documents, bool)
    keys = np.array(
        [[generator.choice((0, 1, 7, LARGEST_KEY)) for _ in range(BANDS)] for _ in documents], np.uint32
    ).reshape(-1, BANDS)
    first = old * gap
    arrivals = [gap * place for place in range(old)], [first + place for place in range(len(documents) - old)]
    by_place = np.array(
        [*generator.sample(arrivals[0], old), *generator.sample(arrivals[1], len(arrivals[1]))], np.int64
    )
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Budget, "sorted_rows", held)
        patch.setattr(Budget, "bucket_rows", held)
        files = BandFiles(Path(folder), BANDS)
        files.add(iter([keys]))
        signed = SimpleNamespace(
            band=files.band,
            arrivals=by_place,
            is_compared=is_compared,
            old=old,
            documents=SimpleNamespace(first=first),
        )
        found = [*shared_buckets(cast("Signed", signed), BANDS, Budget(1 << 20))]

    expected: list[tuple[int, int, int]] = []
    for band in range(BANDS):
        for key in np.unique(keys[:, band]).tolist():
            members = by_place[is_compared & (keys[:, band] == key)].tolist()
            if len(members) > 1 and max(members) >= first:
                expected += [(band << KEY_BITS | key, arrival, len(members)) for arrival in members]
    rows = [
        row
        for some in found
        for row in zip(some.buckets.tolist(), some.arrivals.tolist(), some.sizes.tolist(), strict=True)
    ]
    assert sorted(rows) == sorted(expected)
    for some in found:
        in_order = [*zip(some.buckets.tolist(), some.arrivals.tolist(), strict=True)]
        assert all(bucket != other or one < two for (bucket, one), (other, two) in pairwise(in_order))
        ends = [bucket for (bucket, _), (other, _) in pairwise([*in_order, (-1, 0)]) if bucket != other]
        assert len(ends) == len(set(ends))
