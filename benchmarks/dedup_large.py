"""The parts of ``dedup.py`` on a million documents and more, each step in a process of its own."""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl
from dedup_corpus import corpus, documents, edited
from dedup_lake import curated, publish
from dedup_seconds import Figures, cpu_seconds_so_far, peak_bytes

from stillroom.curation import DedupSettings, OldDocuments, find_duplicates
from stillroom.curation.duplicates import search_duplicates

SCRIPT = Path(__file__).with_name("dedup.py")
MILLION, NEWCOMERS = 1_000_000, 5_000
MOST_PEAK_BYTES, MOST_GROWTH = 6 * 10**9, 12  # of ten million documents; of their seconds over those of a million


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
    before = cpu_seconds_so_far()
    start = time.perf_counter()
    with search_duplicates(pl.scan_parquet(f"{folder}/{step}/old-*.parquet"), settings=settings) as found:
        drops = found.drops.select(pl.len()).collect().item()
        seconds = time.perf_counter() - start
    figures = {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds_so_far() - before,
        "peak_bytes": peak_bytes(),
        "drops": drops,
    }
    return {f"{step.replace('-', '_')}_{name}": figure for name, figure in figures.items()}


def _in_own_process(step: str, folder: str) -> Figures:
    done = subprocess.run([sys.executable, str(SCRIPT), "--step", step, folder], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.splitlines()[-1])


def million_step(folder: str) -> Figures:
    start = time.perf_counter()
    found = find_duplicates(pl.scan_parquet(f"{folder}/old-*.parquet"))
    seconds = time.perf_counter() - start
    found.signatures.write_parquet(Path(folder) / "signatures.parquet")  # also of what was dropped: a million are old
    return {"million_seconds": seconds, "million_peak_bytes": peak_bytes(), "million_drops": len(found.drops)}


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
    before = cpu_seconds_so_far()
    seconds_in_lake, drops_in_lake = curated(Path(folder) / "lake", new)
    return {
        "incremental_seconds": seconds,
        "incremental_drops": len(found.drops),
        "incremental_published_in_lake": len(signed),
        "incremental_seconds_in_lake": seconds_in_lake,
        "incremental_cpu_seconds_in_lake": cpu_seconds_so_far() - before,
        "incremental_drops_in_lake": drops_in_lake,
    }


STEPS: dict[str, Callable[[str], Figures]] = {
    "million": million_step,
    "incremental": incremental_step,
    "stored-million": partial(stored_step, "stored-million"),
    "ten-million": partial(stored_step, "ten-million"),
}
