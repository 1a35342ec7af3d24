"""Lets a run keep what differs, where its recipe asks for that, and measures how diverse the next version will be."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import md5
from typing import Any

import numpy as np

from stillroom.curation.decisions import Gate
from stillroom.curation.diversifying import diversify
from stillroom.curation.selection import Curated
from stillroom.diversity import Sides, Source, measure
from stillroom.lake import Lake, Row
from stillroom.records import Origin, Prompt
from stillroom.runs.opening import Run
from stillroom.runs.placing import Places, members, scores_of

MOST_MEASURED = 2_000  # examples: embedding them takes about a second
WRITTEN = Origin.WRITTEN.value


def diversified(
    lake: Lake,
    run: Run,
    curated: Curated,
    rows: Sequence[Mapping[str, Any]],
    prompts: Mapping[str, Prompt],
    places: Places,
    *,
    without: Sequence[str] = (),
) -> Curated:
    """What was decided, less what the gate of diversity drops; as it was where the recipe has no such gate.

    Args:
        lake: knows what is published, and the scores.
        run: whose samples these are.
        curated: what all other gates have decided.
        rows: the samples, with answer, teacher_id and strength.
        prompts: theirs, by id.
        places: embeds them.
        without: ids of examples on their way out.

    Raises:
        TeacherError: embeddings come from an endpoint that gives no usable answer.
        RequestError: the recipe names a scorer that has scored nothing.
    """
    settings = run.recipe.curation.diversity
    is_kept = {one.sample_id for one in curated.decisions if one.gate == Gate.KEPT}
    if settings is None or not is_kept:
        return curated
    asked = [described(row, prompts[row["prompt_id"]]) for row in rows if row["sample_id"] in is_kept]
    scores = scores_of(lake, run.run_id, rows, settings.score) if settings.quality else {}
    kept = places.place(asked, scores)
    published = places.place(members(lake, run.recipe.dataset, without=without))
    decisions = diversify(curated.decisions, kept, published, settings, places.embedder.name)
    return replace(curated, decisions=decisions)


def diversity_metrics(
    lake: Lake,
    run: Run,
    curated: Curated,
    rows: Sequence[Mapping[str, Any]],
    prompts: Mapping[str, Prompt],
    places: Places,
    *,
    without: Sequence[str] = (),
) -> list[Row]:
    """Rows of ``metrics``, but for their snapshot: how diverse the dataset is with what was decided now.

    Measured is a sample of at most ``MOST_MEASURED`` examples, and of each teacher as many of its samples that pass,
    for what further ones would bring. Arguments are those of ``diversified``.

    Raises:
        TeacherError: embeddings come from an endpoint that gives no usable answer.
    """
    is_kept = {one.sample_id for one in curated.decisions if one.gate == Gate.KEPT}
    kept = [described(row, prompts[row["prompt_id"]]) for row in rows if row["sample_id"] in is_kept]
    told = _some([*members(lake, run.recipe.dataset, without=without, most=MOST_MEASURED), *kept])
    if not told:
        return []
    vectors = places.prompts(told)
    given, written = (
        [vectors[id_] for id_ in dict.fromkeys(row["prompt_id"] for row in told if (row["origin"] == WRITTEN) is which)]
        for which in (False, True)
    )
    sides = Sides(
        prompts=[*dict(sorted((row["prompt_id"], row["task"]) for row in told)).values()],
        answers=[row["answer"] for row in told],
        rows=places.place(told).rows,
        written=np.array(written) if written else None,
        reference=np.array(given) if given else None,
    )
    sources: dict[str, Source] = {}
    for teacher in sorted({row["teacher_id"] for row in rows}):
        passed = [row for row in rows if row["teacher_id"] == teacher and row["outcome"] == "pass"]
        brought = _some([described(row, prompts[row["prompt_id"]]) for row in passed])
        sources[teacher] = Source(answers=[row["answer"] for row in brought], rows=places.place(brought).rows)
    figures = measure(sides, sources, embedder=places.embedder.name).drop("snapshot")
    return [*figures.iter_rows(named=True)]


def _some(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most ``MOST_MEASURED`` of them, by chance, but always the same ones in the same order."""
    ordered = sorted(rows, key=lambda row: md5(row["sample_id"].encode(), usedforsecurity=False).digest())
    return ordered[:MOST_MEASURED]


def described(row: Mapping[str, Any], prompt: Prompt) -> dict[str, Any]:
    """A sample of a run as ``members`` has those that are published."""
    return {
        "sample_id": row["sample_id"],
        "prompt_id": prompt.prompt_id,
        "task": prompt.task,
        "answer": row["answer"],
        "topic": prompt.topic,
        "difficulty_asked": prompt.difficulty_asked,
        "teacher_id": row["teacher_id"],
        "origin": prompt.origin.value,
    }
