"""Plants text of benchmarks in documents, written in many ways, and measures how much of it is found and how fast.

Planted are runs of 13 words of long items, and of each field of each item of code; items of 13 to 39 words as they
stand, with their own punctuation; runs in other case, Unicode, punctuation and markup, as JSON writes them,
and without separators of thousands; whole statements of 13 words and
more from each field of code, in another function, in a fence and without; programs as the body of another function, and
with other names and another layout. Every one of them must be found, and count. How many clean programs count, since an
item has the same idiom with the same names, is bounded by what it is.
"""

import ast
import builtins
import html
import io
import json
import keyword
import random
import re
import statistics
import textwrap
import time
import tokenize
import unicodedata
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import polars as pl
from dedup_clean_programs import clean_programs
from dedup_corpus import corpus
from dedup_seconds import Figures

from stillroom.curation.benchmark_files import read_benchmarks
from stillroom.curation.contamination import Benchmarks
from stillroom.curation.programs import programs_of
from stillroom.curation.renamed_code import RenamedCode
from stillroom.curation.short_items import ShortItems
from stillroom.recipe import find_benchmarks

DOCUMENTS, PLANTED, ROUNDS = 20_000, 1_000, 3
OF_A_FIELD = 5  # runs of each text of a benchmark of code
MOST_LINES_MORE = 8  # than 13 words need, until a statement ends
MOST_CLEAN_DROPPED = {"functions": 0.0012, "references": 0.0, "textbook": 0.2}
_WORD = re.compile(r"[^\W_]+")
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_FIXED = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
_LEAST_TOKENS, _LEAST_KINDS = 40, 20
_PARTS = ("—", " ", "\t", "/", " … ", "_")
_ESCAPES = (" ", "\\n", "\\t", "\\r\\n")
_COMMANDS = ("\\times ", "\\dfrac{", "} \\leq ", "$\\text{", "\\left(", "}^\\pi ", "\\end{align*} ")
_SEPARATOR = re.compile(r"(?<=\d)(?<!\d{4}),(?:\\!)?(?=\d{3}(?!\d))")
_POWERS = tuple("⁰¹²³⁴⁵⁶⁷⁸⁹")

WAYS: dict[str, Callable[[list[str], random.Random], str]] = {
    "shouted": lambda words, _: ", ".join(words).upper(),
    "wide": lambda words, _: " ".join(words).translate(_WIDE),
    "decomposed": lambda words, _: unicodedata.normalize("NFD", " ".join(words)),
    "invisible": lambda words, _: " ".join(f"{word[:1]}\u200b{word[1:]}" for word in words),
    "marked up": lambda words, _: " ".join(f"**{word}**" for word in words),
    "parted": lambda words, chance: "".join(f"{word}{chance.choice(_PARTS)}" for word in words),
    "scraped": lambda words, _: "<br>".join(f"<b>{word}</b>" for word in words) + html.escape("<&>"),
    "raised": lambda words, _: _raised(words),
    "in commands": lambda words, chance: "".join(f"{chance.choice(_COMMANDS)}{word}" for word in words),
    "linked": lambda words, _: "".join(f"[{word}](https://example.org/{len(word)}.html) " for word in words),
    "tagged within": lambda words, _: " ".join(f"{word[:1]}<b>{word[1:]}</b>" if word[1:] else word for word in words),
    "noted": lambda words, _: "".join(f"{word}[^{at}] " for at, word in enumerate(words, 1)),
    "sharp": lambda words, _: " ".join(words).replace("ss", "ß"),
    "hyphened": lambda words, _: " ".join(_parted(word) for word in words),
    "escaped": lambda words, chance: "".join(f"{chance.choice(_ESCAPES)}{word.capitalize()}" for word in words),
}


def _parted(word: str) -> str:
    """A word of letters at the end of a line, in two parts."""
    return f"{word[:2]}-\n{word[2:]}" if word.isalpha() and len(word) > 3 else word


def _raised(words: Sequence[str]) -> str:
    """Words with numbers as powers of what is before them, but of two numbers in a row the first alone."""
    written = ""
    for word in words:
        is_power = word.isascii() and word.isdecimal() and not written.endswith(_POWERS)
        written += "".join(_POWERS[int(digit)] for digit in word) if is_power else f" {word}"
    return written


def decontamination(reference: Path) -> Figures:
    """Documents per CPU-second of each pass against a folder of benchmarks, and how much of planted text is found.

    Raises:
        SystemExit: something planted is not found, or too many clean programs are taken for contaminated.
    """
    items = read_benchmarks(find_benchmarks({"reference": reference}))
    frame = corpus(DOCUMENTS).select("id", "text")
    runs, short, code = Benchmarks(items), ShortItems(items), RenamedCode(items)
    rates = _rates(frame, runs=runs, short_items=short, renamed_code=code)
    around = frame["text"].head(PLANTED).to_list()
    chance = random.Random(2)
    shares: Figures = {}
    for kind, planted in _planted(items, chance).items():
        search = code if kind == "code" else runs
        held = [_put(some, around[row % PLANTED], chance, kind) for row, some in enumerate(planted)]
        found = search.find(pl.DataFrame({"id": [str(row) for row in range(len(held))], "text": held}))
        shares[f"planted_{kind}_found"] = found.filter(~pl.col("is_fragment"))["id"].n_unique() / len(held)
    clean = clean_programs([runs, short, code])
    figures = {
        "decontamination_docs_per_cpu_second": rates["runs"],
        "short_items_docs_per_cpu_second": rates["short_items"],
        "renamed_code_docs_per_cpu_second": rates["renamed_code"],
        "planted_contamination_found": min(shares.values()),
        **shares,
        **clean,
        "benchmark_texts": len(items),
    }
    dropped = {kind: clean[f"clean_{kind}_dropped"] for kind in MOST_CLEAN_DROPPED}
    if min(shares.values()) < 1 or any(dropped[kind] > most for kind, most in MOST_CLEAN_DROPPED.items()):
        raise SystemExit(f"expected all that is planted and at most {MOST_CLEAN_DROPPED} of clean programs: {figures}")
    return figures


def _rates(frame: pl.DataFrame, **searches: Benchmarks | ShortItems | RenamedCode) -> dict[str, float]:
    """Documents per CPU-second: medians of some rounds in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in searches}
    for _ in range(ROUNDS):
        for name, search in searches.items():
            began = time.process_time()
            search.find(frame)
            seconds[name].append(time.process_time() - began)
    return {name: len(frame) / statistics.median(taken) for name, taken in seconds.items()}


def _planted(items: pl.DataFrame, chance: random.Random) -> dict[str, list[str]]:
    texts = list(dict.fromkeys(items["text"].to_list()))
    words = [_WORD.findall(text) for text in texts]
    long = [some for some in words if len(some) >= 40]
    tall = [text for text, some in zip(texts, words, strict=True) if len(some) >= 40]
    short = [text for text, some in zip(texts, words, strict=True) if 13 <= len(some) < 40]
    programs = [text for text in texts if any(_is_long_program(text))]
    of_code = items.filter(
        pl.col("benchmark").is_in(items.filter(pl.col("text").is_in(programs))["benchmark"].unique())
    )
    code_texts: list[str] = of_code["text"].unique(maintain_order=True).to_list()
    fields = [some for text in code_texts if len(some := _WORD.findall(text)) >= 13]
    ways = list(WAYS.values())
    numbers = [_SEPARATOR.sub("", text) for text in texts if _SEPARATOR.search(text)]
    numbers = [text for text in numbers if len(_WORD.findall(text)) >= 13]
    return {
        "run": [" ".join(_run(chance.choice(long), chance)) for _ in range(PLANTED)],
        "field": [" ".join(_run(some, chance)) for some in fields for _ in range(OF_A_FIELD)],
        "short_item": [chance.choice(short) for _ in range(PLANTED)],
        "otherwise_written": [ways[at % len(ways)](_run(chance.choice(long), chance), chance) for at in range(PLANTED)],
        "number": [_window(chance.choice(numbers), chance) for _ in range(PLANTED)],
        "in_json": [json.dumps(_window(chance.choice(tall), chance)) for _ in range(PLANTED)],
        "statement": [some for text in code_texts for some in _statements(text, chance)],
        "program": programs,
        "code": [_renamed(chance.choice(programs), chance) for _ in range(PLANTED)],
    }


def _is_long_program(text: str) -> list[bool]:
    return [
        len(one.kinds) >= _LEAST_TOKENS and len(set(one.kinds)) >= _LEAST_KINDS and "```" not in text
        for one in programs_of(text)
    ]


def _run(words: Sequence[str], chance: random.Random) -> list[str]:
    start = chance.randrange(len(words) - 12)
    return [*words[start : start + 13]]


def _window(text: str, chance: random.Random) -> str:
    """13 words of a text as they stand."""
    spans = [found.span() for found in _WORD.finditer(text)]
    start = chance.randrange(len(spans) - 12)
    return text[spans[start][0] : spans[start + 12][1]]


def _statements(text: str, chance: random.Random) -> list[str]:
    """Some of the shortest runs of whole lines, in the code of a text, that have 13 words and can be read as Python."""
    found: list[str] = []
    for program in programs_of(text):
        lines = program.source.split("\n")
        for start in (at for at, line in enumerate(lines) if line.strip()):
            cuts = (textwrap.dedent("\n".join(lines[start:end])) for end in range(start + 1, len(lines) + 1))
            enough = islice((cut for cut in cuts if len(_WORD.findall(cut)) >= 13), MOST_LINES_MORE)
            found += islice((cut for cut in enough if _is_python(cut)), 1)
    return chance.sample(found, min(len(found), OF_A_FIELD))


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _put(planted: str, into: str, chance: random.Random, kind: str) -> str:
    at = chance.randrange(len(into) + 1)
    if kind == "program":
        body = textwrap.indent(textwrap.dedent(planted.expandtabs()), "    ")
        return f"So we write:\n\n```python\ndef answer():\n{body}\n    return None\n```\n"
    if kind == "statement":
        program = f"def answer(value):\n    held = value\n{textwrap.indent(planted, '    ')}\n    return held\n"
        return chance.choice((program, f"So we write:\n\n```python\n{program}```\n"))
    if kind == "code":
        return f"{into[:at].replace('```', '')}\n```python\n{planted}\n```\n"
    return f"{into[:at]} {planted} {into[at:]}"


def _renamed(source: str, chance: random.Random) -> str:
    """Python with other names, remarks, and blanks around its commas."""
    names: dict[str, str] = {}
    lines = source.expandtabs().split("\n")
    before = ""
    changes: list[tuple[int, int, int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
        if token.type == tokenize.NAME and token.string not in _FIXED and before != ".":
            name = names.setdefault(token.string, f"{chance.choice('abcxyz')}{len(names)}")
            changes.append((token.start[0] - 1, token.start[1], token.end[1], name))
        elif token.string == ",":
            changes.append((token.start[0] - 1, token.start[1], token.end[1], " , "))
        before = token.string
    for line, start, end, put in reversed(changes):
        lines[line] = lines[line][:start] + put + lines[line][end:]
    return "\n".join(lines)
