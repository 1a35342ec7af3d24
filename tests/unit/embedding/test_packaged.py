"""The packaged embedder: unit rows that hang on their text alone, and say what texts are about."""

import socket
from pathlib import Path

import numpy as np
import pytest

from stillroom.embedding import BLANK_AXIS, open_embedder, packaged, unit_rows
from stillroom.embedding.packaged import PackagedEmbedder
from stillroom.errors import RequestError

TEXTS = [
    "Write a function that sorts a list of numbers.",
    "Sort an array of integers in Python.",
    "What is the capital of France?",
    "Name the city in which the French government sits.",
]


@pytest.fixture(scope="module")
def embedder() -> PackagedEmbedder:
    return PackagedEmbedder()


def test_rows_have_unit_length_and_the_name_tells_model_and_version(embedder: PackagedEmbedder) -> None:
    rows = embedder.embed(TEXTS)

    assert rows.shape == (4, embedder.dims) == (4, 256)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)
    assert embedder.name == "wordllama/l2_supercat_256@0.4.0.post1"


def test_texts_about_the_same_are_more_alike(embedder: PackagedEmbedder) -> None:
    rows = embedder.embed(TEXTS)
    alike = rows @ rows.T

    assert min(alike[0, 1], alike[2, 3]) > 0.3 + max(alike[0, 2], alike[0, 3], alike[1, 2], alike[1, 3])


def test_a_vector_hangs_on_its_text_alone(embedder: PackagedEmbedder) -> None:
    among_others = embedder.embed([*TEXTS, "long " * 40_000, ""])

    for place, text in enumerate(TEXTS):
        np.testing.assert_array_equal(embedder.embed([text])[0], among_others[place])


def test_blank_texts_are_alike_and_defined(embedder: PackagedEmbedder) -> None:
    rows = embedder.embed(["", " \n\t", "\u3000"])

    assert rows[:, BLANK_AXIS].tolist() == [1.0, 1.0, 1.0]
    assert np.count_nonzero(rows) == 3
    assert embedder.embed([]).shape == (0, 256)


def test_text_that_is_no_unicode_and_text_without_end_are_embedded(
    embedder: PackagedEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = embedder.embed(["half a \ud800 pair", "half a ? pair"])
    np.testing.assert_array_equal(rows[0], rows[1])

    whole = embedder.embed(["word " * 50_000])  # in pieces and batches
    monkeypatch.setattr(packaged, "_BATCH_CHARACTERS", 10_000)
    np.testing.assert_allclose(embedder.embed(["word " * 50_000]), whole, atol=1e-5)


def test_nothing_is_asked_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    packaged._load.cache_clear()
    with open_embedder(None) as embedder:
        assert embedder.embed(["text"]).shape == (1, 256)


def test_weights_that_are_gone_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "wordllama").mkdir()
    (tmp_path / "wordllama" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    packaged._load.cache_clear()

    with pytest.raises(RequestError, match=r"lacks its file weights/.*Install Stillroom's dependencies again"):
        PackagedEmbedder()


def test_zeros_lie_on_the_axis_of_the_blank() -> None:
    np.testing.assert_array_equal(unit_rows(np.array([[0.0, 0.0], [0.0, 3.0]])), [[1.0, 0.0], [0.0, 1.0]])
