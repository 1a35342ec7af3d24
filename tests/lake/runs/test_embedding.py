"""A server that embeds texts is met when a text has no vector yet, and stops no decision that hangs on none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stillroom.errors import TeacherLost
from stillroom.lake import Lake
from stillroom.publication import freeze
from stillroom.publication.diverse import diversity_of
from stillroom.publication.frozen import SUMMARY_FILE
from stillroom.recipe import Recipe
from stillroom.runs.curating import curate_run
from tests.fakes.builds import Builder
from tests.fakes.embeddings import FakeEmbeddings
from tests.lake.runs.test_diversifying import NO_DEDUP, asking


@pytest.fixture
def server() -> Iterator[FakeEmbeddings]:
    with FakeEmbeddings() as running:
        yield running


def by_endpoint(folder: Path, url: str, more: str = "", **options: Any) -> Recipe:
    embedding = f"embedding: {{url: '{url}', model: org/tiny-embedder, patience_seconds: 0.3}}"
    return asking(folder, f"curation: {{{NO_DEDUP}, {embedding}{more}}}\n", **options)


SEMANTIC = ", semantic_answers: {threshold: 0.99}, diversity: {share: 0.5}"


async def test_an_endpoint_that_is_down_stops_nothing_that_hangs_on_no_vector(lake: Lake, tmp_path: Path) -> None:
    _, snapshot = await Builder(lake).build(by_endpoint(tmp_path, "http://127.0.0.1:9", count=30))

    assert snapshot is not None
    rows = {row["metric"]: row for row in diversity_of(lake, snapshot.curation_id)}
    assert rows["examples_without_vectors"]["value"] == 60
    assert not rows.keys() & {"vendi_score", "cluster_entropy", "clusters_seen"}
    assert rows.keys() >= {"distinct_1", "new_4_grams_in_next_1000", "samples_counted"}
    text = (freeze(lake, snapshot) / SUMMARY_FILE).read_text(encoding="utf-8")
    assert "Nothing that hangs on embeddings was measured of it" in text
    assert "examples_without_vectors" not in text


async def test_what_was_not_measured_is_made_up_for_by_the_next_curation(
    lake: Lake, tmp_path: Path, server: FakeEmbeddings
) -> None:
    builder = Builder(lake)
    await builder.build(by_endpoint(tmp_path, "http://127.0.0.1:9"))
    assert lake.rows("SELECT * FROM lake.dedup_clusters") == []

    await builder.build(by_endpoint(tmp_path, server.url, count=6))

    placed = {row["member_id"] for row in lake.rows("SELECT member_id FROM lake.dedup_clusters")}
    assert placed == {row["sample_id"] for row in lake.rows("SELECT sample_id FROM lake.samples")}


async def test_where_vectors_decide_the_endpoint_is_needed(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    with pytest.raises(TeacherLost, match="is gone"):
        await builder.build(by_endpoint(tmp_path, "http://127.0.0.1:9", SEMANTIC))


async def test_a_committed_curation_and_one_whose_vectors_are_known_meet_nobody(
    lake: Lake, tmp_path: Path, server: FakeEmbeddings
) -> None:
    builder = Builder(lake)
    run, snapshot = await builder.build(by_endpoint(tmp_path, server.url, SEMANTIC))
    assert snapshot is not None
    names = {row["embedder"] for row in lake.rows("SELECT embedder FROM lake.embeddings")}
    assert names == {"org/tiny-embedder@f00d/8000"}
    server.__exit__(None, None, None)
    run = builder.begin(by_endpoint(tmp_path, server.url, SEMANTIC))

    same = curate_run(lake, run, [builder.verifier.verifier_id])
    kept = {row["sample_id"] for row in lake.rows("SELECT sample_id FROM lake.current_selections WHERE kept")}
    assert len(kept) == snapshot.rows
    other = builder.begin(by_endpoint(tmp_path, server.url, SEMANTIC.replace("0.5", "0.500001")))
    again = curate_run(lake, other, [builder.verifier.verifier_id])

    assert again != same
    after = {row["sample_id"] for row in lake.rows("SELECT sample_id FROM lake.current_selections WHERE kept")}
    assert after == kept


async def test_a_server_of_other_weights_is_not_compared_with_the_old_ones(
    lake: Lake, tmp_path: Path, server: FakeEmbeddings
) -> None:
    builder = Builder(lake)
    await builder.build(by_endpoint(tmp_path, server.url, SEMANTIC))
    server.weight_version = "beef"

    run, _ = await builder.build(by_endpoint(tmp_path, server.url, SEMANTIC, count=8))

    evidence = lake.rows(
        "SELECT evidence FROM lake.current_selections WHERE run_id = ? AND gate = 'diversity'", [run.run_id]
    )
    assert evidence
    assert all("org/tiny-embedder@beef/8000" in row["evidence"] for row in evidence)
    newest = lake.rows(
        "SELECT DISTINCT embedder FROM lake.embeddings "
        "WHERE curation_id = (SELECT any_value(curation_id) FROM lake.current_selections)"
    )
    assert newest == [{"embedder": "org/tiny-embedder@beef/8000"}]
