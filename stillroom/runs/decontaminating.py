"""Holds what a run may publish against the benchmarks that its recipe names."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from stillroom.curation.benchmark_files import read_benchmarks
from stillroom.curation.benchmark_search import Search, said, searches
from stillroom.curation.contamination import Overlap
from stillroom.curation.renamed_code import FRAGMENTS
from stillroom.lake import Lake, Row
from stillroom.recipe import Benchmark
from stillroom.records import Prompt
from stillroom.runs.answers import Answers
from stillroom.runs.checked import CHECKED, GONE, ITEMS, RISK, TOO_SHORT
from stillroom.runs.held_against import EarlierCheck, Gone, HeldAgainst, earlier_check
from stillroom.runs.opening import Run

PROMPT, ANSWER = "prompt", "answer"  # the sides of a sample
BOTH = "prompt+answer"  # of text that begins in the one and ends in the other


_FENCE = re.compile(r"^[ \t]*```[^\n]*\n?", re.MULTILINE)  # whose language is no word of what it holds
_BARE = "```\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decontaminated:
    """What the check of a run has found.

    Attributes:
        overlaps: by sample, the most that its prompt shares with a benchmark, else its answer, else both together.
        unchecked: by sample, a benchmark that was gone before anything looked for it in there, and why it cannot be.
        hits: rows of ``contamination_hits``, but for their curation: one per side, item and method.
        metrics: rows of ``metrics`` but for their snapshot, which say what was checked against.
    """

    overlaps: Mapping[str, Overlap] = field(default_factory=dict[str, Overlap])
    unchecked: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    hits: Sequence[Row] = ()
    metrics: Sequence[Row] = ()


def decontaminate(
    lake: Lake, run: Run, against: HeldAgainst, rows: Sequence[Mapping[str, Any]], prompts: Mapping[str, Prompt]
) -> Decontaminated:
    """Look for text of benchmarks in all prompts and answers that may be published.

    Answers are looked at as they would be trained on: the turns of the assistant. Then each is looked at behind its
    prompt, for text of which the one has the beginning and the other the end. Fragments of code in other names are
    hits, and no overlaps: nothing is dropped for them.

    Args:
        lake: knows what earlier curations have found of benchmarks that are gone.
        run: whose samples these are.
        against: the benchmarks.
        rows: samples, with sample_id, prompt_id, shard, outcome and is_published.
        prompts: theirs, by id.

    Raises:
        RequestError: a benchmark cannot be read.
    """
    if not against.benchmarks and not against.gone:
        return Decontaminated()
    asked = {row["sample_id"]: row for row in rows if row["outcome"] == "pass" or row["is_published"]}
    prompt_ids = sorted({row["prompt_id"] for row in asked.values()})
    indexes = searches(read_benchmarks(against.benchmarks)) if against.benchmarks else []
    answers = Answers(lake=lake, run_id=run.run_id, sample_ids=asked.keys(), prompts=prompts)
    in_prompts = _found(indexes, PROMPT, {one: prompts[one].task for one in prompt_ids})
    in_answers: dict[str, list[Overlap]] = {}
    in_both: dict[str, list[Overlap]] = {}
    for batch in answers.batches() if indexes else ():
        in_answers |= _found(indexes, ANSWER, batch)
        tasks = {one: prompts[asked[one]["prompt_id"]].task for one in batch}
        for is_parted, join in ((False, _with_fences), (True, _without_fences)):
            together = {one: join(tasks[one], answer) for one, answer in batch.items()}
            some = [index for index in indexes if index.is_parted_by_fences is is_parted]
            for one, found in _found(some, BOTH, together).items():
                if across := _beyond(found, in_prompts.get(asked[one]["prompt_id"], ()), in_answers.get(one, ())):
                    in_both.setdefault(one, []).extend(across)
    earlier = [(gone, earlier_check(lake, run.run_id, gone)) for gone in against.gone]
    for _, check in earlier:
        _add(in_prompts, PROMPT, "prompt_id", prompt_ids, check)
        _add(in_answers, ANSWER, "sample_id", asked, check)
        _add(in_both, BOTH, "sample_id", asked, check)
    longest = {
        sample_id: max(found, key=lambda one: one.words)
        for sample_id, row in asked.items()
        if (
            found := _telling(in_prompts.get(row["prompt_id"]))
            or _telling(in_answers.get(sample_id))
            or _telling(in_both.get(sample_id))
        )
    }
    hits: list[Row] = [
        *(_hit(one, sample_id="", prompt_id=prompt_id) for prompt_id, found in in_prompts.items() for one in found),
        *(
            {**_hit(one, sample_id=id_, prompt_id=asked[id_]["prompt_id"]), "shard": asked[id_]["shard"]}
            for id_, found in (*in_answers.items(), *in_both.items())
            for one in found
        ),
    ]
    unchecked = {gone: [one for one in asked if one not in check.sample_ids] for gone, check in earlier}
    return Decontaminated(
        overlaps=longest,
        unchecked={id_: (gone.name, _unchecked(gone)) for gone, ids in unchecked.items() for id_ in ids},
        hits=hits,
        metrics=[
            *_stated(against.benchmarks, indexes),
            *(_metric(GONE, gone.label, len(ids)) for gone, ids in unchecked.items()),
        ],
    )


def _found(indexes: Sequence[Search], side: str, texts: Mapping[str, str]) -> dict[str, list[Overlap]]:
    """By id, what each of the texts shares with benchmarks."""
    schema = {"id": pl.String, "text": pl.String}
    documents = pl.DataFrame({"id": list(texts), "text": list(texts.values())}, schema=schema)
    found: dict[str, list[Overlap]] = {}
    for index in indexes:
        for hit in index.find(documents).iter_rows(named=True):
            method = FRAGMENTS if hit["is_fragment"] else index.method
            how = said(method, hit["words"])
            found.setdefault(hit.pop("id"), []).append(Overlap(side=side, method=method, said=how, **hit))
    return found


def _with_fences(task: str, answer: str) -> str:
    """An answer behind its prompt, its code between fences that add no word."""
    fenced = _FENCE.sub(_BARE, answer) if "```" in answer else f"{_BARE}{answer}\n{_BARE}"
    return f"{task}\n{fenced}"


def _without_fences(task: str, answer: str) -> str:
    return f"{task}\n{_FENCE.sub('', answer)}"


def _beyond(found: Iterable[Overlap], *known: Iterable[Overlap]) -> list[Overlap]:
    """Those that are no fragments, and of items that are not known to be found in the same way."""
    ways = {(one.method, one.benchmark, one.item_id) for some in known for one in some}
    return [one for one in _telling(found) if (one.method, one.benchmark, one.item_id) not in ways]


def _telling(found: Iterable[Overlap] | None) -> list[Overlap]:
    """Those for which something is dropped."""
    return [one for one in found or () if not one.is_fragment]


def _add(found: dict[str, list[Overlap]], side: str, of: str, ids: Collection[str], check: EarlierCheck) -> None:
    """Put what an earlier check has found in these texts to what was found now."""
    for hit in check.hits:
        if hit["side"] == side and hit[of] in ids:
            words = int(hit["score"])
            overlap = Overlap(
                side=side,
                method=hit["method"],
                said=said(hit["method"], words),
                benchmark=hit["benchmark"],
                item_id=hit["item_id"],
                words=words,
                evidence=hit["overlap"],
                is_fragment=hit["method"] == FRAGMENTS,
            )
            found.setdefault(hit[of], []).append(overlap)


def _unchecked(gone: Gone) -> str:
    return (
        f"it was not checked against benchmark {gone.name!r} (sha256 {gone.sha256}) while that was there: {gone.why} "
        "Put it back, or build the recipe with the place where it is now; `stillroom reverify` then decides again."
    )


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
        _metric(metric, labels[row["benchmark"]], row[column], index.method)
        for index in indexes
        for row in index.coverage.iter_rows(named=True)
        for metric, column in ((ITEMS, "items"), (CHECKED, "checked"), (TOO_SHORT, "too_short"))
    ]


def _metric(metric: str, label: str, value: int, method: str = "") -> Row:
    return {
        "risk": RISK,
        "metric": metric,
        "slice": label,
        "value": float(value),
        "low": None,
        "high": None,
        "method": method,
        "threshold": None,
    }
