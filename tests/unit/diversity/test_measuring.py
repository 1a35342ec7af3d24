"""All measures of a set as rows of the lake's table."""

import random
from typing import Any

import numpy as np
import polars as pl
import pytest

from stillroom.diversity import Meaning, Novel, Sides, cluster_entropy, measure
from stillroom.embedding import unit_rows
from stillroom.lake.schema import TABLES

DRAW = random.Random(0)
TEXTS = [" ".join(f"w{DRAW.randrange(400)}" for _ in range(30)) for _ in range(600)]
ROWS = unit_rows(np.random.default_rng(0).normal(size=(600, 16)))
LABELS = np.arange(600) % 7
NOVEL = Novel(slice="written-prompts/10-given-prompts", rows=ROWS[:50], reference=ROWS[50:60])


def figures(frame: pl.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["metric"], row["slice"]): row for row in frame.iter_rows(named=True)}


@pytest.fixture(scope="module")
def measured() -> pl.DataFrame:
    meaning = Meaning(rows=ROWS, labels=LABELS, novel=[NOVEL])
    return measure(Sides(prompts=TEXTS[:80], answers=TEXTS, meaning=meaning), snapshot="c1", embedder="e@1")


def test_columns_are_those_of_the_lake(measured: pl.DataFrame) -> None:
    given = [
        column.name for column in TABLES["metrics"].columns if column.name not in ("run_id", "shard", "created_at")
    ]

    assert measured.columns == given
    assert measured["snapshot"].unique().to_list() == ["c1"]
    assert set(measured["risk"]) == {"style_collapse", "monoculture"}
    assert measured["value"].is_finite().all()
    intervals = measured.filter(pl.col("low").is_not_null())
    assert len(intervals) > 5
    assert (intervals["low"] <= intervals["value"]).all()
    assert (intervals["value"] <= intervals["high"]).all()


def test_draws_that_the_set_is_too_small_for_have_no_row(measured: pl.DataFrame) -> None:
    found = figures(measured)

    assert ("self_bleu", "answers/500-texts") in found
    assert ("self_bleu", "prompts/50-texts") in found
    assert ("self_bleu", "prompts/500-texts") not in found
    assert ("compression_ratio", "answers/5000-bytes") in found
    assert ("distinct_2", "prompts/20000-words") not in found
    nothing = Meaning(rows=ROWS[:0], labels=LABELS[:0])
    assert len(measure(Sides(prompts=[], answers=[], meaning=nothing))) == 0


def test_methods_name_the_embedder_where_vectors_were_used(measured: pl.DataFrame) -> None:
    found = figures(measured)

    assert found["vendi_score", "500-texts"]["method"] == "vendi@1/e@1"
    assert found["novelty", NOVEL.slice]["method"] == "nearest@2/100-words@4/e@1"
    assert found["distinct_1", "answers/1000-words"]["method"] == "distinct-n@2/words@4"


def test_cluster_entropy_is_of_the_clusters_that_are_given(measured: pl.DataFrame) -> None:
    order = np.random.default_rng(0).permutation(600)[:500]

    found = figures(measured)["cluster_entropy", "500-texts"]

    assert found["value"] == cluster_entropy(LABELS[order]).value
    assert found["value"] == pytest.approx(np.log(7), abs=0.02)


def test_without_meaning_wording_alone_is_measured() -> None:
    assert set(measure(Sides(prompts=TEXTS[:80], answers=TEXTS))["risk"]) == {"style_collapse"}


def test_texts_without_words_and_texts_without_end_are_measured() -> None:
    odd = ["", "\x00\x01", "\u3000", "x" * 2_000_000, "\ud800"] * 12
    found = figures(measure(Sides(prompts=odd, answers=odd)))

    assert found["self_bleu", "answers/50-texts"]["value"] <= 1.0
    assert found["compression_ratio", "answers/100000-bytes"]["value"] > 1.0
