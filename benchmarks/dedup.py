"""Measures the search for duplicates and for novelty beside its references; the last line printed is one JSON object.

    uv run python benchmarks/dedup.py [--only PART] [--no-references]
    uv run python benchmarks/dedup.py --only ten-million --folder FOLDER    (40 GB, half an hour; `make soak`)

References pin other versions of our libraries, so they run in an environment of their own (``dedup_references.py``),
which the first run makes from PyPI. With ``--no-references`` they are skipped and their keys left out.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from dedup_contamination import decontamination
from dedup_corpus import documents, edited, source_text
from dedup_diversity import CHOSEN_FROM, ROWS, diversity, vendi
from dedup_lake import curated, publish
from dedup_references import run_reference

from stillroom.curation import DedupSettings, OldDocuments, find_duplicates
from stillroom.curation.duplicates import search_duplicates
from stillroom.curation.shingles import shingle_sets
from stillroom.curation.signatures import sign
from stillroom.curation.similarity import jaccard
from stillroom.curation.texts import normalise
from stillroom.seeding.novelty import NoveltyPool

ROUNDS = 3
REPEATS = 5  # in a round, of what takes a fraction of a second
MILLION, NEWCOMERS, TRUTH, SIDE_BY_SIDE = 1_000_000, 5_000, 10_000, 5_000
MOST_PEAK_BYTES, MOST_GROWTH = 6 * 10**9, 12  # of ten million documents; of their seconds over those of a million
REFERENCES = ("datasketch", "text-dedup", "datatrove")
ROUGE_PAIRS, ROUNDING = 500, 1e-12
Figures = dict[str, float]


def corpus(count: int, seed: int = 1) -> pl.DataFrame:
    return pl.concat(documents(count, seed))


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process and its children."""
    before = _cpu_seconds()
    work()
    return _cpu_seconds() - before


def _cpu_seconds() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def in_turn(works: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Median of what each work says that it took, measured in turn."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            taken[name].append(work())
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def signatures(_: argparse.Namespace) -> Figures:
    """Signatures of 1 KB documents, normalising and hashing included, beside rensa fed with Python strings."""
    frame = corpus(20_000).with_columns(arrival=pl.int_range(20_000))
    few = frame["text"].head(SIDE_BY_SIDE).to_list()
    works: dict[str, Callable[[], object]] = {"ours": lambda: sign(frame, DedupSettings())}
    if find_spec("rensa"):
        kernel: Any = import_module("rensa").RMinHash
        works["rensa"] = lambda: kernel.digest_matrix_from_token_sets(
            [[text[at : at + 5] for at in range(len(text) - 4)] for text in few], 128, 1
        )
    seconds = in_turn({name: partial(cpu_seconds, work) for name, work in works.items()})
    rate = len(frame) / seconds["ours"]
    figures = {"signature_docs_per_cpu_second": rate}
    if "rensa" in seconds:
        figures["ratio_vs_rensa"] = rate / (len(few) / seconds["rensa"])
    return figures


def truth(_: argparse.Namespace) -> Figures:
    """Removable documents among 10,000, against an exact comparison of all pairs."""
    frame = corpus(TRUTH, seed=7)
    texts = normalise(frame["text"])
    threshold = DedupSettings().threshold
    similar = similar_pairs(texts, threshold)
    expected: set[int] = set()
    for document in range(len(texts)):
        if similar.get(document, set()) - expected:
            expected.add(document)
    rows = {id_: row for row, id_ in enumerate(frame["id"].to_list())}
    found = find_duplicates(frame).drops
    dropped = np.array([rows[id_] for id_ in found["id"].to_list()])
    representatives = np.array([rows[id_] for id_ in found["representative_id"].to_list()])
    return {
        "recall": len(expected & set(dropped.tolist())) / len(expected),
        "precision": float((jaccard(texts, dropped, representatives) >= threshold).mean()),
        "removable_documents": len(expected),
    }


def similar_pairs(texts: list[str], threshold: float) -> dict[int, set[int]]:
    """For each text the earlier ones of at least this Jaccard similarity, without any loss.

    Two sets that similar share one of the ``n - ceil(threshold n) + 1`` rarest members of each (prefix filtering:
    Chaudhuri, Ganti, Kaushik, ICDE 2006), which leaves few enough pairs to compare them all.
    """
    sets = shingle_sets(texts)
    sizes = np.array([len(of_text) for of_text in sets])
    members = pl.DataFrame({"text": np.repeat(np.arange(len(sets)), sizes), "shingle": np.concatenate(sets)})
    rarity = pl.len().over("shingle").alias("rarity")
    rank = pl.int_range(pl.len()).over("text", order_by=["rarity", "shingle"])
    size = pl.len().over("text")
    prefix = members.with_columns(rarity).filter(rank <= size - (size * threshold).ceil()).select("text", "shingle")
    both = prefix.join(prefix, on="shingle", suffix="_earlier").filter(pl.col("text") > pl.col("text_earlier"))
    pairs = both.select("text", "text_earlier").unique()
    later, earlier = pairs["text"].to_numpy(), pairs["text_earlier"].to_numpy()
    is_similar = jaccard(texts, later, earlier) >= threshold
    similar: dict[int, set[int]] = {}
    for document, other in zip(later[is_similar].tolist(), earlier[is_similar].tolist(), strict=True):
        similar.setdefault(document, set()).add(other)
    return similar


def references(options: argparse.Namespace) -> Figures:
    """End to end from one file of JSON lines, CPU seconds: ours beside the references that do the same."""
    works: dict[str, Callable[[], float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "documents.jsonl"
        corpus(SIDE_BY_SIDE).write_ndjson(path)
        works["ours"] = lambda: statistics.median(
            cpu_seconds(lambda: find_duplicates(pl.read_ndjson(path))) for _ in range(REPEATS)
        )
        for name in () if options.no_references else REFERENCES:
            works[name] = partial(_seconds_of_reference, name, Path(folder))
        seconds = in_turn(works)
    figures = {"end_to_end_docs_per_cpu_second": SIDE_BY_SIDE / seconds.pop("ours")}
    for name, taken in seconds.items():
        rate = SIDE_BY_SIDE / taken
        figures[f"{name}_docs_per_cpu_second"] = rate
        figures[f"ratio_vs_{name}"] = figures["end_to_end_docs_per_cpu_second"] / rate
    return figures


def _seconds_of_reference(name: str, folder: Path) -> float:
    return run_reference(name, folder)["cpu_seconds"]


def million(options: argparse.Namespace) -> Figures:
    """A million documents, lazily from Parquet, and then 5,000 new ones against them, each in a process of its own."""
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for number, batch in enumerate(documents(MILLION)):
            batch.write_parquet(Path(folder) / f"old-{number:04}.parquet")
        originals = pl.scan_parquet(f"{folder}/old-0007.parquet").select("text").head(NEWCOMERS).collect()
        generator = random.Random(3)
        changed = [edited(text, generator) for text in originals["text"].to_list()[: NEWCOMERS // 5]]
        fresh = corpus(NEWCOMERS - len(changed), seed=99)["text"].to_list()
        new = pl.DataFrame({"text": changed + fresh}).with_row_index("rank")
        new.with_columns(id=pl.format("new-{}", "rank")).write_parquet(Path(folder) / "new.parquet")
        return _in_own_process("million", folder) | _in_own_process("incremental", folder)


def ten_million(options: argparse.Namespace) -> Figures:
    """A million documents and then ten million, both searched lazily from Parquet, with what was found on disk.

    Raises:
        SystemExit: they take more memory, or more seconds over those of a million, than they may.
    """
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures: Figures = {}
        for step, count in (("stored-million", MILLION), ("ten-million", 10 * MILLION)):
            (Path(folder) / step).mkdir()
            for number, batch in enumerate(documents(count)):
                batch.write_parquet(Path(folder) / step / f"old-{number:04}.parquet")
            figures |= _in_own_process(step, folder)
    figures["ten_million_growth"] = figures["ten_million_seconds"] / figures["stored_million_seconds"]
    if figures["ten_million_peak_bytes"] > MOST_PEAK_BYTES or figures["ten_million_growth"] > MOST_GROWTH:
        raise SystemExit(f"expected at most {MOST_PEAK_BYTES:,} bytes and {MOST_GROWTH} times the seconds: {figures}")
    return figures


def stored_step(step: str, folder: str) -> Figures:
    settings = DedupSettings(spill_directory=Path(folder))
    before = _cpu_seconds()
    start = time.perf_counter()
    with search_duplicates(pl.scan_parquet(f"{folder}/{step}/old-*.parquet"), settings=settings) as found:
        drops = found.drops.select(pl.len()).collect().item()
        seconds = time.perf_counter() - start
    figures = {"seconds": seconds, "cpu_seconds": _cpu_seconds() - before, "peak_bytes": _peak_bytes(), "drops": drops}
    return {f"{step.replace('-', '_')}_{name}": figure for name, figure in figures.items()}


def _in_own_process(step: str, folder: str) -> Figures:
    done = subprocess.run([sys.executable, __file__, "--step", step, folder], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.splitlines()[-1])


def million_step(folder: str) -> Figures:
    start = time.perf_counter()
    found = find_duplicates(pl.scan_parquet(f"{folder}/old-*.parquet"))
    seconds = time.perf_counter() - start
    kept = found.signatures.join(found.drops, on="id", how="anti")
    kept.write_parquet(Path(folder) / "signatures.parquet")
    return {"million_seconds": seconds, "million_peak_bytes": _peak_bytes(), "million_drops": len(found.drops)}


def incremental_step(folder: str) -> Figures:
    """New documents against old ones, as a search by itself and as a curation in a lake that has published these."""
    texts = pl.scan_parquet(f"{folder}/old-*.parquet").select("id", "text")
    new = pl.read_parquet(Path(folder) / "new.parquet")
    start = time.perf_counter()
    signed = pl.read_parquet(Path(folder) / "signatures.parquet")
    old = OldDocuments(signatures=signed, texts=lambda ids: [texts.filter(pl.col("id").is_in(ids)).collect()])
    found = find_duplicates(new, old)
    seconds = time.perf_counter() - start
    publish(Path(folder) / "lake", texts, signed)
    before = _cpu_seconds()
    seconds_in_lake, drops_in_lake = curated(Path(folder) / "lake", new)
    return {
        "incremental_seconds": seconds,
        "incremental_drops": len(found.drops),
        "incremental_published_in_lake": len(signed),
        "incremental_seconds_in_lake": seconds_in_lake,
        "incremental_cpu_seconds_in_lake": _cpu_seconds() - before,
        "incremental_drops_in_lake": drops_in_lake,
    }


def rouge(options: argparse.Namespace) -> Figures:
    """ROUGE-L of 1,000 prompts against 100,000, CPU seconds, and a sample of it beside rouge-score.

    Raises:
        SystemExit: a score is not that of rouge-score.
    """
    prompts = [text[:300] for text in corpus(101_000, seed=5)["text"].to_list()]
    pool = NoveltyPool((str(row), text) for row, text in enumerate(prompts[1_000:]))
    figures = {"rouge_seconds": cpu_seconds(lambda: pool.nearest_many(prompts[:1_000]))}
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


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


PARTS: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "signatures": signatures,
    "truth": truth,
    "references": references,
    "rouge": rouge,
    "decontamination": lambda options: decontamination(options.reference),
    "vendi": lambda _: vendi(corpus(ROWS, seed=11)["text"].to_list()),
    "diversity": lambda _: diversity(corpus(CHOSEN_FROM, seed=11)["text"].to_list()),
    "million": million,
}
LONG_PARTS: dict[str, Callable[[argparse.Namespace], Figures]] = {"ten-million": ten_million}  # asked for by name
STEPS: dict[str, Callable[[str], Figures]] = {
    "million": million_step,
    "incremental": incremental_step,
    "stored-million": partial(stored_step, "stored-million"),
    "ten-million": partial(stored_step, "ten-million"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=[*PARTS, *LONG_PARTS], help="run one part")
    parser.add_argument("--no-references", action="store_true", help="leave other libraries out")
    parser.add_argument("--reference", type=Path, default=Path("../shared/reference"), help="a folder of benchmarks")
    parser.add_argument("--folder", help="where the documents of the large parts are written")
    parser.add_argument("--step", nargs=2, metavar=("STEP", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(STEPS[options.step[0]](options.step[1])))
        return
    source_text()
    figures: Figures = {}
    for name, part in (PARTS | LONG_PARTS).items():
        if options.only == name or (options.only is None and name in PARTS):
            of_part = part(options)
            figures |= of_part
            for key, value in of_part.items():
                print(f"{name:12} {key:32} {value:,.4f}", flush=True)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
