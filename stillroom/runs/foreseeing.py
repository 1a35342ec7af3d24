"""What each teacher has brought a dataset in all its runs, and so how much that is new it would bring next."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from stillroom.diversity import GRAM, MOST_CHARACTERS, Brought, GramCounts, Seen, foresee
from stillroom.lake import Lake, Row
from stillroom.runs.opening import Run

_AT_A_TIME = 20_000  # samples whose answers are in memory together
_PASSED = {"sample_id": pl.String(), "prompt_id": pl.String(), "teacher_id": pl.String()}
_EARLIER = """
SELECT s.sample_id, any_value(s.prompt_id) AS prompt_id, any_value(s.teacher_id) AS teacher_id
FROM lake.samples s JOIN lake.current_selections c ON c.sample_id = s.sample_id AND c.run_id = s.run_id
WHERE s.run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset) AND s.run_id <> $run
    AND c.gate <> 'verification'
GROUP BY s.sample_id
"""
_ANSWERS = """
SELECT sample_id, left(any_value(answer), $most) AS answer FROM lake.samples
WHERE sample_id IN (SELECT unnest($ids)) AND run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset)
GROUP BY sample_id
"""


def passed(lake: Lake, run: Run, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """All samples of the dataset that passed or are published: sample_id, prompt_id, teacher_id, sorted by prompt.

    Args:
        lake: knows what earlier curations of the other runs have decided.
        run: which is being decided about.
        rows: its samples, with their outcome and whether they stay published.
    """
    brought = (row for row in rows if row["outcome"] == "pass" or row["is_published"])
    ours = [(row["sample_id"], row["prompt_id"], row["teacher_id"]) for row in brought]
    earlier = lake.query(_EARLIER, {"dataset": run.recipe.dataset, "run": run.run_id}).cast(pl.Schema(_PASSED))
    both = pl.concat([pl.DataFrame(ours, schema=_PASSED, orient="row"), earlier])
    return both.unique("sample_id").sort("prompt_id", "sample_id")


def foreseen(
    lake: Lake, run: Run, samples: pl.DataFrame, leaders: pl.DataFrame | None, *, embedder: str = ""
) -> list[Row]:
    """Rows of ``metrics``, but for their snapshot, on each teacher of the dataset.

    Answers are read from the lake and counted some thousands at a time, about 5,000 a second of one core.

    Args:
        lake: has the answers.
        run: of whose dataset they are.
        samples: all that passed, as of ``passed``.
        leaders: sample_id, leader: the cluster of each; None where there are none.
        embedder: whose vectors these clusters are of.
    """
    sources: dict[str, Brought] = {}
    for (teacher,), its in samples.group_by("teacher_id", maintain_order=True):
        prompts = its["prompt_id"].n_unique()
        clusters = None
        if leaders is not None:
            by_cluster = its.join(leaders, on="sample_id").group_by("leader").agg(pl.col("prompt_id").n_unique())
            clusters = Seen.of_counts(by_cluster["prompt_id"].to_list(), prompts)
        sources[str(teacher)] = Brought(
            samples=len(its), prompts=prompts, clusters=clusters, grams=_grams(lake, run.recipe.dataset, its)
        )
    figures = foresee(dict(sorted(sources.items())), embedder=embedder).drop("snapshot")
    return [*figures.iter_rows(named=True)]


def _grams(lake: Lake, dataset: str, samples: pl.DataFrame) -> Seen:
    """By how many prompts, of samples in the order of these, each run of words is brought."""
    counts = GramCounts(GRAM)
    number = samples["prompt_id"].rle_id()
    # a prompt is counted as a whole: parts end where one does
    part = (pl.int_range(0, len(samples), eager=True) // _AT_A_TIME).alias("part")
    ends = samples.with_columns(part=part, number=number).with_columns(pl.col("part").first().over("number"))
    for _, some in ends.group_by("part", maintain_order=True):
        asked = {"ids": some["sample_id"].to_list(), "dataset": dataset, "most": MOST_CHARACTERS}
        answers = lake.query(_ANSWERS, asked)
        by_prompt = some.join(answers, on="sample_id").group_by("number").agg(pl.col("answer"))
        counts.add(by_prompt["answer"].to_list())
    return counts.seen()
