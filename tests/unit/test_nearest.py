"""A name that does not exist is answered with the one that was probably meant, or not at all."""

import pytest

from stillroom.capabilities import find_capability
from stillroom.errors import RecipeError, RequestError
from stillroom.nearest import meant
from stillroom.teachers.models import CATALOGUE, lookup


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param("tiny-r11", " Did you mean 'tiny-r1'?", id="one letter more"),
        pytest.param("poems", "", id="nothing like it"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_the_nearest_is_named_where_one_is_near(given: str, said: str) -> None:
    assert meant(given, ["tiny-r1", "code"]) == said


def test_a_misspelt_capability_is_answered_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match=r"there are: .*code.*\. Did you mean 'code'\?"):
        find_capability("coed")


def test_a_misspelt_model_is_answered_with_the_nearest() -> None:
    name = next(iter(CATALOGUE))

    with pytest.raises(RequestError, match=f"Did you mean '{name}'"):
        lookup(f"{name}x")
