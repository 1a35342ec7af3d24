"""What a teacher has brought is counted over all runs of the dataset, and each sample is placed in a cluster once."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stillroom.diversity import GRAM, Corpus
from stillroom.embedding import unit_rows
from stillroom.embedding.packaged import PackagedEmbedder
from stillroom.lake import Lake
from stillroom.runs import foreseeing
from tests.fakes.builds import Builder
from tests.fakes.prompts import write_seeds
from tests.lake.runs.test_diversifying import OFF, asking

_TEXTS = "SELECT DISTINCT s.sample_id, s.answer, p.task FROM lake.samples s JOIN lake.prompts p USING (prompt_id)"
_SAMPLES = "SELECT sample_id, prompt_id, answer FROM lake.samples ORDER BY prompt_id, sample_id"


def newest(lake: Lake) -> dict[str, dict[str, Any]]:
    """The figures of the newest curation by metric; the fake has one teacher."""
    rows = lake.rows(
        "SELECT * FROM lake.metrics WHERE risk = 'diminishing_returns' "
        "QUALIFY rank() OVER (ORDER BY created_at DESC) = 1"
    )
    return {row["metric"]: row for row in rows}


def units_of_grams(lake: Lake) -> dict[int, set[str]]:
    """By n-gram, the prompts some answer to which has it."""
    samples = lake.rows(_SAMPLES)
    grams, owners = Corpus.read([row["answer"] for row in samples]).grams(GRAM)
    found: dict[int, set[str]] = {}
    for gram, owner in zip(grams.tolist(), owners.tolist(), strict=True):
        found.setdefault(gram, set()).add(samples[owner]["prompt_id"])
    return found


@pytest.mark.parametrize("at_a_time", [20_000, 3], ids=["at-once", "in-parts"])
async def test_all_runs_of_the_dataset_count(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    monkeypatch.setattr(foreseeing, "_AT_A_TIME", at_a_time)
    write_seeds(tmp_path / "seeds.jsonl", range(5))
    builder = Builder(lake)
    first, _ = await builder.build(asking(tmp_path, OFF))
    before = newest(lake)
    assert before["samples_counted"]["value"] == 8

    second, _ = await builder.build(asking(tmp_path, OFF, prompts=5), new_run=True)

    assert second.run_id != first.run_id
    after, units = newest(lake), units_of_grams(lake)
    assert after["samples_counted"]["value"] == len(lake.rows("SELECT DISTINCT sample_id FROM lake.samples"))
    assert after["samples_counted"]["value"] > before["samples_counted"]["value"]
    assert after["prompts_counted"]["value"] == len({one for some in units.values() for one in some})
    assert after["4_grams_seen"]["value"] == len(units) > before["4_grams_seen"]["value"]
    once = sum(len(some) == 1 for some in units.values())
    sightings = sum(map(len, units.values()))
    assert after["4_grams_coverage"]["value"] == pytest.approx(1 - once / sightings)


async def test_each_sample_lies_in_one_cluster_and_leaders_lead_themselves(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    await builder.build(asking(tmp_path, OFF))
    placed = lake.rows("SELECT * FROM lake.dedup_clusters WHERE kind = 'sample' ORDER BY member_id")
    leaders = {row["representative_id"] for row in placed}
    vectors = lake.rows("SELECT owner_id FROM lake.embeddings WHERE kind = 'sample'")
    assert {row["member_id"] for row in placed} == {row["sample_id"] for row in lake.rows(_SAMPLES)}
    assert {row["owner_id"] for row in vectors} == leaders
    assert all(row["similarity"] >= 0.8 - 1e-6 for row in placed)
    assert {row["member_id"] for row in placed if row["similarity"] == 1.0} >= leaders
    texts = {row["sample_id"]: row for row in lake.rows(_TEXTS)}
    embed = PackagedEmbedder().embed
    of_member, of_leader = (
        unit_rows(
            embed([texts[row[name]]["task"] for row in placed]) + embed([texts[row[name]]["answer"] for row in placed])
        )
        for name in ("member_id", "representative_id")
    )
    found = [row["similarity"] for row in placed]
    np.testing.assert_allclose((of_member * of_leader).sum(axis=1), found, atol=1e-5)
    assert newest(lake)["clusters_seen"]["value"] == len(leaders)

    await builder.build(asking(tmp_path, OFF, 12))

    again = lake.rows("SELECT member_id, count(*) AS n FROM lake.dedup_clusters WHERE kind = 'sample' GROUP BY ALL")
    assert {row["member_id"] for row in again} == {row["sample_id"] for row in lake.rows(_SAMPLES)}
    assert {row["n"] for row in again} == {1}
    kept = lake.rows("SELECT * FROM lake.dedup_clusters WHERE kind = 'sample' ORDER BY member_id")
    by_id = {row["member_id"]: row for row in kept}
    assert [by_id[row["member_id"]] for row in placed] == placed  # nothing moved


async def test_what_an_earlier_stillroom_left_is_placed_with_the_next_curation(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    await builder.build(asking(tmp_path, OFF))
    lake._connection.execute("DELETE FROM lake.dedup_clusters")

    await builder.build(asking(tmp_path, OFF, 12))

    placed = {row["member_id"] for row in lake.rows("SELECT member_id FROM lake.dedup_clusters WHERE kind = 'sample'")}
    assert placed == {row["sample_id"] for row in lake.rows(_SAMPLES)}
