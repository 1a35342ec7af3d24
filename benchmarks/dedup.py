"""Measures the search for duplicates and for novelty beside its references; the last line printed is one JSON object.

    uv run python benchmarks/dedup.py [--only PART] [--no-references]
    uv run python benchmarks/dedup.py --only ten-million --folder FOLDER    (40 GB, half an hour; `make soak`)

References pin other versions of our libraries, so they run in an environment of their own (``dedup_references.py``),
which the first run makes from PyPI. With ``--no-references`` they are skipped and their keys left out.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
from dedup_contamination import decontamination
from dedup_corpus import corpus, source_text
from dedup_diversity import CHOSEN_FROM, ROWS, diversity, vendi
from dedup_large import STEPS, million, ten_million
from dedup_references import run_reference
from dedup_rouge import rouge
from dedup_seconds import Figures, cpu_seconds, in_turn
from dedup_truth import truth

from stillroom.curation import DedupSettings, find_duplicates
from stillroom.curation.signatures import sign

REPEATS = 5  # in a round, of what takes a fraction of a second
SIDE_BY_SIDE = 5_000
IN_PYTHON = ("datasketch", "text-dedup")
REFERENCES = (*IN_PYTHON, "datatrove")


def signatures(_: argparse.Namespace) -> Figures:
    """Signatures of 1 KB documents, normalising and hashing included, beside rensa fed with Python strings."""
    frame = corpus(20_000).with_columns(arrival=pl.int_range(20_000))
    few = frame["text"].head(SIDE_BY_SIDE).to_list()
    kernel: Any = import_module("rensa").RMinHash  # which has no types
    works: dict[str, Callable[[], object]] = {
        "ours": lambda: sign(frame, DedupSettings()),
        "rensa": lambda: kernel.digest_matrix_from_token_sets(
            [[text[at : at + 5] for at in range(len(text) - 4)] for text in few], 128, 1
        ),
    }
    seconds = in_turn({name: partial(cpu_seconds, work) for name, work in works.items()})
    rate = len(frame) / seconds["ours"]
    return {"signature_docs_per_cpu_second": rate, "ratio_vs_rensa": rate / (len(few) / seconds["rensa"])}


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
    if seconds:
        figures["ratio_vs_best_python"] = min(figures[f"ratio_vs_{name}"] for name in IN_PYTHON)
    return figures


def _seconds_of_reference(name: str, folder: Path) -> float:
    return run_reference(name, folder)["cpu_seconds"]


PARTS: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "signatures": signatures,
    "truth": lambda _: truth(),
    "references": references,
    "rouge": rouge,
    "decontamination": lambda options: decontamination(options.reference),
    "vendi": lambda _: vendi(corpus(ROWS, seed=11)["text"].to_list()),
    "diversity": lambda _: diversity(corpus(CHOSEN_FROM, seed=11)["text"].to_list()),
    "million": million,
}
LONG_PARTS: dict[str, Callable[[argparse.Namespace], Figures]] = {"ten-million": ten_million}  # asked for by name


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
    parts = PARTS if options.only is None else {options.only: (PARTS | LONG_PARTS)[options.only]}
    if "decontamination" in parts and not options.reference.is_dir():
        parser.error(f"found no folder {options.reference}; expected one of benchmarks: --reference FOLDER")
    source_text()
    figures: Figures = {}
    for name, part in parts.items():
        of_part = part(options)
        figures |= of_part
        for key, value in of_part.items():
            print(f"{name:12} {key:32} {value:,.4f}", flush=True)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
