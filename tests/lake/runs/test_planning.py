"""Planning: prompts go to shards and teachers once, and a second run takes other seeds."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.capabilities import find_capability
from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake
from stillroom.recipe import Recipe, Selection, Teacher
from stillroom.records import Origin
from stillroom.runs import (
    FIRST_ROUND,
    Run,
    RunState,
    close_run,
    import_prompts,
    open_run,
    plan_shards,
    pool,
    prompt_from,
    prompt_row,
    refusal_row,
    replies_in,
    rounds_done,
    shard_key,
    shard_prompts,
    unfinished_shards,
    written_in,
)
from stillroom.runs.planning import teacher_for
from stillroom.seeding import Refusal, read_prompts, recipe_prompts
from stillroom.seeding.novelty import NoveltyPool
from stillroom.seeding.plan import WritingRequest
from tests.fakes.builds import Builder
from tests.fakes.prompts import prompt, recipe, seed_row
from tests.fakes.rows import row

CODE = find_capability("code")


def planned(lake: Lake, run: Run) -> dict[int, list[str]]:
    found = lake.rows(
        "SELECT shard, prompt_id FROM lake.shards WHERE run_id = ? ORDER BY shard, position", [run.run_id]
    )
    shards: dict[int, list[str]] = {}
    for one in found:
        shards.setdefault(one["shard"], []).append(one["prompt_id"])
    return shards


def of_three(tmp_path: Path, *, at_once: int = 2) -> Recipe:
    return recipe(tmp_path, f"execution: {{prompts_per_shard: {at_once}}}").model_copy(
        update={"seeding": recipe(tmp_path).seeding.model_copy(update={"seed_prompts": 3})}  # type: ignore[union-attr]
    )


def test_prompts_are_cut_into_shards_of_the_recipes_size(lake: Lake, tmp_path: Path) -> None:
    run = Builder(lake).begin(of_three(tmp_path))

    assert [len(prompts) for prompts in planned(lake, run).values()] == [2, 1]
    assert unfinished_shards(lake, run) == [0, 1]
    assert [one.prompt_id for one, _ in shard_prompts(lake, run, 0)] == planned(lake, run)[0]
    assert {teacher for _, teacher in shard_prompts(lake, run, 0)} == {"fake"}


def test_planning_again_plans_nothing(lake: Lake, tmp_path: Path) -> None:
    run = Builder(lake).begin(of_three(tmp_path))
    before = planned(lake, run)

    plan_shards(lake, run, FIRST_ROUND)

    assert planned(lake, run) == before


def test_other_shard_size_in_mid_run_leaves_the_plan(lake: Lake, tmp_path: Path) -> None:
    run = Builder(lake).begin(of_three(tmp_path))

    again = Builder(lake).begin(of_three(tmp_path, at_once=1))

    assert again.run_id == run.run_id
    assert [len(prompts) for prompts in planned(lake, run).values()] == [2, 1]


def prompts_of(lake: Lake, run: Run) -> set[str]:
    return {id_ for ids in planned(lake, run).values() for id_ in ids}


async def test_later_runs_take_other_seeds_until_none_are_left(lake: Lake, tmp_path: Path) -> None:
    runs = [(await Builder(lake).build(of_three(tmp_path)))[0] for _ in range(3)]

    first, second, third = (prompts_of(lake, run) for run in runs)
    assert len(first) == len(second) == 3
    assert not first & second
    assert third == set()


async def test_plan_alone_takes_no_prompt(lake: Lake, tmp_path: Path) -> None:
    begun = [Builder(lake).begin(of_three(tmp_path), new_run=True) for _ in range(4)]

    plans = [prompts_of(lake, run) for run in begun]
    assert len(plans[0]) == 3
    assert all(plan == plans[0] for plan in plans)


async def test_shard_that_an_abandoned_run_committed_is_offered_again(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    abandoned = builder.begin(of_three(tmp_path))
    await builder.shard(abandoned, 0)

    run = builder.begin(of_three(tmp_path), new_run=True)

    assert planned(lake, run) == planned(lake, abandoned)


async def test_of_a_run_that_was_opened_again_counts_what_it_had_when_it_was_finished(
    lake: Lake, tmp_path: Path
) -> None:
    builder = Builder(lake)
    run, _ = await builder.build(of_three(tmp_path))
    derived = builder.begin(of_three(tmp_path).model_copy(update={"selection": Selection(keep=1)}))
    assert derived.is_rederived
    written = with_written(lake, derived, 30)
    plan_shards(lake, derived, 1)
    await builder.shard(derived, 2)

    abandoning = builder.begin(of_three(tmp_path), new_run=True)

    assert written <= prompts_of(lake, abandoning)
    assert prompts_of(lake, abandoning).isdisjoint(prompts_of(lake, run) - written)


async def test_prompt_that_its_teacher_refused_leaves_its_place_to_others(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    finished = builder.begin(of_three(tmp_path))
    refused = planned(lake, finished)[0][0]
    answered = [one for one, _ in shard_prompts(lake, finished, 0) if one.prompt_id != refused]
    samples = [row("samples", prompt_id=one.prompt_id, epoch=0, shard=0) for one in answered]
    lake.commit(shard_key(finished, 0), {"samples": samples}, run_id=finished.run_id, shard=0)
    close_run(lake, finished, RunState.EMPTY, "")

    assert refused not in prompts_of(lake, builder.begin(of_three(tmp_path), new_run=True))


def with_written(lake: Lake, run: Run, *numbers: int) -> set[str]:
    """Prompts that the run's first round wrote; their ids."""
    written = [prompt(number, origin=Origin.WRITTEN, writing_round=1, writing_request=number) for number in numbers]
    lake.commit(f"seed:{run.run_id}:1", {"prompts": [prompt_row(one) for one in written]}, run_id=run.run_id)
    return {one.prompt_id for one in written}


async def test_what_an_abandoned_run_wrote_is_sampled_by_the_next_and_once(lake: Lake, tmp_path: Path) -> None:
    abandoned = Builder(lake).begin(of_three(tmp_path))
    written = with_written(lake, abandoned, 30, 31)
    plan_shards(lake, abandoned, 1)

    second, _ = await Builder(lake).build(of_three(tmp_path), new_run=True)
    third = Builder(lake).begin(of_three(tmp_path))

    assert prompts_of(lake, second) == {*planned(lake, abandoned)[0], *planned(lake, abandoned)[1], *written}
    assert prompts_of(lake, third).isdisjoint(prompts_of(lake, second))
    assert written_in(lake, second.run_id) == 0


async def test_another_epoch_offers_old_prompts_again(lake: Lake, tmp_path: Path) -> None:
    run = Builder(lake).begin(of_three(tmp_path))
    written = with_written(lake, run, 30)
    plan_shards(lake, run, 1)
    await Builder(lake).build(of_three(tmp_path))

    given = of_three(tmp_path)
    afresh = given.model_copy(update={"sampling": given.sampling.model_copy(update={"epoch": 1})})
    second, _ = await Builder(lake).build(afresh)
    third = Builder(lake).begin(afresh)

    assert second.run_id != run.run_id
    assert prompts_of(lake, second) == prompts_of(lake, run) >= written
    assert prompts_of(lake, third).isdisjoint(prompts_of(lake, second))


def test_users_prompts_that_were_only_planned_are_all_offered_again(lake: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path)
    mine = given.model_copy(update={"seeding": None, "prompts": tmp_path / "seeds.jsonl"})
    offered: list[set[str]] = []
    for _ in range(2):
        run = open_run(lake, mine, new_run=True)
        import_prompts(lake, run, read_prompts(tmp_path / "seeds.jsonl", CODE, Origin.USER))
        plan_shards(lake, run, FIRST_ROUND)
        offered.append(prompts_of(lake, run))

    assert len(offered[0]) == 6
    assert offered[1] == offered[0]


def test_what_was_taken_out_of_the_file_is_not_sampled(lake: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path)
    mine = given.model_copy(update={"seeding": None, "prompts": tmp_path / "seeds.jsonl"})
    first = open_run(lake, mine, new_run=True)
    import_prompts(lake, first, recipe_prompts(mine))
    lines = (tmp_path / "seeds.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "seeds.jsonl").write_text("".join(lines[1:]), encoding="utf-8")

    run = open_run(lake, mine, new_run=True)
    left = recipe_prompts(mine)
    import_prompts(lake, run, left)
    plan_shards(lake, run, FIRST_ROUND, {one.prompt_id for one in left})

    assert len(left) == len(lines) - 1
    assert prompts_of(lake, run) == {one.prompt_id for one in left}


def test_written_prompts_get_shards_after_the_seeds(lake: Lake, tmp_path: Path) -> None:
    run = Builder(lake).begin(of_three(tmp_path))
    written = [
        prompt(number, origin=Origin.WRITTEN, writing_round=1, writing_request=request)
        for request, number in enumerate((30, 31, 32))
    ]
    rows = [prompt_row(one) for one in reversed(written)]
    lake.commit(f"seed:{run.run_id}:1", {"prompts": rows}, run_id=run.run_id)

    plan_shards(lake, run, 1)

    shards = planned(lake, run)
    assert [shards[2], shards[3]] == [[written[0].prompt_id, written[1].prompt_id], [written[2].prompt_id]]
    assert written_in(lake, run.run_id) == 3
    assert rounds_done(lake, run.run_id) == 1


def test_committed_shard_is_not_unfinished_until_the_recipe_asks_for_more(lake: Lake, tmp_path: Path) -> None:
    given = of_three(tmp_path)
    run = Builder(lake).begin(given)
    lake.commit(shard_key(run, 0), {}, run_id=run.run_id, shard=0)

    more = Builder(lake).begin(given.model_copy(update={"sampling": given.sampling.model_copy(update={"samples": 16})}))

    assert unfinished_shards(lake, run) == [1]
    assert unfinished_shards(lake, more) == [0, 1]


def test_rounds_of_a_dataset_with_a_like_name_do_not_count(lake: Lake) -> None:
    for run_id in ("a_b-r1", "axb-r1", "a_b-r10"):
        lake.commit(f"seed:{run_id}:1", {}, run_id=run_id)

    assert rounds_done(lake, "a_b-r1") == 1


def test_import_is_once_and_keeps_the_order(lake: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path)
    run = open_run(lake, given)
    assert given.seeding is not None
    prompts = read_prompts(given.seeding.seeds, CODE, Origin.SEED)

    assert import_prompts(lake, run, prompts[:4]) == 4
    assert import_prompts(lake, run, prompts) == 2
    assert import_prompts(lake, run, prompts) == 0

    assert {one.prompt_id for one in pool(lake, "tiny")} == {one.prompt_id for one in prompts}
    assert {one.prompt_id for one in pool(lake, "tiny")[4:]} == {one.prompt_id for one in prompts[4:]}


def test_changed_tests_of_a_known_task_come_into_force(lake: Lake, tmp_path: Path) -> None:
    run = Builder(lake).begin(recipe(tmp_path))
    before = pool(lake, "tiny")
    changed = {**seed_row(3), "tests": [*seed_row(3)["tests"], "assert True"]}
    (tmp_path / "changed.jsonl").write_text(json.dumps(changed))

    assert import_prompts(lake, run, read_prompts(tmp_path / "changed.jsonl", CODE, Origin.SEED)) == 1

    after = pool(lake, "tiny")
    assert [one.prompt_id for one in after] == [one.prompt_id for one in before]
    assert sum(one.check.tests.endswith("assert True") for one in after) == 1


def nearest(lake: Lake, dataset: str = "tiny") -> dict[str, tuple[str, float]]:
    return {one.prompt_id: (one.nearest_prompt_id, one.nearest_score) for one in pool(lake, dataset)}


def test_imported_prompts_record_the_nearest_before_them_and_none_is_refused(lake: Lake, tmp_path: Path) -> None:
    run = open_run(lake, recipe(tmp_path))
    first, second = prompt(1), prompt(2)
    twin = replace(first, task=f"{first.task} Please.")

    assert import_prompts(lake, run, [first, second, twin]) == 3
    late = replace(second, task=f"{second.task} Please.")
    assert import_prompts(lake, run, [late]) == 1

    found = nearest(lake)
    assert found[first.prompt_id] == ("", 0.0)
    assert found[second.prompt_id] == (first.prompt_id, pytest.approx(0.5, abs=0.3))
    assert found[twin.prompt_id] == (first.prompt_id, pytest.approx(1, abs=0.05))
    assert found[late.prompt_id] == (second.prompt_id, pytest.approx(1, abs=0.05))
    exactly = NoveltyPool([(first.prompt_id, first.task)]).nearest(second.task)
    assert found[second.prompt_id] == (exactly.id, exactly.score)


def test_known_task_with_other_tests_is_not_its_own_nearest(lake: Lake, tmp_path: Path) -> None:
    run = open_run(lake, recipe(tmp_path))
    import_prompts(lake, run, [prompt(1), prompt(2)])
    before = nearest(lake)

    changed = replace(prompt(2), check=replace(prompt(2).check, tests="assert True"))
    assert import_prompts(lake, run, [changed]) == 1

    assert nearest(lake) == before


def test_prompt_survives_the_lake(lake: Lake) -> None:
    one = prompt(1, parents=("a", "b"), nearest_score=0.25, writer_teacher="t@1", writing_round=2, writing_request=7)
    lake.commit("k", {"prompts": [prompt_row(one)]}, run_id="r")

    assert prompt_from(lake.rows("SELECT * FROM lake.prompts")[0]) == one


def teachers(**weights: float) -> list[Teacher]:
    return [Teacher(name=name, serve="x", weight=weight) for name, weight in weights.items()]


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        pytest.param({"a": 1.0, "b": 1.0}, {"a": 0.5, "b": 0.5}, id="equal"),
        pytest.param({"a": 3.0, "b": 1.0}, {"a": 0.75, "b": 0.25}, id="three to one"),
        pytest.param({"a": 300.0, "b": 100.0}, {"a": 0.75, "b": 0.25}, id="only the proportion counts"),
        pytest.param({"a": 1.0, "b": 1.0, "c": 2.0}, {"a": 0.25, "b": 0.25, "c": 0.5}, id="three teachers"),
    ],
)
def test_teachers_get_prompts_in_proportion_to_their_weights(
    weights: dict[str, float], shares: dict[str, float]
) -> None:
    chosen = [teacher_for(f"prompt {number}", teachers(**weights)).name for number in range(4000)]

    for name, share in shares.items():
        assert chosen.count(name) / 4000 == pytest.approx(share, abs=0.035)  # more than four standard deviations


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.permutations(["a", "b", "c"]))
def test_order_of_teachers_does_not_matter_and_a_new_one_takes_only_its_share(prompt_id: str, order: list[str]) -> None:
    before = teacher_for(prompt_id, teachers(a=1, b=2, c=1)).name

    assert teacher_for(prompt_id, teachers(**{name: {"a": 1, "b": 2, "c": 1}[name] for name in order})).name == before
    assert teacher_for(prompt_id, teachers(a=1, b=2, c=1, d=5)).name in (before, "d")


def test_refused_writing_request_is_recorded_and_counts_as_no_reply(lake: Lake) -> None:
    asked = WritingRequest(
        name="tiny-r1:1:0",
        request_id="f00d",
        text="write a task",
        teacher_id="fake@f00d",
        replies=1,
        parents=("a", "b"),
        topic="sorting",
        difficulty="easy",
        form="statement",
    )
    refusal = Refusal(position=0, asked=asked, message="Input length exceeds the maximum.")
    rows = [refusal_row(refusal, 1), row("proposals", writing_request=1, reason="duplicate")]
    lake.commit("seed:tiny-r1:1", {"proposals": rows}, run_id="tiny-r1")

    found = lake.rows("SELECT admitted, detail, parents FROM lake.proposals WHERE reason = 'refused'")
    assert found == [{"admitted": False, "detail": "Input length exceeds the maximum.", "parents": ["a", "b"]}]
    assert replies_in(lake, "tiny-r1") == 1


def test_tests_that_are_one_teachers_word_are_answered_by_another(lake: Lake, tmp_path: Path) -> None:
    two = recipe(tmp_path).model_copy(update={"teachers": tuple(teachers(a=1, b=1)), "seeding": None})
    two = two.model_copy(update={"prompts": tmp_path / "seeds.jsonl"})
    run = open_run(lake, two)
    written = {"origin": Origin.USER, "writer_teacher": "a@1"}
    candidates = [prompt(number, reference="", **written) for number in range(12)]
    witnessed = [prompt(number, **written) for number in range(12, 24)]
    import_prompts(lake, run, [*candidates, *witnessed])
    plan_shards(lake, run, FIRST_ROUND)

    of = {row["prompt_id"]: row["teacher"] for row in lake.rows("SELECT prompt_id, teacher FROM lake.shards")}
    assert {of[one.prompt_id] for one in candidates} == {"b"}
    assert {of[one.prompt_id] for one in witnessed} == {"a", "b"}, "with a reference, weights alone decide"


def test_an_only_teacher_answers_its_own_tests(lake: Lake, tmp_path: Path) -> None:
    one = recipe(tmp_path).model_copy(update={"seeding": None, "prompts": tmp_path / "seeds.jsonl"})
    run = open_run(lake, one)
    import_prompts(lake, run, [prompt(1, reference="", origin=Origin.USER, writer_teacher="fake@1")])
    plan_shards(lake, run, FIRST_ROUND)

    assert lake.rows("SELECT teacher FROM lake.shards") == [{"teacher": "fake"}]


def test_shard_keeps_its_key_under_the_default_sandbox_and_another_runtime(lake: Lake, tmp_path: Path) -> None:
    run = Builder(lake).begin(recipe(tmp_path))
    verification = run.recipe.verification

    def key(**sandbox: object) -> str:
        changed = verification.model_copy(update={"sandbox": verification.sandbox.model_copy(update=sandbox)})
        return shard_key(replace(run, recipe=run.recipe.model_copy(update={"verification": changed})), 0)

    of_old = [run.recipe.sampling.samples, {"timeout_seconds": 5.0, "memory_mib": 512}]  # before there was a sandbox
    assert shard_key(run, 0) == f"shard:{run.run_id}:0:{fingerprint(of_old, length=12)}"
    assert key(runtime="runsc") == shard_key(run, 0)
    assert key(requirements=("numpy==2.1.0",)) != shard_key(run, 0)
