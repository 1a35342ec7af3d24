"""Whether a run has anything to ask teachers for, so that what is paid for already is derived again without one."""

from stillroom.lake import Lake
from stillroom.recipe import Recipe
from stillroom.records import Prompt
from stillroom.runs.opening import Run
from stillroom.runs.paid import owed_at_most
from stillroom.runs.planning import (
    FIRST_ROUND,
    first_prompts,
    is_planned,
    pool,
    rounds_done,
    sampled_prompts,
    written_in,
)
from stillroom.runs.retracting import retracted_prompts
from stillroom.seeding import recipe_prompts


def asks_teachers(lake: Lake, run: Run) -> bool:
    """Whether a build of the run may ask teachers for samples or prompts.

    Raises:
        RecipeError: the seed or prompt file cannot be used.
    """
    if _writes(lake, run) or owed_at_most(lake, run).prompts:
        return True
    return not is_planned(lake, run, FIRST_ROUND) and bool(prompts_at_first(run.recipe, lake))


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
    left_out = sampled_prompts(lake, recipe) | retracted_prompts(lake)
    return first_prompts(recipe, [*known, *imported], left_out, offered)
