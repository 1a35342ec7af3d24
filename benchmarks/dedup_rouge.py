"""The part of ``dedup.py`` on novelty by ROUGE-L, and a sample of it beside rouge-score."""

import argparse
import json
import random
import tempfile
from pathlib import Path

from dedup_corpus import corpus, edited
from dedup_references import run_reference
from dedup_seconds import Figures, cpu_seconds

from stillroom.seeding.novelty import NoveltyPool

ROUGE_PAIRS, ROUNDING = 500, 1e-12


def rouge(options: argparse.Namespace) -> Figures:
    """ROUGE-L of 1,000 prompts against 100,000, CPU seconds with reading these, and a sample of it beside rouge-score.

    Raises:
        SystemExit: a score is not that of rouge-score.
    """
    prompts = [text[:300] for text in corpus(101_000, seed=5)["text"].to_list()]
    held = [(str(row), text) for row, text in enumerate(prompts[1_000:])]
    figures = {"rouge_seconds": cpu_seconds(lambda: NoveltyPool(held).nearest_many(prompts[:1_000]))}
    if options.no_references:
        return figures
    latin = [text for text in prompts if text.isascii()]  # in other scripts rouge-score sees no words
    pairs = list(zip(latin[:ROUGE_PAIRS], latin[-ROUGE_PAIRS:], strict=True))
    generator = random.Random(4)
    pairs += [(text, edited(text, generator)) for text in latin[:ROUGE_PAIRS]]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pairs.json").write_text(json.dumps(pairs), encoding="utf-8")
        theirs = run_reference("rouge-score", Path(folder))
    ours = [NoveltyPool([("", other)]).nearest(one).score for one, other in pairs]
    figures["rouge_largest_difference"] = max(abs(a - b) for a, b in zip(ours, theirs["scores"], strict=True))
    figures["rouge_score_pairs_per_cpu_second"] = len(pairs) / theirs["cpu_seconds"]
    if figures["rouge_largest_difference"] > ROUNDING:
        raise SystemExit(f"expected the scores of rouge-score: {figures}")
    return figures
