"""A restored lake, which has forgotten runs and gives their numbers once more, pays for nothing that journals hold."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.errors import TeacherError
from stillroom.journal import Journal
from stillroom.lake import Lake
from stillroom.runs import FIRST_ROUND, Forgotten, import_prompts, open_run, plan_shards, shards_of_run
from stillroom.runs.journals import tidy_journals
from stillroom.sampling.entries import Entry, SampleEntry
from stillroom.seeding import recipe_prompts
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe

EIGHT_EACH = "sampling: {adaptive: false, samples: 8}"
ONE_A_SHARD = "\nexecution: {prompts_per_shard: 1}"
COOLER = "sampling: {adaptive: false, samples: 8, temperature: 0.31}"


async def cut_off(lake: Lake, tmp_path: Path, *, paid: int, new_run: bool = False) -> str:
    """A run whose teacher died when so much had been paid for its only shard, of two prompts."""
    builder = Builder(lake)
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), paid
    run = builder.begin(recipe(tmp_path, EIGHT_EACH), new_run=new_run)
    with pytest.raises(TeacherError):
        await builder.sample(run)
    assert len(builder.client.paid) == paid
    return run.run_id


def put_back(lake: Lake, before: Path) -> Path:
    """A backup under the journals of today."""
    shutil.copytree(lake.root / "journal", before / "journal", dirs_exist_ok=True)
    return before


@pytest.fixture
async def restored(lake: Lake, tmp_path: Path) -> Path:
    """A lake as it was before its only run, with the journal of that: half of two prompts' samples, in one shard."""
    before = Path(shutil.copytree(lake.root, tmp_path / "restored"))
    await cut_off(lake, tmp_path, paid=8)
    return put_back(lake, before)


@pytest.fixture
def opened(restored: Path) -> Iterator[Lake]:
    lake = Lake.open(restored)
    yield lake
    lake.close()


def journals(root: Path) -> list[str]:
    return [f"{path.parent.name}/{path.stem}" for path in sorted((root / "journal").rglob("*.jsonl"))]


def read(root: Path, name: str) -> tuple[Entry, ...]:
    return Journal[Entry](root / "journal" / f"{name}.jsonl", Entry).read().records


async def test_what_another_shards_journal_holds_is_paid_for_once_and_then_let_go(
    restored: Path, opened: Lake, tmp_path: Path
) -> None:
    builder = Builder(opened)

    run, snapshot = await builder.build(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD))

    assert run.run_id == "tiny-r1"
    assert (len(builder.client.paid), len(builder.verifier.judged)) == (8, 8)
    assert opened.rows("SELECT count(DISTINCT sample_id) AS n FROM lake.samples") == [{"n": 16}]
    assert snapshot is not None
    assert journals(restored) == ["tiny-r1/shard-0", "tiny-r1/shard-1", "tiny-r1@1/shard-0"]
    opened.close()
    assert tidy_journals(restored, grace_minutes=0, dry_run=False, say=lambda line: None).kept == []
    assert journals(restored) == []


async def test_run_that_the_backup_had_planned_takes_over_what_a_forgotten_later_one_was_paid_for(
    lake: Lake, tmp_path: Path
) -> None:
    assert await cut_off(lake, tmp_path, paid=8) == "tiny-r1"
    before = Path(shutil.copytree(lake.root, tmp_path / "restored"))
    assert await cut_off(lake, tmp_path, paid=4, new_run=True) == "tiny-r2"
    restored = Lake.open(put_back(lake, before))
    builder = Builder(restored)

    run, snapshot = await builder.build(recipe(tmp_path, EIGHT_EACH))

    assert run.run_id == "tiny-r1"
    assert len(builder.client.paid) == 16 - 8 - 4
    assert snapshot is not None
    restored.close()
    assert tidy_journals(before, grace_minutes=0, dry_run=False, say=lambda line: None).kept == []
    assert journals(before) == []


async def test_what_later_runs_were_paid_for_is_found_where_all_of_them_are_forgotten(
    lake: Lake, tmp_path: Path
) -> None:
    before = Path(shutil.copytree(lake.root, tmp_path / "restored"))
    await cut_off(lake, tmp_path, paid=8)
    await cut_off(lake, tmp_path, paid=4, new_run=True)
    restored = Lake.open(put_back(lake, before))
    builder = Builder(restored)

    run, _ = await builder.build(recipe(tmp_path, EIGHT_EACH))

    assert run.run_id == "tiny-r1"
    assert len(builder.client.paid) == 16 - 8 - 4
    restored.close()


async def test_what_a_run_was_paid_for_that_the_backup_knew_before_it_had_planned_is_the_next_runs(
    lake: Lake, tmp_path: Path
) -> None:
    open_run(lake, recipe(tmp_path, EIGHT_EACH))
    before = Path(shutil.copytree(lake.root, tmp_path / "restored"))
    assert await cut_off(lake, tmp_path, paid=8) == "tiny-r1"
    restored = Lake.open(put_back(lake, before))
    builder = Builder(restored)

    run, _ = await builder.build(recipe(tmp_path, EIGHT_EACH), new_run=True)

    assert run.run_id == "tiny-r2"
    assert len(builder.client.paid) == 16 - 8
    restored.close()


async def test_answers_to_other_requests_are_left_where_they_are_and_counted_nowhere(
    opened: Lake, tmp_path: Path
) -> None:
    builder = Builder(opened)

    run = builder.begin(recipe(tmp_path, COOLER + ONE_A_SHARD))

    told = [(row["paid"], row["passed"], row["owed_at_most"]) for row in shards_of_run(opened, run.run_id)]
    assert told == [(0, 0, 8)] * 2
    await builder.sample(run)
    assert len(builder.client.paid) == 16
    own = [read(opened.root, f"tiny-r1/shard-{number}") for number in (0, 1)]
    assert [sum(isinstance(one, SampleEntry) for one in entries) for entries in own] == [8, 8]
    assert "tiny-r1@1/shard-0" in journals(opened.root)


async def test_journal_that_cannot_be_read_is_named_and_left_and_stops_nobody(
    restored: Path, opened: Lake, tmp_path: Path
) -> None:
    other = restored / "journal" / "tiny-r7" / "shard-3.jsonl"
    other.parent.mkdir()
    other.write_bytes((restored / "journal" / "tiny-r1" / "shard-0.jsonl").read_bytes())
    with Journal[dict[str, str]](other, dict) as journal:
        journal.append({"type": "of another Stillroom"})
    builder, said = Builder(opened), list[str]()

    run = builder.begin(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD))
    prompts = [row["prompt_id"] for row in opened.rows("SELECT prompt_id FROM lake.shards")]
    found = Forgotten(opened, "tiny", said.append).entries(prompts)

    assert {one.sample.prompt_id for one in found if isinstance(one, SampleEntry)} == set(prompts)
    assert len(said) == 2
    assert "the journal tiny-r7/shard-3, of a run that this lake does not know, cannot be read and is left" in said[0]
    assert "(tiny-r1@1/shard-0) hold answers to 2 prompts" in said[1]
    await builder.sample(run)
    assert len(builder.client.paid) == 8
    assert other.exists()


def test_numbers_are_set_aside_again_and_again_and_by_what_was_cut_off(opened: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path, EIGHT_EACH)
    folder = opened.root / "journal" / "tiny-r1"
    first = (folder / "shard-0.jsonl").read_bytes()
    (folder.parent / "tiny-r1@1").mkdir()
    (folder.parent / "tiny-r1@1" / "shard-4.jsonl").write_bytes(first)  # cut off before it came to shard 0
    run = open_run(opened, given)
    import_prompts(opened, run, recipe_prompts(given))

    plan_shards(opened, run, FIRST_ROUND)

    assert journals(opened.root) == ["tiny-r1@1/shard-4", "tiny-r1@2/shard-0"]
    folder.mkdir(exist_ok=True)
    (folder / "shard-0.jsonl").write_bytes(first)  # which is the run's own now
    plan_shards(opened, run, FIRST_ROUND)
    assert "tiny-r1/shard-0" in journals(opened.root)


def test_only_journals_of_the_dataset_are_looked_at(restored: Path, opened: Lake) -> None:
    (sample, *_) = read(restored, "tiny-r1/shard-0")
    assert isinstance(sample, SampleEntry)
    said: list[str] = []
    for other in ("tin", "tiny-r1", "y"):
        assert Forgotten(opened, other, said.append).entries([sample.sample.prompt_id]) == []
    assert said == []
    assert Forgotten(opened, "tiny", said.append).entries([sample.sample.prompt_id]) != []


def test_lake_that_has_forgotten_nothing_says_nothing(lake: Lake, tmp_path: Path) -> None:
    said: list[str] = []
    given = recipe(tmp_path, EIGHT_EACH)
    run = open_run(lake, given)
    import_prompts(lake, run, recipe_prompts(given))
    plan_shards(lake, run, FIRST_ROUND)

    assert Forgotten(lake, "tiny", said.append).entries(["p"]) == []
    assert said == []
    assert journals(lake.root) == []
