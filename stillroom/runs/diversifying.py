"""Lets a run keep what differs, where its recipe asks for that, and measures how diverse the next version will be."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from hashlib import md5
from typing import Any

import numpy as np

from stillroom.curation.decisions import Gate
from stillroom.curation.diversifying import diversify
from stillroom.curation.selection import Curated
from stillroom.diversity import Sides, Source, measure
from stillroom.embedding import Embedder, open_embedder
from stillroom.lake import Lake, Row
from stillroom.records import Origin, Prompt
from stillroom.runs.opening import Run
from stillroom.runs.placing import Places, members

MOST_MEASURED = 2_000  # examples: embedding them takes about a second
WRITTEN = Origin.WRITTEN.value


def differing(
    lake: Lake,
    run: Run,
    curated: Curated,
    rows: Sequence[Mapping[str, Any]],
    prompts: Mapping[str, Prompt],
    scores: Mapping[str, float | None],
    *,
    embedder: Embedder | None = None,
    known: Sequence[Row] = (),
    without: Sequence[str] = (),
) -> tuple[Curated, dict[str, list[Row]]]:
    """What was decided, less what the gate of diversity drops; and rows of what was computed for that and measured.

    Rows are those of ``embeddings`` that the gate hangs on and the lake lacked, without their curation, and those of
    ``metrics``, without their snapshot.

    Args:
        lake: knows what is published.
        run: whose samples these are.
        curated: what all other gates have decided.
        rows: the samples, with answer, teacher_id and outcome.
        prompts: theirs, by id.
        scores: by sample, as of ``diversity_scores``.
        embedder: what vectors have come from so far; where None, the recipe's is opened.
        known: rows of ``embeddings`` that the lake is to get anyway.
        without: ids of examples on their way out.

    Raises:
        TeacherError: embeddings come from an endpoint that gives no usable answer.
    """
    with nullcontext(embedder) if embedder else open_embedder(run.recipe.curation.embedding) as opened:
        places = Places(lake, run.recipe.dataset, opened)
        places.know(known)
        by_sample = {row["sample_id"]: described(row, prompts[row["prompt_id"]]) for row in rows}
        settings = run.recipe.curation.diversity
        kept = _kept(curated, by_sample)
        if settings is not None and kept:
            published = places.place(members(lake, run.recipe.dataset, without=without))
            decisions = diversify(
                curated.decisions, places.place(kept, scores), published, settings, places.embedder.name
            )
            curated = replace(curated, decisions=decisions)
        hung_on = [*places.fresh]  # what only measures need is computed again
        some = members(lake, run.recipe.dataset, without=without, most=MOST_MEASURED)
        passed = [by_sample[row["sample_id"]] for row in rows if row["outcome"] == "pass"]
        metrics = _measured(places, _some([*some, *_kept(curated, by_sample)]), passed)
    return curated, {"embeddings": hung_on, "metrics": metrics}


def _measured(places: Places, told: Sequence[dict[str, Any]], passed: Sequence[dict[str, Any]]) -> list[Row]:
    """How diverse these examples are, and what more each teacher would bring by those of its samples that passed."""
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
    for teacher in sorted({row["teacher_id"] for row in passed}):
        brought = _some([row for row in passed if row["teacher_id"] == teacher])
        sources[teacher] = Source(answers=[row["answer"] for row in brought], rows=places.place(brought).rows)
    figures = measure(sides, sources, embedder=places.embedder.name).drop("snapshot")
    return [*figures.iter_rows(named=True)]


def _kept(curated: Curated, by_sample: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [by_sample[one.sample_id] for one in curated.decisions if one.gate == Gate.KEPT]


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
