"""What is signed elsewhere, piece by piece, is to the bit what is signed here."""

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal, assert_series_equal

from stillroom.curation import signed_batches as module
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signed_batches import signed_batches
from tests.fakes.batches import OneByOne

WIDE = "\uff21\uff22"  # normalised to AB
TEXTS = st.lists(
    st.sampled_from(["", " ", "a", "ab " * 40, "the same", "the  same", "AB", WIDE, "x" * 700]), min_size=1, max_size=9
)


def documents(texts: Sequence[Sequence[str]]) -> list[pl.DataFrame]:
    frames: list[pl.DataFrame] = []
    arrival = 7
    for some in texts:
        arrivals = range(arrival, arrival + len(some))
        rows = {"arrival": arrivals, "id": [f"d{one}" for one in arrivals], "text": some}
        schema = {"arrival": pl.Int64, "id": pl.String, "text": pl.String}
        frames.append(pl.DataFrame(rows, schema=schema))
        arrival += len(some)
    return frames


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST", 0)
    monkeypatch.setattr(module, "PIECE_BYTES", 100)


@given(st.lists(TEXTS, max_size=4), st.sampled_from([0.5, 0.7, 1.0]))
def test_pieces_of_a_batch_give_what_the_whole_of_it_gives(texts: list[list[str]], threshold: float) -> None:
    here = list(signed_batches(documents(texts), DedupSettings(threshold=threshold)))
    there = list(signed_batches(documents(texts), DedupSettings(threshold=threshold, batch_runner=OneByOne())))

    assert len(here) == len(there) == len(texts)
    for ours, theirs in zip(here, there, strict=True):
        assert_frame_equal(ours[0], theirs[0])
        assert_series_equal(ours[1], theirs[1])
        assert_frame_equal(ours[2], theirs[2])


def test_a_batch_is_cut_by_the_bytes_of_its_texts_and_the_next_is_read_when_there_is_room() -> None:
    runner = OneByOne()
    read: list[int] = []

    def batches() -> list[pl.DataFrame]:
        return documents([["x" * 60, "y" * 60, "z" * 60], ["é" * 60]])

    waiting = signed_batches((read.append(len(one)) or one for one in batches()), DedupSettings(batch_runner=runner))
    next(waiting)
    assert (read, runner.done) == ([3], {"sign": 2})
    assert [len(one) for one, _, _ in waiting] == [1]
    assert runner.done == {"sign": 3}


def test_few_documents_are_signed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST", 3)
    runner = OneByOne()
    few = list(signed_batches(documents([["a", "b"], ["c"]]), DedupSettings(batch_runner=runner)))
    assert ([len(one) for one, _, _ in few], runner.done) == ([2, 1], {})
    assert list(signed_batches([], DedupSettings(batch_runner=runner))) == []
