"""Holds prompts and answers that a run may publish against the filters of its recipe."""

from collections.abc import Mapping, Sequence
from typing import Any

from stillroom.curation.filters.finding import Finding, first_finding
from stillroom.recipe import Filters
from stillroom.records import Prompt
from stillroom.runs.decontaminating import ANSWER, PROMPT, trained_on

Filtered = tuple[str, Finding]  # the side, prompt or answer, and what is wrong with it


def filtered(
    section: Filters | None, rows: Sequence[Mapping[str, Any]], prompts: Mapping[str, Prompt]
) -> dict[str, Filtered]:
    """By sample, what is wrong with its prompt, else with its answer, where something is.

    What is published already stays, and so is not looked at; its length counts among those that are usual. Answers are
    looked at as they would be trained on.

    Args:
        section: the filters, or None.
        rows: samples, with prompt_id, answer, response, outcome and is_published.
        prompts: theirs, by id.
    """
    if section is None:
        return {}
    from stillroom.curation.filters.chosen import content_filters, length_filters  # slow to import

    answers = {
        row["sample_id"]: trained_on(row, prompts) for row in rows if row["outcome"] == "pass" or row["is_published"]
    }
    prompt_of = {row["sample_id"]: row["prompt_id"] for row in rows if row["sample_id"] in answers}
    tasks = {prompt_id: prompts[prompt_id].task for prompt_id in prompt_of.values()}
    published = {row["sample_id"] for row in rows if row["is_published"]}
    open_ = [sample_id for sample_id in answers if sample_id not in published]
    content = content_filters(section)
    of_prompts, of_answers = length_filters(
        section, [len(task) for task in tasks.values()], [len(answer) for answer in answers.values()]
    )
    in_prompts = {
        prompt_id: first_finding([*content, *of_prompts], tasks[prompt_id])
        for prompt_id in dict.fromkeys(prompt_of[sample_id] for sample_id in open_)
    }
    found: dict[str, Filtered] = {}
    for sample_id in open_:
        if (in_prompt := in_prompts[prompt_of[sample_id]]) is not None:
            found[sample_id] = (PROMPT, in_prompt)
        elif (in_answer := first_finding([*content, *of_answers], answers[sample_id])) is not None:
            found[sample_id] = (ANSWER, in_answer)
    return found
