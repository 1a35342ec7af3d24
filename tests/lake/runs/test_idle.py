"""Settings that could do nothing are refused by what reads a recipe before a build; defaults are not."""

from pathlib import Path

import pytest

from stillroom.cli.forecast import foresee
from stillroom.errors import RecipeError
from stillroom.recipe import Recipe
from stillroom.runs import refuse_idle_settings
from tests.fakes.prompts import recipe

MEASURED, UNMEASURED = "verification: {min_test_strength: 0}", "verification: {min_test_strength: null}"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param("representative: [cheapest, strongest-tests]", "`strongest-tests` would decide", id="policy"),
        pytest.param("diversity: {quality: 0.2}", r"quality: 0\.2 would trade novelty for nothing", id="quality"),
        pytest.param("diversity: {quality: 1}", r"quality: 1\.0 would trade novelty for nothing", id="quality-alone"),
        pytest.param("diversity: {quality: 0, score: judge@1}", "score: 'judge@1' would decide nothing", id="score"),
    ],
)
def test_what_could_do_nothing_is_refused(tmp_path: Path, changes: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        foresee(recipe(tmp_path, f"curation: {{{changes}}}\n{UNMEASURED}"), None)


@pytest.mark.parametrize(
    ("changes", "verification"),
    [
        ("representative: strongest-tests", MEASURED),
        ("diversity: {quality: 0.2}", MEASURED),
        ("diversity: {share: 0.5}", UNMEASURED),
        ("diversity: {quality: 0}", UNMEASURED),
        ("diversity: {quality: 0.4, score: judge@1}", UNMEASURED),
        ("representative: cheapest", UNMEASURED),
    ],
)
def test_what_works_and_what_is_left_to_its_default_is_not(tmp_path: Path, changes: str, verification: str) -> None:
    assert foresee(recipe(tmp_path, f"curation: {{{changes}}}\n{verification}"), None).action == "open"


def filled_in(folder: Path, changes: str) -> Recipe:
    """As a form of Prefect's gives it: with all its fields."""
    return Recipe.model_validate(recipe(folder, f"{changes}\n{UNMEASURED}").model_dump(mode="json"))


@pytest.mark.parametrize("changes", ["representative: strongest-tests", "diversity: {quality: 0.5}"])
def test_a_form_is_refused_for_what_differs_from_its_defaults(tmp_path: Path, changes: str) -> None:
    with pytest.raises(RecipeError, match=r"decide nothing|for nothing"):
        refuse_idle_settings(filled_in(tmp_path, f"curation: {{{changes}}}"), is_from_form=True)


def test_a_form_is_not_refused_for_its_defaults(tmp_path: Path) -> None:
    made = filled_in(tmp_path, "curation: {diversity: {share: 0.5}}")
    with pytest.raises(RecipeError):
        refuse_idle_settings(made)
    refuse_idle_settings(made, is_from_form=True)
