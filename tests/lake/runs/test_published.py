"""What is published is compared with in one order, whatever numbers curations gave to it, and is signed once."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stillroom.curation import signed_batches
from stillroom.curation.selection import dedup_settings
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import sign
from stillroom.curation.sought import Sought
from stillroom.lake import Lake
from stillroom.recipe import Near, Recipe
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


def sought(*texts: str) -> Sought:
    return Sought(texts, SETTINGS)


def with_sought(lake: Lake, *texts: str, **how: Any) -> tuple[pl.DataFrame, pl.DataFrame]:
    found, fresh = published.published(lake, "tiny", how.pop("kind", "answer"), SETTINGS, sought=sought(*texts), **how)
    return found.signatures, fresh


async def test_of_what_is_published_only_what_meets_a_sought_text_is_held_in_the_same_order(
    lake: Lake, tmp_path: Path
) -> None:
    builder = Builder(lake)
    await builder.build(with_samples(tmp_path, EQUAL_ONES))
    await builder.build(with_samples(tmp_path, EQUAL_ONES, 8))
    everything, _ = answers(lake)
    texts = dict(lake.query("SELECT sample_id, answer FROM lake.examples").iter_rows())
    assert len(everything) > 2

    assert with_sought(lake, *texts.values())[0].equals(everything)
    some = everything["id"].to_list()[1:]
    found, fresh = with_sought(lake, "not there", *(texts[id_] for id_ in reversed(some)))
    assert found["id"].to_list() == some
    assert found["arrival"].to_list() == [*range(len(some))]
    assert found.drop("arrival").equals(everything[1:].drop("arrival"))
    assert len(fresh) == 0
    for nothing in ((), ("not there",), ("",)):
        assert len(with_sought(lake, *nothing)[0]) == 0
    tasks = dict(lake.query("SELECT prompt_id, task FROM lake.prompts").iter_rows())
    prompts = published.published(lake, "tiny", "prompt", SETTINGS)[0].signatures
    assert with_sought(lake, *tasks.values(), kind="prompt")[0].equals(prompts)


async def test_what_was_taken_out_or_is_to_leave_is_not_met(lake: Lake, tmp_path: Path) -> None:
    _, snapshot = await Builder(lake).build(with_samples(tmp_path, EQUAL_ONES))
    assert snapshot is not None
    rows = lake.rows("SELECT example_id, sample_id, answer FROM lake.examples ORDER BY example_id")
    texts = [row["answer"] for row in rows]
    assert len(rows) > 1

    without = [rows[0]["example_id"]]
    assert rows[0]["sample_id"] not in with_sought(lake, *texts, without=without)[0]["id"]
    lake._connection.execute(
        "INSERT INTO lake.removals (name, version, example_id) VALUES ('tiny', ?, ?)", [snapshot.version, *without]
    )
    left = with_sought(lake, *texts)[0]
    assert left.equals(answers(lake)[0])
    assert set(left["id"]) == {row["sample_id"] for row in rows[1:]}
    lake._connection.execute("UPDATE lake.snapshot_members SET version = version + 1")  # and came again
    assert with_sought(lake, *texts)[0].equals(answers(lake)[0])
    assert len(answers(lake)[0]) == len(rows)


async def test_what_lacks_a_signature_gets_it_whether_it_is_sought_or_not(lake: Lake, tmp_path: Path) -> None:
    run, snapshot = await Builder(lake).build(with_samples(tmp_path, NO_DEDUP))
    assert snapshot is not None
    everything, missing = answers(lake)
    text = lake.rows("SELECT answer FROM lake.examples LIMIT 1")[0]["answer"]

    found, fresh = with_sought(lake, text)

    assert fresh.equals(missing)
    assert len(fresh) == snapshot.rows
    assert found.drop("arrival").equals(everything.filter(pl.col("text_hash") == found["text_hash"][0]).drop("arrival"))
    commit_signatures(lake, run, fresh, key="signed")
    assert len(with_sought(lake, text)[1]) == 0


async def test_order_is_that_of_the_newest_curation_also_where_that_signed_by_other_settings(
    lake: Lake, tmp_path: Path
) -> None:
    run, snapshot = await Builder(lake).build(with_samples(tmp_path, EQUAL_ONES))
    assert snapshot is not None
    before, _ = answers(lake)
    texts = lake.query("SELECT sample_id AS id, answer AS text FROM lake.examples")
    turned = before.select("id", pl.col("arrival").reverse()).join(texts, on="id").sort("arrival")
    commit_signatures(lake, run, sign(turned, dedup_settings(Near(threshold=0.5)))[1], key="other-settings")

    for after in (answers(lake)[0], with_sought(lake, *texts["text"])[0]):
        assert after["id"].to_list() == before["id"].to_list()[::-1]
        assert after["bands"].to_list() == before["bands"].to_list()[::-1]
    assert len(before) > 1
