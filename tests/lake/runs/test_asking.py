"""A build needs the teachers that it may still ask, and none whose work is done."""

from pathlib import Path

from stillroom.lake import Lake
from stillroom.recipe import Recipe
from stillroom.runs import Run, asked_teachers, open_run, shard_prompts, unfinished_shards
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe

ONE_A_SHARD = "sampling: {adaptive: false, samples: 4}\nexecution: {prompts_per_shard: 1}"


def shared(folder: Path, *, seeds: int, new_prompts: int, changes: str = ONE_A_SHARD) -> Recipe:
    """The small recipe with two teachers."""
    small = recipe(folder, changes)
    assert small.seeding is not None
    (one,) = small.teachers
    return small.model_copy(
        update={
            "seeding": small.seeding.model_copy(update={"seed_prompts": seeds, "new_prompts": new_prompts}),
            "teachers": (one, one.model_copy(update={"name": "other", "urls": ("http://127.0.0.1:10",)})),
        }
    )


def asked(lake: Lake, run: Run) -> list[str]:
    return [teacher.name for teacher in asked_teachers(lake, run)]


async def test_a_teacher_whose_shards_are_committed_is_not_asked(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    run = builder.begin(shared(tmp_path, seeds=6, new_prompts=0))
    of = {number: shard_prompts(lake, run, number)[0][1] for number in unfinished_shards(lake, run)}
    assert set(of.values()) == {"fake", "other"}
    assert asked(lake, run) == ["fake", "other"]

    for number in [number for number, teacher in of.items() if teacher == "fake"]:
        await builder.shard(run, number)

    assert asked(lake, run) == ["other"]
    await builder.sample(run)
    assert asked(lake, run) == []


def test_a_shard_that_is_owed_needs_all_of_its_teachers(lake: Lake, tmp_path: Path) -> None:
    run = Builder(lake).begin(shared(tmp_path, seeds=6, new_prompts=0, changes=""))
    assert len(unfinished_shards(lake, run)) == 1
    assert asked(lake, run) == ["fake", "other"]


async def test_while_prompts_are_written_every_teacher_may_be_given_some(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    run = builder.begin(shared(tmp_path, seeds=6, new_prompts=2))
    await builder.sample(run)
    assert asked(lake, run) == ["fake", "other"]


def test_before_anything_is_planned_the_first_prompts_say_who_is_asked(lake: Lake, tmp_path: Path) -> None:
    run = open_run(lake, shared(tmp_path, seeds=1, new_prompts=0))
    (before,) = asked(lake, run)
    Builder(lake).begin(run.recipe)
    assert [shard_prompts(lake, run, 0)[0][1]] == [before]
    assert asked(lake, run) == [before]
