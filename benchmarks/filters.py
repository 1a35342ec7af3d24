"""Measures how fast the filters of curation are and what share of real texts they flag.

    uv run python benchmarks/filters.py [FOLDER]

The texts are the standard library's sources, cut into documents of 1,000 characters, and all texts in the JSON Lines of
a folder, by default the reference data beside this checkout, where it is.
"""

import gzip
import json
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import cast

from stillroom.curation.filters.finding import Filter
from stillroom.curation.filters.languages import LanguageFilter
from stillroom.curation.filters.personal_data import PersonalDataFilter
from stillroom.curation.filters.secrets import SecretFilter
from stillroom.recipe import Languages, PersonalData, Secrets

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT_CHARS, DOCUMENTS, LEAST_CHARS = 1_000, 20_000, 20


def standard_library() -> list[str]:
    sources = sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py"))
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in sources if "site-packages" not in str(path)]
    pieces = [text[at : at + DOCUMENT_CHARS] for text in texts for at in range(0, len(text), DOCUMENT_CHARS)]
    return Random(0).sample(pieces, min(DOCUMENTS, len(pieces)))


def json_texts(folder: Path) -> list[str]:
    found: list[str] = []
    for path in sorted([*folder.rglob("*.jsonl"), *folder.rglob("*.jsonl.gz")]):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for line in content.decode().splitlines():
            found += [text for text in _texts(json.loads(line)) if len(text) > LEAST_CHARS]
    return found


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        inside = cast("dict[str, object]", value).values() if isinstance(value, dict) else cast("list[object]", value)
        for one in inside:
            yield from _texts(one)


def measure(name: str, texts: list[str], what: str, one: Filter) -> None:
    one.find(texts[0])
    begun = time.process_time()
    found = [finding for text in texts if (finding := one.find(text)) is not None]
    seconds = time.process_time() - begun
    kinds = ", ".join(f"{reason} {count}" for reason, count in Counter(one.reason for one in found).most_common(5))
    mean = sum(map(len, texts)) / len(texts)
    print(
        f"{name} ({len(texts):,} of {mean:,.0f} characters), {what}: {len(texts) / seconds:,.0f} documents per "
        f"CPU-second, {len(found)} flagged ({100 * len(found) / len(texts):.3f} %) {kinds}"
    )


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "reference"
    corpora = {"standard library": standard_library(), folder.name: json_texts(folder) if folder.is_dir() else []}
    filters: dict[str, Filter] = {
        "secrets": SecretFilter(Secrets()),
        "personal data": PersonalDataFilter(PersonalData()),
        "languages": LanguageFilter(Languages(allowed=("en",))),
    }
    for name, texts in corpora.items():
        for what, one in filters.items():
            if texts:
                measure(name, texts, what, one)


if __name__ == "__main__":
    main()
