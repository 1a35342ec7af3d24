"""Settings that were written into a recipe and could do nothing in it: refused before anything is paid for.

What a recipe leaves to its default is no mistake; a form fills in all defaults, so only what differs was written there.
Without strengths of tests the gate of diversity goes by novelty alone.
"""

from stillroom.capabilities import find_capability
from stillroom.errors import RecipeError
from stillroom.recipe import TEST_STRENGTH, Recipe
from stillroom.runs.measuring import is_measured

_NONE_MEASURED = (
    "the strength of tests is not measured: `verification.min_test_strength` is null, or the capability has no tests"
)


def refuse_idle_settings(recipe: Recipe, *, is_from_form: bool = False) -> None:
    """Refuse what hangs on scores that there are not, and a score that nothing is traded for.

    Args:
        recipe: as it was read.
        is_from_form: whether every field was filled in, the defaults as well.

    Raises:
        RecipeError: naming the field, why it does nothing, and what to do.
    """
    measured = is_measured(recipe, find_capability(recipe.capability))
    if "strongest-tests" in recipe.curation.representative and not measured:
        raise RecipeError(
            f"curation.representative: `strongest-tests` would decide nothing, since {_NONE_MEASURED}. Set a minimum "
            "(0 lets all tests pass), or take that criterion out."
        )
    gate = recipe.curation.diversity
    if gate is None:
        return
    written = gate.model_fields_set
    if is_from_form:
        written = {name for name, field in type(gate).model_fields.items() if getattr(gate, name) != field.default}
    if "quality" in written and gate.quality and gate.score == TEST_STRENGTH and not measured:
        raise RecipeError(
            f"curation.diversity.quality: {gate.quality} would trade novelty for nothing, since {_NONE_MEASURED}. Set "
            "a minimum (0 lets all tests pass), name a scorer's `score:`, or take `quality:` out: then novelty alone "
            "decides."
        )
    if "score" in written and not gate.quality:
        raise RecipeError(
            f"curation.diversity.score: {gate.score!r} would decide nothing, since `quality` is 0. Give a `quality` "
            "above 0, or take `score:` out."
        )
