"""Duplicates by meaning: dropped exactly if a kept text before is similar enough, beside all other ways."""

import random
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stillroom.curation import semantic
from stillroom.curation.duplicates import find_duplicates
from stillroom.curation.semantic import Semantic
from stillroom.curation.settings import DedupSettings, Room
from stillroom.curation.structural import Structural
from stillroom.curation.vector_file import VectorFile
from stillroom.curation.vector_pairs import MOST_PAIRS
from stillroom.embedding import unit_rows
from stillroom.errors import RequestError
from stillroom.fingerprint import normalise_text
from tests.lake.curation.test_duplicates import as_old, documents, representatives_of, similarity
from tests.lake.curation.test_relations import STRUCTURE, corpora, last_word

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SURE = {"recall": 0.999999}


class CountedLetters:
    """Embeds a text by how often each letter occurs in it, and remembers what it was asked for."""

    name = "letters@1"
    dims = 26

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        rows = np.array([[text.count(chr(97 + letter)) for letter in range(26)] for text in texts], np.float64)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        rows[lengths[:, 0] == 0, 0] = 1.0
        return (rows / np.where(lengths == 0, 1.0, lengths)).astype(np.float32)


def cosine_of(one: str, other: str) -> float:
    left, right = CountedLetters().embed([one, other]).astype(np.float64)
    return float((left * right).sum())


def ways(one: str, other: str, how: DedupSettings, threshold: float) -> set[str]:
    left, right = normalise_text(one), normalise_text(other)
    if left == right:
        return {"exact"} if how.exact else set()
    found = {"near"} if how.near and similarity(one, other) >= how.threshold else set()
    found |= {"structural"} if last_word(left) and last_word(left) == last_word(right) else set()
    return found | ({"semantic"} if left and right and cosine_of(one, other) >= threshold else set())


@pytest.mark.parametrize("is_exact", [True, False])
@pytest.mark.parametrize("most", [MOST_PAIRS, 1])
@QUICK
@given(corpora(), st.floats(0.8, 0.99))
def test_drops_are_those_of_brute_force(most: int, is_exact: bool, new: pl.DataFrame, threshold: float):
    how = DedupSettings(exact=is_exact, **SURE)
    kinds = [Structural(STRUCTURE), Semantic(CountedLetters(), threshold)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stillroom.curation.vector_pairs.MOST_PAIRS", most)
        patch.setattr(semantic, "MOST_PAIRS", most)
        found = find_duplicates(new, None, how, kinds)
    kept: list[tuple[str, str]] = []
    expected: dict[str, str] = {}
    for id_, text in new.sort("rank", "id").select("id", "text").iter_rows():
        rival = next((other for other, old in kept if ways(text, old, how, threshold)), None)
        if rival is None:
            kept.append((id_, text))
        else:
            expected[id_] = rival
    assert representatives_of(found) == expected
    texts = dict(new.select("id", "text").iter_rows())
    for id_, representative, score, method in found.drops.iter_rows():
        if method == "semantic":
            assert score == pytest.approx(cosine_of(texts[id_], texts[representative]))
            assert score >= threshold


@QUICK
@given(corpora(), st.integers(1, 4))
def test_runs_one_after_another_keep_what_one_batch_keeps_and_embed_no_text_twice(corpus: pl.DataFrame, runs: int):
    how = DedupSettings(**SURE)
    size = -(-len(corpus) // runs)
    in_order = [
        corpus[start : start + size].with_columns(rank=pl.col("rank") + 10 * start)
        for start in range(0, len(corpus), size)
    ]
    batch = find_duplicates(pl.concat(in_order), None, how, [Semantic(CountedLetters(), 0.95)])
    signatures, known = batch.signatures.clear(), [Semantic(CountedLetters(), 0.95).computed]
    drops: dict[str, str] = {}
    for run in in_order:
        embedder = CountedLetters()
        kind = Semantic(embedder, 0.95, known)
        found = find_duplicates(run, as_old(corpus, signatures), how, [kind])
        assert set(embedder.texts) <= set(run["text"])
        drops |= representatives_of(found)
        signatures = pl.concat([signatures, found.signatures.filter(~pl.col("id").is_in(list(drops)))])
        known.append(kind.computed)
    assert drops == representatives_of(batch)


def test_ten_thousand_texts_of_one_meaning_are_soon_done():
    generator = random.Random(1)
    letters = list("abcdefghij" * 3)
    texts: set[str] = set()
    while len(texts) < 10_000:
        generator.shuffle(letters)
        texts.add("".join(letters))
    found = find_duplicates(
        documents(sorted(texts)), None, DedupSettings(near=False), [Semantic(CountedLetters(), 0.95)]
    )
    assert len(found.drops) == 9_999
    assert set(found.drops["method"]) == {"semantic"}


def test_old_documents_without_a_vector_are_refused():
    old = find_duplicates(documents(["a text"], prefix="old"))
    with pytest.raises(RequestError, match=r"'old000', have no embedding of letters@1"):
        find_duplicates(
            documents(["b"]),
            as_old(documents(["a text"], prefix="old"), old.signatures),
            None,
            [Semantic(CountedLetters(), 0.9)],
        )


def test_texts_without_a_character_are_of_no_meaning():
    found = find_duplicates(documents(["", "  ", "a"]), None, None, [Semantic(CountedLetters(), 0.9)])
    assert representatives_of(found) == {"d001": "d000"}


def test_vectors_that_are_compared_are_not_held_in_memory(tmp_path: Path):
    """80,000 published texts of 256 numbers each are 82 MB, and every fourth of the new ones is like one of them."""
    dims, count, fresh = 256, 80_000, 2_000
    generator = np.random.default_rng(1)
    texts = pl.DataFrame({"id": [f"old{row}" for row in range(count)]}).with_columns(pl.col("id").alias("text"))
    known = VectorFile(dims, tmp_path)
    for part in texts.iter_slices(10_000):
        known.add(part["id"].to_list(), unit_rows(generator.standard_normal((len(part), dims), dtype=np.float32)))
    how = DedupSettings(near=False, threshold=1.0, memory_bytes=64 << 20, spill_directory=tmp_path)
    signatures = find_duplicates(texts.with_columns(rank=0), None, how).signatures
    vectors = unit_rows(generator.standard_normal((fresh, dims), dtype=np.float32))
    vectors[::4] = known.rows([f"old{40 * row}" for row in range(fresh // 4)])
    ours = VectorFile(dims, tmp_path)
    ours.add([f"d{row:03}" for row in range(fresh)], vectors)
    new = documents([f"new {row}" for row in range(fresh)])
    room = Room(memory_bytes=how.memory_bytes, spill_directory=tmp_path)
    embedder = CountedLetters()
    embedder.dims = dims

    tracemalloc.start()
    found = find_duplicates(new, as_old(texts, signatures), how, [Semantic(embedder, 0.95, [known, ours], room)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert representatives_of(found) == {f"d{4 * row:03}": f"old{40 * row}" for row in range(fresh // 4)}
    assert embedder.texts == []
    assert peak < 41_000_000
    assert list(tmp_path.iterdir()) == []
