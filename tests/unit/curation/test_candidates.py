from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.candidates import choose_representatives, may_share, peer_rows, whole_buckets

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12), st.booleans()), unique_by=lambda row: row[:2])


@given(ROWS, st.integers(2, 6))
def test_pairs_are_with_the_first_and_the_latest_kept(rows: list[tuple[int, int, bool]], peers: int):
    rows = sorted(rows)
    expected: list[tuple[int, int]] = []
    for bucket, arrival, _ in rows:
        kept = [
            other for other_bucket, other, is_kept in rows if other_bucket == bucket and is_kept and other < arrival
        ]
        first, latest = kept[: peers // 2], kept[-(peers - peers // 2) :]
        expected += [(arrival, other) for other in {*first, *latest}]
    columns = np.array([row[:2] for row in rows], np.int64).reshape(-1, 2)
    is_kept = np.array([row[2] for row in rows], bool)
    parts = list(peer_rows(columns[:, 0], is_kept, peers))
    assert all(len(set(later.tolist())) == len(later) for later, _ in parts)
    found = [
        (later, earlier)
        for some in parts
        for later, earlier in zip(*(columns[rows, 1].tolist() for rows in some), strict=True)
    ]
    assert sorted(found) == sorted(expected)


@given(st.lists(st.integers(1, 9), max_size=20), st.integers(1, 30))
def test_rows_are_cut_between_buckets(sizes: list[int], at_a_time: int):
    buckets = np.repeat(np.arange(len(sizes)), sizes)
    parts = [buckets[some].tolist() for some in whole_buckets(buckets, at_a_time)]
    assert [row for part in parts for row in part] == buckets.tolist()
    assert all(not {*one} & {*other} for one, other in pairwise(parts))
    assert all(len(part) < at_a_time + 9 for part in parts)


@given(st.sets(st.tuples(st.integers(0, 15), st.integers(0, 15)).filter(lambda pair: pair[0] > pair[1])))
def test_who_is_kept_is_the_first_maximal_independent_set(pairs: set[tuple[int, int]]):
    in_order = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    representatives = choose_representatives(in_order[:, 0], in_order[:, 1])
    for document in range(16):
        kept_matches = [other for later, other in sorted(pairs) if later == document and other not in representatives]
        assert representatives.get(document) == (kept_matches[0] if kept_matches else None)


@given(st.lists(st.integers(0, 40), max_size=30), st.lists(st.integers(0, 40), max_size=30))
def test_the_filter_loses_no_shared_bucket(new: list[int], old: list[int]):
    spread = np.uint32(0x9E3779B1)
    may = may_share(np.array(new, np.uint32) * spread, np.array(old, np.uint32) * spread)
    assert len(may) == len(old)
    for key, one in zip(old, may.tolist(), strict=True):
        assert one or key not in new


def test_few_strangers_pass_the_filter_of_a_few_documents_and_none_that_shares_a_bucket_is_lost():
    generator = np.random.default_rng(1)
    new = generator.integers(0, 1 << 32, 5_000, np.uint32)
    old = generator.integers(0, 1 << 32, 200_000, np.uint32)
    shared = np.arange(0, len(old), 1_000)
    old[shared] = new[: len(shared)]
    may = may_share(new, old)
    assert may[shared].all()
    assert may.mean() < 0.02
