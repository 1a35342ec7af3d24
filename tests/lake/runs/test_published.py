"""What is published is compared with in one order, whatever numbers curations gave to it, and is signed once."""

from pathlib import Path

import polars as pl
import pytest

from stillroom.curation import signed_batches
from stillroom.curation.selection import dedup_settings
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import sign
from stillroom.lake import Lake
from stillroom.recipe import Recipe
from stillroom.runs import Run, published
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe

EQUAL_ONES = "curation: {near_answers: null, near_prompts: null}\n"
NO_DEDUP = "curation: {exact: false, near_answers: null, near_prompts: null}\n"
SETTINGS = dedup_settings(None)


def with_samples(folder: Path, curation: str, count: int = 4) -> Recipe:
    given = recipe(
        folder, f"{curation}sampling: {{adaptive: false, samples: {count}}}\nselection: {{keep: 9}}", seeds=2
    )
    assert given.seeding is not None
    return given.model_copy(update={"seeding": given.seeding.model_copy(update={"seed_prompts": 2})})


def commit_signatures(lake: Lake, run: Run, signatures: pl.DataFrame, *, key: str) -> None:
    rows = [
        {"curation_id": key, "kind": "answer", "owner_id": row.pop("id"), **row}
        for row in signatures.iter_rows(named=True)
    ]
    lake.commit(f"curation:{key}", {"dedup_signatures": rows}, run_id=run.run_id)


def answers(lake: Lake, settings: DedupSettings = SETTINGS) -> tuple[pl.DataFrame, pl.DataFrame]:
    found, fresh = published.published(lake, "tiny", "answer", settings)
    return found.signatures, fresh


async def test_what_curations_numbered_alike_has_places_of_its_own_and_builds_go_on(lake: Lake, tmp_path: Path) -> None:
    builder, given = Builder(lake), with_samples(tmp_path, EQUAL_ONES)
    run = builder.begin(given)
    await builder.sample(run)
    texts = lake.query("SELECT sample_id AS id, 0::BIGINT AS arrival, answer AS text FROM lake.samples")
    for number, one in enumerate(texts.iter_slices(1)):  # curations that came to nothing each counted from 0
        commit_signatures(lake, run, sign(one, SETTINGS)[1], key=f"given-up-{number}")
    await builder.build(given)
    before, _ = answers(lake)

    await builder.build(with_samples(tmp_path, EQUAL_ONES, 8))

    after, fresh = answers(lake)
    assert after["arrival"].to_list() == list(range(len(after)))
    assert after["id"].to_list()[: len(before)] == before["id"].to_list()
    assert len(after) > len(before) > 1
    assert after["text_hash"].is_unique().all()
    assert len(fresh) == 0


async def test_order_of_a_version_is_that_of_the_curation_it_came_from(lake: Lake, tmp_path: Path) -> None:
    builder, given = Builder(lake), with_samples(tmp_path, EQUAL_ONES)
    run = builder.begin(given)
    await builder.sample(run)
    texts = lake.query("SELECT sample_id AS id, answer AS text FROM lake.samples ORDER BY id DESC").unique(
        "text", keep="first", maintain_order=True
    )
    turned = texts.select("id", pl.Series("arrival", range(len(texts)), pl.Int64), "text")
    commit_signatures(lake, run, sign(turned, SETTINGS)[1], key="given-up")

    await builder.build(given)

    decided = lake.query(
        "SELECT owner_id FROM lake.dedup_signatures SEMI JOIN lake.selections USING (curation_id) "
        "WHERE kind = 'answer' AND owner_id IN (SELECT sample_id FROM lake.selections WHERE kept) ORDER BY arrival"
    )
    assert answers(lake)[0]["id"].to_list() == decided["owner_id"].to_list()


async def test_equal_texts_are_each_signed_once_some_at_a_time(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, snapshot = await Builder(lake).build(with_samples(tmp_path, NO_DEDUP))
    assert snapshot is not None
    lake._connection.execute("UPDATE lake.examples SET answer = 'the same'")
    sizes: list[int] = []

    def watched(documents: pl.DataFrame, settings: DedupSettings) -> tuple[pl.Series, pl.DataFrame]:
        sizes.append(len(documents))
        return sign(documents, settings)

    monkeypatch.setattr(published, "_IDS_AT_A_TIME", 3)
    monkeypatch.setattr(signed_batches, "sign", watched)

    signatures, fresh = answers(lake)

    assert max(sizes) <= 3
    assert sum(sizes) == len(signatures) == len(fresh) == snapshot.rows
    commit_signatures(lake, run, fresh, key="signed")
    assert len(answers(lake)[1]) == 0


async def test_texts_are_the_datasets_own_where_another_has_others_under_the_same_ids(
    lake: Lake, tmp_path: Path
) -> None:
    given = with_samples(tmp_path, NO_DEDUP)
    own, snapshot = await Builder(lake).build(given)
    other, of_other = await Builder(lake).build(given.model_copy(update={"dataset": "other"}))
    assert snapshot is not None
    assert of_other is not None
    assert own.run_id != other.run_id
    lake._connection.execute("UPDATE lake.examples SET answer = 'own ' || sample_id WHERE run_id = ?", [own.run_id])
    lake._connection.execute("UPDATE lake.examples SET answer = 'other' WHERE run_id = ?", [other.run_id])

    for dataset, expected in (("tiny", "own"), ("other", "other")):
        found, _ = published.published(lake, dataset, "answer", SETTINGS)
        ids = found.signatures["id"].to_list()
        texts = pl.concat(found.texts(ids))
        assert len(texts) == len(ids) == snapshot.rows
        assert {text.split()[0] for text in texts["text"]} == {expected}
