"""Which teachers a run has anything to ask for, so that it goes on without those whose work is done."""

from stillroom.lake import Lake
from stillroom.recipe import Recipe, Teacher
from stillroom.records import Prompt
from stillroom.runs.opening import Run
from stillroom.runs.paid import teachers_owing
from stillroom.runs.planning import (
    FIRST_ROUND,
    assigned_teacher,
    first_prompts,
    is_planned,
    pool,
    rounds_done,
    sampled_prompts,
    written_in,
)
from stillroom.runs.retracting import retracted_prompts
from stillroom.seeding import recipe_prompts


def asked_teachers(lake: Lake, run: Run) -> list[Teacher]:
    """The teachers that a build of the run may ask for samples or prompts, in the recipe's order.

    While prompts are written that is all of them: whoever writes, each may be given some of what is written.

    Raises:
        RecipeError: the seed or prompt file cannot be used.
    """
    teachers = run.recipe.teachers
    if _writes(lake, run):
        return [*teachers]
    names = teachers_owing(lake, run)
    if not is_planned(lake, run, FIRST_ROUND):
        names |= {assigned_teacher(prompt, teachers).name for prompt in prompts_at_first(run.recipe, lake)}
    return [teacher for teacher in teachers if teacher.name in names]


def _writes(lake: Lake, run: Run) -> bool:
    seeding = run.recipe.seeding
    if seeding is None or rounds_done(lake, run.run_id) >= seeding.max_rounds:
        return False
    return written_in(lake, run.run_id) < seeding.new_prompts


def prompts_at_first(recipe: Recipe, lake: Lake | None) -> list[Prompt]:
    """What a run takes from the pool, once the recipe's file has been imported into it; ``lake`` may not be there yet.

    Raises:
        RecipeError: the seed or prompt file cannot be used.
    """
    prompts = recipe_prompts(recipe)
    if lake is None:
        return first_prompts(recipe, prompts, set())
    known = pool(lake, recipe.dataset)
    known_ids = {one.prompt_id for one in known}
    imported = [one for one in prompts if one.prompt_id not in known_ids]
    offered = {one.prompt_id for one in prompts}
    left_out = sampled_prompts(lake, recipe) | retracted_prompts(lake, recipe.dataset)
    return first_prompts(recipe, [*known, *imported], left_out, offered)
