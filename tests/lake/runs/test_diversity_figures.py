"""Novelty is against corpora that stay the same, of a size that is stated, and does not hang on the texts' length."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from stillroom.embedding.packaged import PackagedEmbedder
from stillroom.lake import Lake
from stillroom.publication.diverse import diversity_of, in_words
from stillroom.runs import diversity_figures
from tests.fakes.builds import Builder
from tests.fakes.prompts import prompt, write_seeds
from tests.lake.runs.test_diversifying import asking

AGAINST = "curation: {against: {old: {path: old.parquet, kind: prompt}, said: {path: said.parquet, kind: answer}}}\n"


def write_tables(folder: Path, rows: int = 30) -> None:
    tasks = [prompt(number).task for number in range(100, 100 + rows)]
    frame = pl.DataFrame({"id": range(rows), "text": tasks})
    frame.write_parquet(folder / "old.parquet")
    frame.head(7).write_parquet(folder / "said.parquet")


async def test_every_table_is_a_corpus_whose_size_and_content_are_named(lake: Lake, tmp_path: Path) -> None:
    write_tables(tmp_path)
    builder = Builder(lake)
    _, snapshot = await builder.build(asking(tmp_path, AGAINST))
    assert snapshot is not None

    rows = [row for row in diversity_of(lake, snapshot.curation_id) if row["metric"] == "novelty"]

    assert [row["slice"].partition("@")[0] for row in rows] == ["answers/said", "prompts/old"]
    assert [row["slice"].rpartition("/")[2] for row in rows] == ["7-rows", "30-rows"]
    assert all(0 < row["low"] <= row["value"] <= row["high"] for row in rows)
    tasks = lake.rows("SELECT DISTINCT p.task FROM examples e JOIN prompts p USING (prompt_id)")
    embed = PackagedEmbedder().embed
    mine = embed([row["task"] for row in tasks])
    theirs = embed(pl.read_parquet(tmp_path / "old.parquet")["text"].to_list())
    assert rows[1]["value"] == pytest.approx(1 - (mine @ theirs.T).max(axis=1).mean(), abs=1e-5)


async def test_of_a_large_table_the_same_rows_always_count(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(tmp_path)
    monkeypatch.setattr(diversity_figures, "MOST_REFERENCE", 12)

    _, snapshot = await Builder(lake).build(asking(tmp_path, AGAINST))

    assert snapshot is not None
    slices = [row["slice"] for row in diversity_of(lake, snapshot.curation_id) if row["metric"] == "novelty"]
    assert [one.rpartition("/")[2] for one in slices] == ["7-rows", "10-rows"]  # every third of 30


class Remembering:
    """Embeds every text alike, and remembers them."""

    name, dims = "one-direction@1", 2

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return np.tile(np.array([0.6, 0.8], np.float32), (len(texts), 1))


def test_written_prompts_are_compared_with_a_fixed_number_of_given_ones(lake: Lake, tmp_path: Path) -> None:
    write_seeds(tmp_path / "seeds.jsonl", range(60))
    run = Builder(lake).begin(asking(tmp_path, "", prompts=60))
    written = {"sample_id": "s", "prompt_id": "w", "task": "word " * 500, "answer": "", "origin": "written"}
    embedder = Remembering()

    (found,) = diversity_figures._beyond_given(lake, run, [written], embedder)

    assert found.slice == "written-prompts/50-given-prompts"
    assert (len(found.rows), len(found.reference)) == (1, 50)
    assert embedder.texts[0] == " ".join(["word"] * 100)
    given = [row["task"] for row in lake.rows("SELECT task FROM lake.prompts ORDER BY md5(prompt_id)")]
    assert embedder.texts[1:] == [" ".join(task.split()[:100]) for task in given]
    assert diversity_figures._beyond_given(lake, run, [{**written, "origin": "seed"}], embedder) == []


def test_scripts_without_spaces_are_cut_as_well() -> None:
    embedder = Remembering()
    diversity_figures._of_one_length(["\u5199" * 5_000, "\u0e01\u0e34" * 5_000], embedder)
    assert embedder.texts == ["\u5199" * 200, "\u0e01\u0e34" * 400]


def test_what_a_person_must_know_of_the_gate_is_said() -> None:
    rows = [
        {"metric": "gate_wanted", "slice": "", "value": 50.0},
        {"metric": "gate_kept", "slice": "", "value": 15.0},
        {"metric": "gate_unknown", "slice": "topic", "value": 1_200.0},
    ]

    assert in_words(rows) == [
        "Quotas left room for 15 of the 50 samples that the gate of diversity was to keep.",
        "1,200 of the samples that the gate of diversity was asked about have no topic, and its quota does not limit "
        "them.",
    ]
    assert in_words([rows[0], {**rows[1], "value": 50.0}]) == []
