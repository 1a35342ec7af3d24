"""Measures what decontamination takes for contaminated though it is not: programs that nobody took from a benchmark."""

import ast
import json
import random
import sysconfig
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
from textbook_programs import PROGRAMS

from stillroom.curation.benchmark_search import Search

FUNCTIONS = 10_000
_SEEDS = Path(__file__).parents[1] / "data" / "seeds" / "python_functions.jsonl"
_LEAST_LINES, _MOST_LINES = 4, 80
_OF_A_FILE = 20  # functions at most, so that many packages are looked at
Figures = dict[str, float]


def clean_programs(searches: Sequence[Search]) -> Figures:
    """Of three kinds of clean programs, the share that would be dropped, and that holds a fragment of an item alone.

    Functions are those of installed packages; references are those of our seeds; textbook programs are
    what any answer about primes, greatest common divisors or reading of input looks like.
    """
    seeds = [json.loads(line)["solution"] for line in _SEEDS.read_text("utf-8").splitlines()]
    kinds = {"functions": list(_functions(FUNCTIONS)), "references": seeds, "textbook": [*PROGRAMS]}
    figures: Figures = {}
    for kind, programs in kinds.items():
        texts = [f"Here it is:\n\n```python\n{program}\n```\n" for program in programs]
        frame = pl.DataFrame({"id": [str(row) for row in range(len(texts))], "text": texts})
        found = pl.concat([search.find(frame) for search in searches])
        dropped = found.filter(~pl.col("is_fragment"))["id"].n_unique()
        figures[f"clean_{kind}_dropped"] = dropped / len(texts)
        figures[f"clean_{kind}_with_a_hit"] = found["id"].n_unique() / len(texts)
    return figures


def _functions(count: int) -> Iterator[str]:
    """Functions of installed packages, from files in a random order."""
    chance = random.Random(4)
    files = sorted(Path(sysconfig.get_paths()["purelib"]).rglob("*.py"))
    chance.shuffle(files)
    given = 0
    for file in files:
        for function in _of_file(file, chance):
            if given == count:
                return
            given += 1
            yield function


def _of_file(file: Path, chance: random.Random) -> list[str]:
    source = file.read_text("utf-8", "replace").expandtabs()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    lines = source.split("\n")
    found = [
        textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    ]
    found = [one for one in found if _LEAST_LINES <= one.count("\n") + 1 <= _MOST_LINES]
    return chance.sample(found, min(len(found), _OF_A_FILE))
