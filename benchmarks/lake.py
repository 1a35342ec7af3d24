"""Measures the lake: commits beside bare DuckLake, questions in a lake of a million samples, what the journal costs.

    uv run python benchmarks/lake.py [--only PART] [--samples N]

The last line of stdout is one JSON object. Parts: commits, questions, journal.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import polars as pl
from lake_corpus import Made, Rows, Texts, fill, sample_rows, shard_rows
from lake_servers import bare, make, server
from lake_shard import shard_seconds

from stillroom.cli.ancestry import follow
from stillroom.errors import StillroomError
from stillroom.lake import Lake
from stillroom.lake.maintenance import maintain
from stillroom.lake.reading import opened

ROUNDS, PROCESSES, COMMITS, ROWS = 3, 4, 25, 100
ASKED = 5  # times each question is put
Figures = dict[str, object]


def commits(folder: Path, _: argparse.Namespace) -> Figures:
    """Commits a second by ``PROCESSES`` processes at once: ours, bare DuckLake's, and whole shards' by ours."""
    kinds = [f"{how}_{where}" for where in ("sqlite", "postgres") for how in ("ours", "bare", "shard")]
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    errors = dict.fromkeys(kinds, 0)
    lost = dict.fromkeys(kinds, 0)
    with server() as running:
        for number in range(ROUNDS):
            for kind in kinds if number % 2 == 0 else reversed(kinds):
                root = folder / f"{kind}{number}"
                make(root, kind, running)
                rate, failed = _race(kind, root)
                rates[kind].append(rate)
                errors[kind] += failed
                if not kind.startswith("bare"):
                    lost[kind] += PROCESSES * COMMITS - _committed(root)
                say(f"{kind:>14}: {rate:6.1f} commits/s, {failed} of {PROCESSES * COMMITS} failed")
    figures: Figures = {"commit_processes": PROCESSES, "commit_rows": ROWS}
    for where in ("sqlite", "postgres"):
        figures |= {
            f"commits_per_second_{where}": round(statistics.median(rates[f"ours_{where}"]), 2),
            f"commit_errors_{where}": errors[f"ours_{where}"],
            f"commits_lost_{where}": lost[f"ours_{where}"],
            f"bare_commits_per_second_{where}": round(statistics.median(rates[f"bare_{where}"]), 2),
            f"bare_commit_errors_{where}": errors[f"bare_{where}"],
            f"shard_commits_per_second_{where}": round(statistics.median(rates[f"shard_{where}"]), 2),
            f"shard_commit_errors_{where}": errors[f"shard_{where}"],
            f"shard_commits_lost_{where}": lost[f"shard_{where}"],
        }
    return figures


def _race(kind: str, root: Path) -> tuple[float, int]:
    """Successful commits a second from the moment all writers are ready, and how many failed."""
    command = [sys.executable, __file__, "--writer", kind, str(root)]
    writers = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(PROCESSES)
    ]
    for one in writers:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    began = time.perf_counter()
    failed = sum(int(one.communicate("go\n")[0]) for one in _started(writers))
    return (PROCESSES * COMMITS - failed) / (time.perf_counter() - began), failed


def _started(writers: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    for one in writers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return writers


def write(kind: str, root: Path, number: int) -> None:
    """One writer: says that it is ready, waits for the word, commits, and prints how many commits failed."""
    texts = Texts(number)
    prepared: list[Rows] = [
        shard_rows(texts, number * COMMITS + at, prompts=ROWS // 8)
        if kind.startswith("shard")
        else {"samples": sample_rows(texts, (number * COMMITS + at) * ROWS, ROWS)}
        for at in range(COMMITS)
    ]
    attempt = (_bare if kind.startswith("bare") else _ours)(root, prepared, number)
    print("ready", flush=True)
    sys.stdin.readline()
    failed = 0
    for at in range(COMMITS):
        try:
            attempt(at)
        except (duckdb.Error, StillroomError) as error:
            failed += 1
            if failed == 1 and not kind.startswith("bare"):  # none of ours is expected to
                say(f"{kind}: {error}")
    print(failed, flush=True)


def _ours(root: Path, prepared: list[Rows], number: int) -> Callable[[int], None]:
    lake = Lake.open(root)

    def attempt(at: int) -> None:
        lake.commit(f"{number}-{at}", prepared[at], run_id=f"r{number}", shard=at)

    return attempt


def _bare(root: Path, prepared: list[Rows], _: int) -> Callable[[int], None]:
    """The same rows into the same table through DuckLake alone, without lock, key or retry."""
    connection = bare(root)
    frames = [pl.DataFrame(rows["samples"], schema_overrides={"stop": pl.List(pl.String)}) for rows in prepared]

    def attempt(at: int) -> None:
        incoming = frames[at]
        connection.register("incoming", incoming)
        connection.execute("INSERT INTO lake.samples BY NAME SELECT *, 'r' AS run_id, 0 AS shard FROM incoming")

    return attempt


_COUNT = 'SELECT count(*) AS n FROM lake."{}"'


def _committed(root: Path) -> int:
    """How many commits are there; each table has the rows that they say they wrote."""
    lake = Lake.open(root)
    receipts = lake.rows("SELECT key, row_counts FROM lake.commits")
    written = Counter[str]()
    for receipt in receipts:
        written.update(json.loads(receipt["row_counts"]))
    found = {table: lake.rows(_COUNT.format(table))[0]["n"] for table in written}
    lake.close()
    assert found == written, f"a commit is half visible: {found} rows, {dict(written)} written"
    keys = {receipt["key"] for receipt in receipts}
    assert len(keys) == len(receipts), "a commit is there twice"
    return len(keys)


def questions(folder: Path, options: argparse.Namespace) -> Figures:
    """Milliseconds for what a person asks a large lake, as builds left it and after housekeeping."""
    root = options.lake or folder / "million"
    began = time.perf_counter()
    if (root / "made.json").exists():
        made = Made(**json.loads((root / "made.json").read_text(encoding="utf-8")))
    else:
        lake = Lake.open(root, create=True)
        made = fill(lake, options.samples, say)
        lake.close()
        (root / "made.json").write_text(json.dumps({name: getattr(made, name) for name in made.__slots__}))
    filled = time.perf_counter() - began
    unkept = {f"unmaintained_{name}": value for name, value in _ask(root, made).items()}
    began = time.perf_counter()
    kept = maintain(root, say=say, keep_days=0)
    figures: Figures = {
        **_ask(root, made),
        **unkept,
        "maintain_seconds": round(time.perf_counter() - began, 1),
        "unmaintained_files": sum(table.files_before for table in kept.tables),
        "maintained_files": sum(table.files_after for table in kept.tables),
        "lake_samples": made.samples,
        "lake_examples": made.examples,
        "lake_members": made.members,
        "lake_bytes": sum(table.bytes_after or 0 for table in kept.tables),
        "lake_filled_seconds": round(filled, 1),
    }
    return figures


def _ask(root: Path, made: Made) -> Figures:
    """Each question's median of some; ``first`` is what it takes in a process that has asked nothing yet."""
    opening = [_seconds(lambda: _open(root)) for _ in range(ASKED)]
    writing = [_seconds(lambda: Lake.open(root).close()) for _ in range(ASKED)]
    figures: Figures = {
        "open_ms": round(1000 * statistics.median(opening), 1),
        "open_to_write_ms": round(1000 * statistics.median(writing), 1),
    }
    with opened(root, askers=2) as lake:  # as `stillroom lineage` does
        figures |= _asked({"lineage_ms": lambda: follow(lake, made.example_id)})
    with opened(root) as lake:  # as the other commands that read it do
        asked: dict[str, Callable[[], object]] = {
            "lineage_view_ms": lambda: lake.rows("SELECT * FROM lineage WHERE example_id = ?", [made.example_id]),
            "why_dropped_ms": lambda: lake.rows("SELECT reason, sum(samples) FROM why_dropped GROUP BY reason"),
            "blast_radius_ms": lambda: lake.rows(
                "SELECT what, sum(rows) FROM blast_radius('seed', ?) GROUP BY what", [made.seed_id]
            ),
        }
        return figures | _asked(asked)


def _asked(questions: Mapping[str, Callable[[], object]]) -> Figures:
    figures: Figures = {}
    for name, ask in questions.items():
        first, *later = (_seconds(ask) for _ in range(ASKED))
        figures[name] = round(1000 * statistics.median(later), 1)
        figures[f"first_{name}"] = round(1000 * first, 1)
        say(f"{name} {figures[name]} ({figures[f'first_{name}']} at first)")
    return figures


def _open(root: Path) -> None:
    with opened(root):
        pass


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def journal(folder: Path, _: argparse.Namespace) -> Figures:
    """What of a shard's seconds goes into its journal: the same shard with it and with one that keeps nothing."""
    return asyncio.run(shard_seconds(folder, ROUNDS, say))


PARTS: dict[str, Callable[[Path, argparse.Namespace], Figures]] = {
    "commits": commits,
    "questions": questions,
    "journal": journal,
}


def say(line: str) -> None:
    """Progress, on stderr."""
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Run the parts and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--lake", type=Path, help="keep the large lake here, and ask the one that is there")
    parser.add_argument("--writer", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.writer:
        kind, root, number = options.writer
        write(kind, Path(root), int(number))
        return
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, part in PARTS.items():
            if options.only in (None, name):
                say(f"-- {name}")
                figures |= part(Path(folder), options)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
