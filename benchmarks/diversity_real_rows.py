"""Is what the gate of diversity chooses more varied than chance, on real rows, and no worse?

Run it with the folder of reference data, of which nothing is kept::

    STILLROOM_REFERENCE=.../reference uv run python benchmarks/diversity_real_rows.py

The rows are answers of four models to GSM8K, each known to be right or wrong, which is their score, beside problems of
HumanEval, questions of BFCL and tasks of Self-Instruct with what they hold as an answer, which count as right. Of these
a tenth is chosen: by chance, three times, by novelty, and by novelty traded against the score. Printed are the Vendi
score, the share of clusters reached (k-means of another seed than that of the choice) and the mean score.
"""

import gzip
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from stillroom.diversity import assign, choose, cluster_coverage, k_means, vendi_score
from stillroom.embedding import unit_rows
from stillroom.embedding.packaged import PackagedEmbedder

SETTING = "STILLROOM_REFERENCE"
SHARE = 10  # one of so many is chosen
CLUSTERS = 150
QUALITIES = (0.0, 0.1, 0.2, 0.5, 1.0)
DRAWS = 3

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A task with an answer, and 1 where that is right, else 0."""

    task: str
    answer: str
    score: float


def examples(folder: Path) -> Iterator[Example]:
    """All rows of the reference data that are a task with an answer."""
    for row in _lines(folder / "gsm8k" / "example_model_solutions.jsonl"):
        for name, said in row.items():
            if isinstance(said, dict):
                found = cast("dict[str, Any]", said)
                score = float(found["is_correct"])
                yield Example(task=row["question"], answer=found["solution"] or "", score=score)
            elif name not in ("question", "ground_truth"):
                raise SystemExit(f"{name} of a row of gsm8k is no model's solution")
    for row in _lines(folder / "human_eval" / "HumanEval.jsonl.gz"):
        yield Example(task=row["prompt"], answer=row["canonical_solution"], score=1.0)
    for file in sorted((folder / "bfcl").glob("BFCL_*.json")):
        answers = _possible_answers(file)
        for row in _lines(file):
            yield Example(
                task=row["question"][0][0]["content"], answer=json.dumps(answers.get(row["id"], [])), score=1.0
            )
    for row in _lines(folder / "self_instruct" / "seed_tasks.jsonl"):
        yield Example(task=row["instruction"], answer=row["instances"][0]["output"], score=1.0)


def compare(rows: NDArray[np.float32], scores: NDArray[np.float64]) -> list[dict[str, Any]]:
    """One line for each way to choose a tenth of these rows."""
    count = len(rows) // SHARE
    centres = k_means(rows, CLUSTERS, seed=99).centres
    labels = assign(rows, centres)

    def line(name: str, chosen: Places) -> dict[str, Any]:
        return {
            "choice": name,
            "vendi_score": vendi_score(rows[chosen]),
            "cluster_coverage": cluster_coverage(labels[chosen], len(centres)),
            "mean_score": float(scores[chosen].mean()),
        }

    chances = [np.random.default_rng(seed).choice(len(rows), count, replace=False) for seed in range(DRAWS)]
    ways = [
        (f"quality {quality:g}", choose(rows, count, scores=scores, quality=quality).order) for quality in QUALITIES
    ]
    return [*(line(f"chance {seed}", one) for seed, one in enumerate(chances)), *(line(*way) for way in ways)]


def no_better(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Figures in which choosing by novelty, alone or traded against scores, is not above every draw by chance."""
    chances = [line for line in lines if line["choice"].startswith("chance")]
    asked = {
        "quality 0": ("vendi_score", "cluster_coverage"),
        "quality 0.2": ("vendi_score", "cluster_coverage", "mean_score"),
    }
    return [
        f"{figure} of {line['choice']}"
        for line in lines
        for figure in asked.get(line["choice"], ())
        if line[figure] <= max(chance[figure] for chance in chances)
    ]


def main() -> None:
    """Print one JSON object: how many rows, and a line for each choice; exit with 1 where chance does as well."""
    place = os.environ.get(SETTING)
    if not place or not Path(place).is_dir():
        sys.exit(f"{SETTING} names no folder: expected that of the reference data")
    found = list(examples(Path(place)))
    embedder = PackagedEmbedder()
    rows = unit_rows(embedder.embed([one.task for one in found]) + embedder.embed([one.answer for one in found]))
    lines = compare(rows, np.array([one.score for one in found]))
    about: dict[str, object] = {"rows": len(found), "chosen": len(found) // SHARE, "clusters": CLUSTERS}
    print(json.dumps({**about, "embedder": embedder.name, "choices": lines}, indent=1))
    if failed := no_better(lines):
        sys.exit(f"no better than chance: {', '.join(failed)}")


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """Rows of JSON lines, packed or not."""
    content = file.read_bytes()
    for line in (gzip.decompress(content) if file.suffix == ".gz" else content).decode().splitlines():
        if line.strip():
            yield json.loads(line)


def _possible_answers(file: Path) -> dict[str, Any]:
    answers = file.parent / "possible_answer" / file.name
    return {row["id"]: row["ground_truth"] for row in _lines(answers)} if answers.is_file() else {}


if __name__ == "__main__":
    main()
