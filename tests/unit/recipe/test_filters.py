"""The section of filters: off by default, good defaults once named, and mistakes told by field."""

from pathlib import Path

import pytest

from stillroom.errors import RecipeError
from stillroom.recipe import Filters, Recipe, Stage, filter_methods, parse_recipe, sections
from tests.fakes.prompts import RECIPE, write_seeds


def parsed(folder: Path, filters: str) -> Recipe:
    return parse_recipe(f"{RECIPE}\ncuration: {{filters: {filters}}}\n", base=folder, source="r.yaml")


def section(recipe: Recipe) -> dict[str, object]:
    return {name: value for name, value in sections(recipe)[Stage.CURATION].items() if name.startswith("filters.")}


def test_without_the_section_nothing_is_filtered_and_nothing_is_recorded(tmp_path: Path) -> None:
    write_seeds(tmp_path / "seeds.jsonl", range(2))
    without = parse_recipe(RECIPE, base=tmp_path, source="r.yaml")
    assert without.curation.filters is None
    assert not any(name.startswith("filters") for name in sections(without)[Stage.CURATION])
    assert filter_methods(None) == {}


def test_each_filter_has_defaults_once_it_is_named(tmp_path: Path) -> None:
    filters = parsed(
        tmp_path, "{secrets: {}, personal_data: {}, languages: {allowed: [en]}, length: {}}"
    ).curation.filters
    assert filters is not None
    assert filters.secrets is not None
    assert filters.secrets.least_confidence == "medium"
    assert filters.personal_data is not None
    assert filters.personal_data.kinds == ("email", "phone", "payment-card", "iban")
    assert filters.languages is not None
    assert filters.languages.least_confidence == 0.9
    assert filters.length is not None
    assert (filters.length.outliers, filters.length.most_answer) == (3.5, None)


def test_the_library_of_a_filter_is_recorded_with_it(tmp_path: Path) -> None:
    write_seeds(tmp_path / "seeds.jsonl", range(2))
    found = section(parsed(tmp_path, "{secrets: {}, length: {most_answer: 9}}"))
    assert str(found["filters.secrets.method"]).startswith("secrets@2 kingfisher-secret-scanner==")
    assert found["filters.length.method"] == "length@2"
    assert found["filters.length.most_answer"] == 9
    assert not any("languages" in name or "personal_data" in name for name in found)


def test_every_filter_of_the_section_has_a_method() -> None:
    on = Filters.model_validate({"secrets": {}, "personal_data": {}, "languages": {"allowed": ["en"]}, "length": {}})
    assert filter_methods(on).keys() == Filters.model_fields.keys()


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        pytest.param("{secret: {}}", "did you mean `secrets`", id="misspelt"),
        pytest.param("{languages: {}}", "curation.filters.languages.allowed", id="no language"),
        pytest.param(
            "{languages: {allowed: [eng]}}", "'eng' is no language that can be told apart; did you mean", id="code"
        ),
        pytest.param("{languages: {allowed: []}}", "curation.filters.languages.allowed", id="none allowed"),
        pytest.param("{personal_data: {kinds: [name]}}", "curation.filters.personal_data.kinds.0", id="kind"),
        pytest.param("{personal_data: {phone_regions: [us]}}", "phone_regions.0", id="region"),
        pytest.param("{length: {least_answer: 9, most_answer: 8}}", "so that no answer may stay", id="bounds"),
        pytest.param(
            "{secrets: {least_confidence: none}}", "curation.filters.secrets.least_confidence", id="confidence"
        ),
    ],
)
def test_a_mistake_is_told_by_its_field(tmp_path: Path, filters: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said.replace(".", r"\.")):
        parsed(tmp_path, filters)
