# pyright: basic, reportMissingImports=false
"""Other libraries over documents that dedup.py has written, in the environment that dedup_references.py makes for them.

    python dedup_peers.py NAME FOLDER

Reads FOLDER/documents.jsonl, or for rouge-score FOLDER/pairs.json. The last line printed is one JSON object: the CPU
seconds of the work, without those of imports, and of rouge-score the scores.
"""

import json
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

THRESHOLD, PERMUTATIONS = 0.7, 128


def datasketch(folder: Path) -> Callable[[], None]:
    """MinHash of 5-character shingles and MinHashLSH, one document after another, as its documentation has it."""
    from datasketch import MinHash, MinHashLSH

    def work() -> None:
        index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
        with (folder / "documents.jsonl").open(encoding="utf-8") as lines:
            for row, line in enumerate(lines):
                text = json.loads(line)["text"]
                sketch = MinHash(num_perm=PERMUTATIONS)
                sketch.update_batch([one.encode() for one in {text[at : at + 5] for at in range(len(text) - 4)}])
                index.query(sketch)
                index.insert(row, sketch)

    return work


def text_dedup(folder: Path) -> Callable[[], None]:
    """Its script, of 5-grams of words: a text has a sixth as many as shingles."""
    work = Path(tempfile.mkdtemp(dir=folder))  # nothing of an earlier round is there
    os.environ |= {"HF_HOME": str(work), "HF_HUB_OFFLINE": "1"}
    from text_dedup.minhash import main

    options = {
        "path": "json",
        "data_files": folder / "documents.jsonl",
        "split": "train",
        "cache_dir": work / "cache",
        "output": work / "kept",
        "column": "text",
        "ngram": 5,
        "num_perm": PERMUTATIONS,
        "threshold": THRESHOLD,
        "num_proc": 1,
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    return lambda: main(args=arguments, standalone_mode=False)


def datatrove(folder: Path) -> Callable[[], None]:
    """Its MinHash pipeline of four stages, of 5-grams of words, in 25 buckets of 5 hashes."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers.jsonl import JsonlWriter

    work = Path(tempfile.mkdtemp(dir=folder))
    config = MinhashConfig(n_grams=5, num_buckets=25, hashes_per_bucket=5)
    signatures, buckets, remove, kept = (str(work / name) for name in ("signatures", "buckets", "remove", "kept"))

    def reader() -> JsonlReader:
        return JsonlReader(str(folder), glob_pattern="documents.jsonl")

    def run() -> None:
        for stage in (
            [reader(), MinhashDedupSignature(output_folder=signatures, config=config)],
            [MinhashDedupBuckets(input_folder=signatures, output_folder=buckets, config=config)],
            [MinhashDedupCluster(input_folder=buckets, output_folder=remove, config=config)],
            [reader(), MinhashDedupFilter(input_folder=remove), JsonlWriter(kept)],
        ):
            tasks = config.num_buckets if isinstance(stage[0], MinhashDedupBuckets) else 1
            logs = str(Path(tempfile.mkdtemp(dir=work)))
            LocalPipelineExecutor(pipeline=stage, tasks=tasks, workers=1, logging_dir=logs).run()

    return run


def rouge_score(folder: Path) -> Callable[[], list[float]]:
    """ROUGE-L F1 of pairs of texts, without stemming."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    pairs = json.loads((folder / "pairs.json").read_text(encoding="utf-8"))
    return lambda: [scorer.score(one, other)["rougeL"].fmeasure for one, other in pairs]


PEERS = {"datasketch": datasketch, "text-dedup": text_dedup, "datatrove": datatrove, "rouge-score": rouge_score}


def cpu_seconds() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    work = PEERS[sys.argv[1]](Path(sys.argv[2]).resolve())
    before = cpu_seconds()
    found = work()
    print(json.dumps({"cpu_seconds": cpu_seconds() - before, "scores": found if isinstance(found, list) else []}))
