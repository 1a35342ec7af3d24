"""Measures how diverse the next version will be, and how much that is new each teacher would bring."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from heapq import nsmallest
from itertools import chain
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.given_tables import some_texts
from stillroom.diversity import MOST_CHARACTERS, MOST_WORDS, TEXTS, Meaning, Novel, Sides, measure
from stillroom.embedding import Embedder
from stillroom.errors import EmbedderChanged, TeacherError
from stillroom.lake import Lake, Row
from stillroom.recipe import Table
from stillroom.records import Origin
from stillroom.runs.clustering import clustered
from stillroom.runs.diversifying import Described
from stillroom.runs.diversity_rows import RISK, UNMEASURED
from stillroom.runs.foreseeing import foreseen, passed
from stillroom.runs.opening import Run
from stillroom.runs.placing import Places, members
from stillroom.wording import beginning

MOST_MEASURED = 2_000  # examples: embedding them takes about a second
MOST_REFERENCE = 5_000  # rows of a table that others are compared with
WRITTEN = Origin.WRITTEN.value
_GIVEN = """
SELECT any_value(task) AS task FROM lake.prompts
WHERE run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset) AND origin <> $written
GROUP BY prompt_id ORDER BY md5(prompt_id) LIMIT $most
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Located:
    """What hangs on embeddings: of the set, and of all samples that passed."""

    meaning: Meaning
    leaders: pl.DataFrame
    rows: Mapping[str, Sequence[Row | pl.DataFrame]]


def figures_of(
    lake: Lake,
    run: Run,
    rows: Sequence[Mapping[str, Any]],
    kept: Iterable[Described],
    *,
    embedder: Embedder,
    known: Sequence[pl.DataFrame] = (),
    without: Sequence[str] = (),
    tables: Sequence[Table] = (),
) -> tuple[list[Row], dict[str, list[Row | pl.DataFrame]]]:
    """Rows of ``metrics`` without their snapshot, and by table those of what else was learnt.

    No decision hangs on them. So an endpoint that cannot be asked leaves out what hangs on embeddings, and a row says
    that; the next curation makes up for it.

    Args:
        lake: knows what is published, and all samples.
        run: is decided about.
        rows: its samples, with outcome, prompt_id and teacher_id.
        kept: what the next version is to hold of them, beside what is published, as of ``described``.
        embedder: whose vectors count.
        known: frames of rows of ``embeddings`` that the lake is to get anyway.
        without: ids of examples on their way out.
        tables: fixed corpora that the version is compared with.
    """
    told = _some(chain(members(lake, run.recipe.dataset, without=without, most=MOST_MEASURED), kept))
    samples = passed(lake, run, rows)
    if not told and samples.is_empty():
        return [], {}
    sides = Sides(prompts=[*_tasks(told).values()], answers=[row["answer"] for row in told])
    try:
        located = _located_or_again(lake, run, told, samples, embedder, known, tables)
    except TeacherError:
        unmeasured: Row = {"risk": RISK, "metric": UNMEASURED, "slice": "", "value": float(len(told))}
        unmeasured |= {"low": None, "high": None, "method": "embedding-endpoint@1", "threshold": None}
        figures = measure(sides)
        return [unmeasured, *_named(figures), *foreseen(lake, run, samples, None)], {}
    sides = Sides(prompts=sides.prompts, answers=sides.answers, meaning=located.meaning)
    more = foreseen(lake, run, samples, located.leaders, embedder=embedder.name)
    metrics = [*_named(measure(sides, embedder=embedder.name)), *more]
    return metrics, {name: [*some] for name, some in located.rows.items()}


def _located_or_again(
    lake: Lake,
    run: Run,
    told: Sequence[Described],
    samples: pl.DataFrame,
    embedder: Embedder,
    known: Sequence[pl.DataFrame],
    tables: Sequence[Table],
) -> _Located:
    try:
        return _located(lake, run, told, samples, embedder, known, tables)
    except EmbedderChanged:  # met only now: all of it is then by the one that was met
        return _located(lake, run, told, samples, embedder, known, tables)


def _located(
    lake: Lake,
    run: Run,
    told: Sequence[Described],
    samples: pl.DataFrame,
    embedder: Embedder,
    known: Sequence[pl.DataFrame],
    tables: Sequence[Table],
) -> _Located:
    places = Places(lake, run.recipe.dataset, embedder)
    places.know(known)
    columns = {"sample_id": pl.String, "prompt_id": pl.String}
    measured = pl.DataFrame([(row["sample_id"], row["prompt_id"]) for row in told], schema=columns, orient="row")
    vectors = places.place(told).rows  # first: what is published has vectors, and others the same texts
    found = clustered(lake, places, pl.concat([samples.select("sample_id", "prompt_id"), measured]))
    its = measured.join(found.leaders, on="sample_id", how="left", maintain_order="left")
    labels = its["leader"].rank("dense").to_numpy().astype(np.int64)
    novel = [*_beyond_given(lake, run, told, embedder), *_beyond_tables(told, tables, embedder)]
    return _Located(meaning=Meaning(rows=vectors, labels=labels, novel=novel), leaders=found.leaders, rows=found.rows)


def _beyond_given(lake: Lake, run: Run, told: Sequence[Described], embedder: Embedder) -> list[Novel]:
    """Written prompts against a fixed number of the dataset's given ones: always those of the least hashes."""
    written = [*_tasks([row for row in told if row["origin"] == WRITTEN]).values()]
    if not written:
        return []
    asked = {"dataset": run.recipe.dataset, "written": WRITTEN, "most": max(TEXTS)}
    given = [row["task"] for row in lake.rows(_GIVEN, asked)]
    rows, reference = _of_one_length(written, embedder), _of_one_length(given, embedder)
    return [
        Novel(slice=f"written-prompts/{count}-given-prompts", rows=rows, reference=reference[:count])
        for count in TEXTS
        if count <= len(given)
    ]


def _beyond_tables(told: Sequence[Described], tables: Sequence[Table], embedder: Embedder) -> list[Novel]:
    """Prompts or answers against the rows of each table that the recipe compares them with."""
    found: list[Novel] = []
    for table in tables:
        ours = [*_tasks(told).values()] if table.kind == "prompt" else [row["answer"] for row in told]
        reference = _of_one_length(some_texts(table, MOST_REFERENCE), embedder)
        slice_ = f"{table.kind}s/{table.name}@{table.sha256[:12]}/{len(reference)}-rows"
        found.append(Novel(slice=slice_, rows=_of_one_length(ours, embedder), reference=reference))
    return found


def _of_one_length(texts: Sequence[str], embedder: Embedder) -> NDArray[np.float32]:
    """Embeddings of no more than the first words, lest long texts seem near for being long."""
    return embedder.embed([" ".join(beginning(text[:MOST_CHARACTERS], MOST_WORDS).split()) for text in texts])


def _tasks(rows: Sequence[Described]) -> dict[str, str]:
    return dict(sorted((row["prompt_id"], row["task"]) for row in rows))


def _named(figures: pl.DataFrame) -> list[Row]:
    return [*figures.drop("snapshot").iter_rows(named=True)]


def _some(rows: Iterable[Described]) -> list[Described]:
    """At most ``MOST_MEASURED`` of them, by chance, but always the same ones in the same order."""
    return nsmallest(
        MOST_MEASURED, rows, key=lambda row: md5(row["sample_id"].encode(), usedforsecurity=False).digest()
    )
