import base64
import tracemalloc

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillroom.curation.pair_tables import PairTables
from stillroom.curation.scratch import open_scratch
from stillroom.curation.settings import DedupSettings
from stillroom.curation.similarity import jaccard
from stillroom.curation.texts import normalise
from stillroom.curation.verification import by_component, pages_of, verify

TEXT = st.text("ab ", max_size=20)


@given(st.lists(TEXT, min_size=1, max_size=6))
def test_jaccard_is_that_of_plain_sets(texts: list[str]):
    left, right = (side.ravel() for side in np.meshgrid(np.arange(len(texts)), np.arange(len(texts))))
    found = jaccard(texts, left, right)
    sets = [{text[at : at + 5] for at in range(max(len(text) - 4, min(len(text), 1)))} for text in texts]
    for one, other, score in zip(left.tolist(), right.tolist(), found.tolist(), strict=True):
        assert score == len(sets[one] & sets[other]) / max(len(sets[one] | sets[other]), 1)


def test_giant_texts_are_compared_as_others_are_and_held_a_few_times():
    """Their sets take 8 bytes a character, and each of them is not copied into rows of a matrix besides."""
    size = 1_500_000
    giant = base64.b64encode(np.random.default_rng(5).bytes(size * 3 // 4)).decode()
    texts = [giant, giant[: size * 9 // 10], giant[:1_000], ""]
    left, right = np.array([0, 0, 0, 2, 1]), np.array([1, 2, 3, 3, 1])
    tracemalloc.start()
    found = jaccard(texts, left, right)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    whole, most, few = (len({text[at : at + 5] for at in range(len(text) - 4)}) for text in texts[:3])
    assert found.tolist() == [most / whole, few / whole, 0.0, 0.0, 1.0]
    assert held < 40 * size


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(TEXT, min_size=2, max_size=12),
    st.sets(st.tuples(st.integers(1, 11), st.integers(0, 10)).filter(lambda pair: pair[0] > pair[1]), min_size=1),
)
def test_pages_do_not_show(texts: list[str], pairs: set[tuple[int, int]]):
    wanted = [(later, earlier) for later, earlier in pairs if later < len(texts)] or [(1, 0)]
    later, earlier = np.array(wanted, np.int64).T
    frame = pl.DataFrame({"arrival": range(len(texts)), "text": normalise(pl.Series(texts))})
    with open_scratch(DedupSettings()) as scratch:
        tables = PairTables(scratch)
        involved = frame.filter(pl.col("arrival").is_in([*later.tolist(), *earlier.tolist()]))
        bucket = pl.lit(None, pl.Int64).alias("bucket")
        tables.add_pairs(pl.select(bucket, later=pl.Series(later), earlier=pl.Series(earlier), estimate=pl.lit(1.0)))
        tables.choose_candidates(100, np.zeros(0, np.int64))
        verify(tables, later, earlier, involved.iter_slices(3), file=scratch.folder / "texts", page_characters=25)
        found = {pair[:2]: pair[2] for pair in tables.matches(0.0).rows()}
    assert found == dict(zip(wanted, jaccard(frame["text"].to_list(), later, earlier).tolist(), strict=True))


def test_components_stay_together():
    positions = by_component(np.array([9, 5, 7]), np.array([1, 2, 1]))
    assert positions["arrival"].to_list() == [1, 7, 9, 2, 5]
    assert positions["position"].to_list() == [0, 1, 2, 3, 4]


def test_only_a_component_larger_than_a_page_is_split():
    components = np.array([0, 0, 1, 1, 1, 2], np.int32)
    assert pages_of(components, np.array([3, 4, 1, 1, 4, 2]), 10).tolist() == [0, 0, 0, 0, 0, 1]
    assert pages_of(components, np.array([6, 6, 9, 9, 9, 1]), 10).tolist() == [0, 0, 1, 1, 2, 3]
