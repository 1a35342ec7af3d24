"""A restored lake that gives a run's number once more, and plans otherwise, pays for nothing that journals hold."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.errors import TeacherError
from stillroom.journal import Journal
from stillroom.lake import Lake
from stillroom.runs import FIRST_ROUND, import_prompts, open_run, plan_shards
from stillroom.runs.journals import tidy_journals
from stillroom.sampling.entries import Entry, SampleEntry
from stillroom.seeding import recipe_prompts
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe

EIGHT_EACH = "sampling: {adaptive: false, samples: 8}"
ONE_A_SHARD = "\nexecution: {prompts_per_shard: 1}"


@pytest.fixture
async def restored(lake: Lake, tmp_path: Path) -> Path:
    """A lake as it was before its only run, with the journal of that: half of two prompts' samples, in one shard."""
    before = Path(shutil.copytree(lake.root, tmp_path / "restored"))
    builder = Builder(lake)
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), 8
    run = builder.begin(recipe(tmp_path, EIGHT_EACH))
    with pytest.raises(TeacherError):
        await builder.sample(run)
    shutil.copytree(lake.root / "journal", before / "journal", dirs_exist_ok=True)
    return before


@pytest.fixture
def opened(restored: Path) -> Iterator[Lake]:
    lake = Lake.open(restored)
    yield lake
    lake.close()


def records(root: Path) -> dict[str, tuple[Entry, ...]]:
    paths = sorted((root / "journal").rglob("*.jsonl"))
    return {path.stem: Journal[Entry](path, Entry).read().records for path in paths}


async def test_what_another_shards_journal_holds_is_paid_for_once(restored: Path, opened: Lake, tmp_path: Path) -> None:
    builder = Builder(opened)

    run, snapshot = await builder.build(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD))

    assert run.run_id == "tiny-r1"
    assert (len(builder.client.paid), len(builder.verifier.judged)) == (8, 8)
    assert opened.rows("SELECT count(DISTINCT sample_id) AS n FROM lake.samples") == [{"n": 16}]
    assert snapshot is not None
    opened.close()
    assert tidy_journals(restored, grace_minutes=0, dry_run=False, say=lambda line: None).kept == []


def test_planned_again_after_a_death_it_is_taken_over_once_and_told(
    opened: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD)
    run = open_run(opened, given)
    import_prompts(opened, run, recipe_prompts(given))
    said: list[str] = []

    def dies(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(opened, "commit", dies)
        with pytest.raises(KeyboardInterrupt):
            plan_shards(opened, run, FIRST_ROUND, say=said.append)
    found = records(opened.root)
    plan_shards(opened, run, FIRST_ROUND, say=said.append)

    assert records(opened.root) == found
    samples = [one for one in found["shard-1"] if isinstance(one, SampleEntry)]
    assert len({one.sample.prompt_id for one in samples}) == 1
    assert {one.sample.sample_id for one in samples} < {
        one.sample.sample_id for one in found["shard-0"] if isinstance(one, SampleEntry)
    }
    assert "hold answers to prompts of shards 1: they are taken over" in said[0]


def test_a_run_without_such_journals_plans_in_silence(lake: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path, EIGHT_EACH)
    run = open_run(lake, given)
    import_prompts(lake, run, recipe_prompts(given))
    said: list[str] = []

    plan_shards(lake, run, FIRST_ROUND, say=said.append)

    assert said == []
    assert records(lake.root) == {}


async def test_what_a_later_run_was_paid_for_that_is_forgotten_too_is_paid_for_once(lake: Lake, tmp_path: Path) -> None:
    before = Path(shutil.copytree(lake.root, tmp_path / "restored"))
    builder, given = Builder(lake), recipe(tmp_path, EIGHT_EACH)
    for paid, new_run in ((8, False), (12, True)):
        builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), paid
        with pytest.raises(TeacherError):
            await builder.sample(builder.begin(given, new_run=new_run))
    shutil.copytree(lake.root / "journal", before / "journal", dirs_exist_ok=True)
    restored = Lake.open(before)
    again = Builder(restored)

    run, _ = await again.build(given)

    assert run.run_id == "tiny-r1"
    assert len(again.client.paid) == 16 - 12
    restored.close()
