"""Vectors that are made elsewhere are to the bit those that are made here."""

import numpy as np
import pytest

from stillroom.embedding import batches as module
from stillroom.embedding import open_embedder
from tests.fakes.batches import OneByOne

TEXTS = [
    "Sort numbers.",
    "",
    " \n",
    "half a \ud800 pair",
    "long " * 5_000,
    *(f"Text of number {n}." for n in range(40)),
]


def test_vectors_of_batches_are_those_of_all_texts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST", 1)
    monkeypatch.setattr(module, "_BATCH_TEXTS", 7)
    monkeypatch.setattr(module, "_BATCH_CHARACTERS", 200)
    runner = OneByOne()
    with open_embedder(None) as here, open_embedder(None, runner) as there:
        assert (here.name, here.dims) == (there.name, there.dims)
        np.testing.assert_array_equal(here.embed(TEXTS), there.embed(TEXTS))
        assert runner.done["embed"] > 5
        assert there.embed([]).shape == (0, here.dims)


def test_few_texts_are_embedded_here() -> None:
    runner = OneByOne()
    with open_embedder(None, runner) as embedder:
        assert len(embedder.embed(TEXTS)) == len(TEXTS)
    assert runner.done == {}
