"""Holds prompts and answers that a run may publish against the filters of its recipe."""

from collections.abc import Mapping, Sequence
from typing import Any

from stillroom.curation.filters.finding import Finding, first_finding
from stillroom.lake import Lake
from stillroom.records import Prompt
from stillroom.runs.answers import Answers
from stillroom.runs.decontaminating import ANSWER, PROMPT
from stillroom.runs.opening import Run

Filtered = tuple[str, Finding]  # the side, prompt or answer, and what is wrong with it


def filtered(
    lake: Lake, run: Run, rows: Sequence[Mapping[str, Any]], prompts: Mapping[str, Prompt]
) -> dict[str, Filtered]:
    """By sample, what is wrong with its prompt, else with its answer, where something is.

    What is published already stays, and so is not looked at; its length counts among those that are usual. Answers are
    looked at as they would be trained on.

    Args:
        lake: where the answers are.
        run: whose samples these are; its recipe names the filters.
        rows: samples, with sample_id, prompt_id, outcome and is_published.
        prompts: theirs, by id.
    """
    section = run.recipe.curation.filters
    if section is None:
        return {}
    from stillroom.curation.filters.chosen import content_filters, length_filters  # slow to import

    prompt_of = {row["sample_id"]: row["prompt_id"] for row in rows if row["outcome"] == "pass" or row["is_published"]}
    answers = Answers(lake=lake, run_id=run.run_id, sample_ids=prompt_of.keys(), prompts=prompts)
    tasks = {prompt_id: prompts[prompt_id].task for prompt_id in prompt_of.values()}
    published = {row["sample_id"] for row in rows if row["is_published"]}
    content = content_filters(section)
    of_prompts, of_answers = length_filters(
        section,
        [len(task) for task in tasks.values()],
        [len(answer) for batch in answers.batches() for answer in batch.values()],
    )
    in_prompts = {
        prompt_id: first_finding([*content, *of_prompts], tasks[prompt_id])
        for prompt_id in dict.fromkeys(prompt_of[sample_id] for sample_id in prompt_of.keys() - published)
    }
    found: dict[str, Filtered] = {}
    for sample_id, answer in (one for batch in answers.batches() for one in batch.items()):
        if sample_id in published:
            continue
        if (in_prompt := in_prompts[prompt_of[sample_id]]) is not None:
            found[sample_id] = (PROMPT, in_prompt)
        elif (in_answer := first_finding([*content, *of_answers], answer)) is not None:
            found[sample_id] = (ANSWER, in_answer)
    return found
