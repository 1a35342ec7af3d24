"""Holds what a run may publish against the benchmarks that its recipe names."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from stillroom.capabilities import find_capability
from stillroom.curation.benchmark_files import read_benchmarks
from stillroom.curation.benchmark_search import METHODS, Search, said, searches
from stillroom.curation.contamination import Overlap
from stillroom.errors import RecipeError
from stillroom.lake import Lake, Row
from stillroom.recipe import Benchmark, Recipe, Stage, find_benchmarks, recorded_benchmarks
from stillroom.records import Prompt
from stillroom.runs.checked import CHECKED, ITEMS, RISK, TOO_SHORT
from stillroom.runs.opening import Run

PROMPT, ANSWER = "prompt", "answer"  # the sides of a sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Decontaminated:
    """What the check of a run has found.

    Attributes:
        overlaps: by sample, the most that its prompt shares with a benchmark, else its answer.
        hits: rows of ``contamination_hits``, but for their curation: one per prompt or answer, item and method.
        metrics: rows of ``metrics`` but for their snapshot, which say what was checked against.
    """

    overlaps: Mapping[str, Overlap] = field(default_factory=dict[str, Overlap])
    hits: Sequence[Row] = ()
    metrics: Sequence[Row] = ()

    def rows(self, curation_id: str) -> dict[str, list[Row]]:
        """The rows by their tables."""
        return {
            "contamination_hits": [{**row, "curation_id": curation_id} for row in self.hits],
            "metrics": [{**row, "snapshot": curation_id} for row in self.metrics],
        }


def methods(recipe: Recipe) -> tuple[str, ...]:
    """How texts are checked: a curation by other methods is another one."""
    return METHODS if recipe.curation.contamination else ()


def decontaminate(
    lake: Lake, run: Run, rows: Sequence[Mapping[str, Any]], prompts: Mapping[str, Prompt]
) -> Decontaminated:
    """Look for text of the recipe's benchmarks in all prompts and answers that may be published.

    Answers are looked at as they would be trained on: the turns of the assistant.

    Args:
        lake: knows what the benchmarks were when the run was begun.
        run: whose samples these are.
        rows: samples, with prompt_id, answer, response, outcome and is_published.
        prompts: theirs, by id.

    Raises:
        RecipeError: a benchmark is not what it was when the run was begun.
        RequestError: it cannot be read.
    """
    if run.recipe.curation.contamination is None:
        return Decontaminated()
    benchmarks = find_benchmarks(run.recipe.curation.contamination.benchmarks)
    _refuse_changed(lake, run, benchmarks)
    indexes = searches(read_benchmarks(benchmarks))
    asked = {row["sample_id"]: row for row in rows if row["outcome"] == "pass" or row["is_published"]}
    prompt_ids = sorted({row["prompt_id"] for row in asked.values()})
    in_prompts = _found(indexes, PROMPT, {one: prompts[one].task for one in prompt_ids})
    in_answers = _found(indexes, ANSWER, {one: _trained_on(row, prompts) for one, row in asked.items()})
    longest = {
        sample_id: max(found, key=lambda one: one.words)
        for sample_id, row in asked.items()
        if (found := in_prompts.get(row["prompt_id"]) or in_answers.get(sample_id))
    }
    hits: list[Row] = [
        *(_hit(one, sample_id="", prompt_id=prompt_id) for prompt_id, found in in_prompts.items() for one in found),
        *(
            {**_hit(one, sample_id=id_, prompt_id=asked[id_]["prompt_id"]), "shard": asked[id_]["shard"]}
            for id_, found in in_answers.items()
            for one in found
        ),
    ]
    return Decontaminated(overlaps=longest, hits=hits, metrics=_stated(benchmarks, indexes))


def _refuse_changed(lake: Lake, run: Run, found: Sequence[Benchmark]) -> None:
    """What is stated of a snapshot is what the run was recorded with; a file that changed meanwhile belies that."""
    query = "SELECT sections FROM lake.current_runs WHERE run_id = ?"
    sections = json.loads(lake.rows(query, [run.run_id])[0]["sections"])
    before = recorded_benchmarks(sections[Stage.CURATION.value])
    now = {one.name: one.sha256 for one in found}
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            was, is_ = (f"sha256 {sha256}" if sha256 else "not there" for sha256 in (before.get(name), now.get(name)))
            raise RecipeError(
                f"benchmark {name!r} was {was} when {run.run_id} was begun, and is {is_} now. Put it back, or build "
                "the recipe once more: what is paid for is then checked against it as it is now."
            )


def _trained_on(row: Mapping[str, Any], prompts: Mapping[str, Prompt]) -> str:
    prompt = prompts[row["prompt_id"]]
    example = find_capability(prompt.capability).example(prompt, row["answer"], row["response"])
    return "\n".join(content for role, content in example.messages if role == "assistant")


def _found(indexes: Sequence[Search], side: str, texts: Mapping[str, str]) -> dict[str, list[Overlap]]:
    """By id, what each of the texts shares with benchmarks."""
    schema = {"id": pl.String, "text": pl.String}
    documents = pl.DataFrame({"id": list(texts), "text": list(texts.values())}, schema=schema)
    found: dict[str, list[Overlap]] = {}
    for index in indexes:
        for hit in index.find(documents).iter_rows(named=True):
            how = said(index.method, hit["words"])
            found.setdefault(hit.pop("id"), []).append(Overlap(side=side, method=index.method, said=how, **hit))
    return found


def _hit(found: Overlap, *, sample_id: str, prompt_id: str) -> Row:
    return {
        "sample_id": sample_id,
        "prompt_id": prompt_id,
        "side": found.side,
        "benchmark": found.benchmark,
        "item_id": found.item_id,
        "method": found.method,
        "overlap": found.evidence,
        "score": float(found.words),
    }


def _stated(benchmarks: Sequence[Benchmark], indexes: Sequence[Search]) -> list[Row]:
    labels = {one.name: one.label for one in benchmarks}
    return [
        {
            "risk": RISK,
            "metric": metric,
            "slice": labels[row["benchmark"]],
            "value": float(row[column]),
            "low": None,
            "high": None,
            "method": index.method,
            "threshold": None,
        }
        for index in indexes
        for row in index.coverage.iter_rows(named=True)
        for metric, column in ((ITEMS, "items"), (CHECKED, "checked"), (TOO_SHORT, "too_short"))
    ]
