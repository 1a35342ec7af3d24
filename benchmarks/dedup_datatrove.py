# pyright: basic, reportMissingImports=false
"""datatrove's MinHash pipeline over FOLDER/documents.jsonl, in datatrove's own environment; called by dedup.py."""

import sys
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter

folder = Path(sys.argv[1])
work = folder / "datatrove"
config = MinhashConfig(n_grams=5, num_buckets=25, hashes_per_bucket=5)
signatures, buckets, remove, kept = (str(work / name) for name in ("signatures", "buckets", "remove", "kept"))


def reader() -> JsonlReader:
    """The documents, read afresh."""
    return JsonlReader(str(folder), glob_pattern="documents.jsonl")


for stage in (
    [reader(), MinhashDedupSignature(output_folder=signatures, config=config)],
    [MinhashDedupBuckets(input_folder=signatures, output_folder=buckets, config=config)],
    [MinhashDedupCluster(input_folder=buckets, output_folder=remove, config=config)],
    [reader(), MinhashDedupFilter(input_folder=remove), JsonlWriter(kept)],
):
    tasks = config.num_buckets if isinstance(stage[0], MinhashDedupBuckets) else 1
    LocalPipelineExecutor(pipeline=stage, tasks=tasks, workers=1, skip_completed=False).run()
