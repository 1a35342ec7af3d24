"""The filters that a recipe asks for."""

from collections.abc import Sequence

from stillroom.curation.filters.finding import Filter
from stillroom.curation.filters.languages import LanguageFilter
from stillroom.curation.filters.length import LengthFilter, usual_lengths
from stillroom.curation.filters.personal_data import PersonalDataFilter
from stillroom.curation.filters.secrets import SecretFilter
from stillroom.recipe import Filters


def content_filters(section: Filters) -> list[Filter]:
    """The filters that judge a text by what it says, in their order."""
    found: list[Filter] = []
    if section.secrets:
        found.append(SecretFilter(section.secrets))
    if section.personal_data:
        found.append(PersonalDataFilter(section.personal_data))
    if section.languages:
        found.append(LanguageFilter(section.languages))
    return found


def length_filters(
    section: Filters, prompts: Sequence[int], answers: Sequence[int]
) -> tuple[list[Filter], list[Filter]]:
    """Those that judge prompts and answers by their length, given the lengths of all that they come with."""
    bounds = section.length
    if bounds is None:
        return [], []
    of_prompts, of_answers = (
        usual_lengths(lengths, bounds.outliers) if bounds.outliers is not None else None
        for lengths in (prompts, answers)
    )
    return (
        [LengthFilter(bounds.least_prompt, bounds.most_prompt, of_prompts)],
        [LengthFilter(bounds.least_answer, bounds.most_answer, of_answers)],
    )
