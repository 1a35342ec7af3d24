"""What a recipe leads to, and its model cannot know: words of its capability, benchmarks and tables."""

import difflib

from stillroom.capabilities import find_capability
from stillroom.errors import RecipeError
from stillroom.recipe import Recipe, benchmark_places, find_benchmarks, find_tables


def refuse_unknown_words(recipe: Recipe) -> None:
    """Refuse difficulties that the recipe's capability does not know: no seed would have them.

    Raises:
        RecipeError: naming the field, what it may hold, and what was probably meant; or there is no such capability.
    """
    known = list(find_capability(recipe.capability).difficulties)
    for given in (recipe.seeding and recipe.seeding.difficulties) or ():
        if given not in known:
            near = difflib.get_close_matches(given, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "."
            raise RecipeError(
                f"seeding.difficulties: {given!r} is no difficulty of capability {recipe.capability!r}{hint} "
                f"Known are: {', '.join(known)}."
            )


def refuse_unusable_benchmarks(recipe: Recipe) -> None:
    """Read the benchmarks that a recipe is checked against, before anything is paid for.

    Raises:
        RequestError: one is not there, is empty, or holds a file that cannot be read.
    """
    found = find_benchmarks(benchmark_places(recipe.curation.contamination))
    if not found:
        return
    from stillroom.curation.benchmark_files import read_benchmarks  # slow to import, and not needed without any

    read_benchmarks(found)


def refuse_unusable_tables(recipe: Recipe) -> None:
    """Look through the tables that a recipe has texts compared with, before anything is paid for.

    Raises:
        RecipeError: one is not there, or is not what the recipe says.
    """
    if not recipe.curation.against:
        return
    from stillroom.curation import given_tables  # slow to import, and most recipes name none

    given_tables.refuse_unusable_tables(find_tables(recipe.curation.against))
