"""What a recipe leads to is read before anything is opened, started or paid for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stillroom.recipe import Recipe


def refuse_unreadable(recipe: "Recipe") -> None:
    """Read what a recipe names (seeds or prompts, benchmarks, tables) and its words, and refuse what is broken.

    Raises:
        RequestError: there is no such capability, or a benchmark cannot be read.
        RecipeError: naming the line of the file, or the field of the recipe.
    """
    from stillroom.runs import (
        refuse_idle_settings,
        refuse_unknown_words,
        refuse_unusable_benchmarks,
        refuse_unusable_tables,
    )
    from stillroom.seeding import recipe_prompts

    refuse_unknown_words(recipe)
    refuse_idle_settings(recipe)
    recipe_prompts(recipe)
    refuse_unusable_benchmarks(recipe)
    refuse_unusable_tables(recipe)
