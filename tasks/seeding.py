"""Tasks of seeding: import what people wrote, have a teacher write more, plan shards."""

from dataclasses import replace

from prefect import task

from stillroom.capabilities import find_capability
from stillroom.journal import AnyJournal, journal_at
from stillroom.recipe import Recipe
from stillroom.runs import (
    FIRST_ROUND,
    asked_teachers,
    import_prompts,
    load_run,
    offered_file,
    opened_at,
    plan_shards,
    pool,
    prompt_row,
    proposal_row,
    refusal_row,
    replies_in,
    retracted_prompts,
    unfinished_shards,
    unimported,
    writing_costs,
    writing_journal,
    written_in,
)
from stillroom.seeding import (
    PromptFile,
    Record,
    Round,
    is_begun,
    is_planned,
    prove_references,
    requests_in_round,
    write_round,
)
from stillroom.seeding.admission import UNJUDGED
from tasks.meeting import met
from tasks.retrying import RETRYING
from tasks.workshop import workshop


@task(name="import prompts", **RETRYING)
async def import_sources(run_id: str) -> int:
    """Bring the recipe's seeds or prompts into the lake, references proven; returns how many are new.

    Raises:
        RecipeError: the file is not what it was when the run was begun, has a broken line, or a reference fails its
            own tests.
        SandboxError: the sandbox failed.
    """
    shop = workshop()
    run = load_run(shop.lake, run_id)
    recipe = run.recipe
    capability = find_capability(recipe.capability)
    file = offered_file(shop.lake, run)
    if file is None:
        return 0
    _tell_unsampled(file, recipe)
    fresh = unimported(shop.lake, recipe.dataset, file.prompts)
    if any(one.reference for one in fresh):
        async with shop.slots(("sandbox",)):
            await prove_references(
                replace(file, prompts=tuple(fresh)),
                capability,
                shop.verifiers(recipe.verification),
                observe=lambda done, total: shop.watcher.progressed("solutions", done, total),
            )
    return await shop.write(lambda: import_prompts(shop.lake, run, file.prompts))


def _tell_unsampled(file: PromptFile, recipe: Recipe) -> None:
    """Say of seeds without a difficulty that a recipe which asks for some samples none of them."""
    asked = (recipe.seeding and recipe.seeding.difficulties) or ()
    silent = sum(not one.difficulty_asked for one in file.prompts)
    if asked and silent:
        workshop().watcher.say(
            f"{silent} of {len(file.prompts)} seeds in {file.path} state no `difficulty`: they are not sampled, since "
            f"the recipe asks for {', '.join(asked)}"
        )


@task(name="meet teachers", **RETRYING)
async def meet_teachers(run_id: str) -> list[str]:
    """Connect to every teacher that the run may ask, and record who it is; returns their ids.

    Raises:
        TeacherError: one cannot be reached or started.
        TeacherMismatch: one is another model than the recipe names, or not the revision the run was begun with.
    """
    lake = workshop().lake
    run = load_run(lake, run_id)
    return [(await met(run, teacher.name)).identity.teacher_id for teacher in asked_teachers(lake, run)]


@task(name="write prompts", task_run_name="writing round {number}", **RETRYING)
async def write_prompts(run_id: str, number: int) -> bool:
    """Write and commit round ``number``; False where nothing more is to be written in this run.

    What a round was paid for is ruled on and committed also where nothing more is wanted; then nobody is asked.

    Raises:
        TeacherError: the writer is gone, or refuses every request.
        SandboxError: the sandbox failed.
        LakeError: the journal or the lake cannot be read or written.
    """
    shop = workshop()
    lake = shop.lake
    run = load_run(lake, run_id)
    recipe, seeding = run.recipe, run.recipe.seeding
    if seeding is None:
        return False
    key = f"seed:{run_id}:{number}"
    if lake.committed(key):
        return True
    place = writing_journal(lake, run_id, number)
    journal: AnyJournal[Record] = journal_at(place, Record)
    there = journal.read().records
    written = written_in(lake, run_id)
    wanted = seeding.new_prompts - written if number <= seeding.max_rounds else 0
    if wanted <= 0 and not is_begun(there):
        return False
    replied = replies_in(lake, run_id)
    round_ = Round(
        run_id=run_id,
        opened=opened_at(lake, run_id).isoformat(),
        number=number,
        requests=requests_in_round(seeding, still_wanted=wanted, admitted=written, replied=replied)
        if wanted > 0
        else 0,
        pool=tuple(pool(lake, recipe.dataset)),
        withheld=retracted_prompts(lake, recipe.dataset),
    )
    needs_writer = wanted > 0 or not is_planned(there, round_)
    writer = (await met(run, recipe.writer.name)).client if needs_writer else None
    async with shop.slots(("teacher", "sandbox") if needs_writer else ("sandbox",)):
        result = await write_round(
            round_,
            seeding=seeding,
            capability=find_capability(recipe.capability),
            writer=writer,
            verifiers=shop.verifiers(recipe.verification),
            place=place,
            observe=lambda replied, requested: shop.watcher.wrote(number, replied, requested),
            ruled=lambda examined, replies: shop.watcher.progressed(f"checking, round {number}", examined, replies),
            say=shop.watcher.say,
        )
    rows = {
        "prompts": [prompt_row(prompt) for prompt in result.prompts],
        "proposals": [
            *(proposal_row(ruling, number) for ruling in result.rulings),
            *(refusal_row(refusal, number) for refusal in result.refusals),
        ],
        "costs": writing_costs(result.rulings, recipe),
    }
    await shop.write(lambda: lake.commit(key, rows, run_id=run_id))
    unjudged = sum(ruling.reason == UNJUDGED for ruling in result.rulings)
    left = f"; {unjudged} written tasks could not be judged, and are ruled on again later" if unjudged else ""
    shop.watcher.say(f"writing round {number}: {len(result.rulings)} replies, {len(result.prompts)} new prompts{left}")
    if result.refusals:
        refused = f"{len(result.refusals)} requests were refused"
        shop.watcher.say(f"writing round {number}: {refused}: {result.refusals[0].message}")
    return True


@task(name="plan shards", task_run_name="plan after round {writing_round}", **RETRYING)
async def plan(run_id: str, writing_round: int) -> list[int]:
    """Plan the shards of what a round brought; returns the run's shards that are not done.

    What journals hold that the lake has forgotten is looked for before a shard asks.

    Raises:
        RecipeError: of the first round: the recipe's file is not what it was when the run was begun.
    """
    shop = workshop()
    lake = shop.lake
    run = load_run(lake, run_id)
    file = offered_file(lake, run) if writing_round == FIRST_ROUND else None
    offered = {prompt.prompt_id for prompt in file.prompts} if file else None
    await shop.write(lambda: plan_shards(lake, run, writing_round, offered))
    await shop.read(shop.forgotten_of(run).look)
    return unfinished_shards(lake, run)
