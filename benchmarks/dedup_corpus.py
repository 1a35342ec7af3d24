"""Documents of about one kilobyte from installed packages' text, with planted edits of known similarity."""

import random
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polars as pl

DOCUMENT_CHARS = 1_000
_PIECES = 4  # of different places in a document, so that documents outnumber the places they come from
_EDITED_SHARE = 0.2
_SUFFIXES = {".py", ".pyi", ".md", ".rst", ".txt"}
_BATCH = 50_000
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@cache
def source_text(most_chars: int = 200_000_000) -> str:
    """The text of all packages that are installed beside this interpreter, in order of their paths."""
    texts: list[str] = []
    chars = 0
    for path in sorted(Path(sysconfig.get_paths()["purelib"]).rglob("*")):
        if path.suffix in _SUFFIXES and path.is_file() and chars < most_chars:
            texts.append(path.read_text("utf-8", "replace"))
            chars += len(texts[-1])
    return "".join(texts)


def corpus(count: int, seed: int = 1) -> pl.DataFrame:
    """So many documents in one frame."""
    return pl.concat(documents(count, seed))


def documents(count: int, seed: int = 1) -> Iterator[pl.DataFrame]:
    """Batches of id, text, rank; a fifth are copies of another with 0 to 66 letters changed: Jaccard 1 down to 0.5."""
    generator = random.Random(seed)
    source = source_text()
    originals: list[str] = []
    for start in range(0, count, _BATCH):
        texts: list[str] = []
        for _ in range(start, min(start + _BATCH, count)):
            if originals and generator.random() < _EDITED_SHARE:
                texts.append(edited(generator.choice(originals), generator))
            else:
                texts.append(_original(source, generator))
                originals.append(texts[-1])
        originals = originals[-_BATCH:]
        ids = [f"{start + row:024x}" for row in range(len(texts))]
        yield pl.DataFrame({"id": ids, "text": texts, "rank": range(start, start + len(texts))})


def edited(text: str, generator: random.Random) -> str:
    """A copy with letters changed at random places; one change touches five shingles of a thousand."""
    similarity = generator.uniform(0.5, 1.0)
    letters = list(text)
    for _ in range(round(len(text) * (1 - similarity) / (5 * (1 + similarity)))):
        letters[generator.randrange(len(letters))] = generator.choice(_LETTERS)
    return "".join(letters)


def _original(source: str, generator: random.Random) -> str:
    size = DOCUMENT_CHARS // _PIECES
    starts = [generator.randrange(len(source) - size) for _ in range(_PIECES)]
    return "".join(source[start : start + size] for start in starts)
