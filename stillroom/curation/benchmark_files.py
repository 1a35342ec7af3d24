"""Reads benchmarks to check against from a folder: whatever text its JSON Lines, JSON and text files hold."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import polars as pl

from stillroom.errors import RequestError

_ID_FIELDS = ("id", "task_id", "question_id", "name")
_JSON_LINES = (".jsonl", ".json", ".jsonl.gz", ".json.gz")
_PLAIN = (".txt", ".md")
_ITEM_SCHEMA = {"benchmark": pl.String(), "item_id": pl.String(), "text": pl.String()}


def read_benchmarks(folder: Path) -> pl.DataFrame:
    """All texts below a folder as items for ``Benchmarks``: benchmark, item_id, text.

    A benchmark is named after the folder directly below, or a file that lies there itself. A row of JSON Lines is an
    item, named by its id field or its line; each of its texts, however deep, is checked. Read-me files and licences
    are passed over.

    Raises:
        RequestError: where the folder does not exist, or a file is not what its name says.
    """
    if not folder.is_dir():
        raise RequestError(f"no folder {folder} with benchmarks: expected one, with .jsonl, .json or .txt files in it")
    rows = [
        (path.relative_to(folder).parts[0].split(".")[0], item_id, text)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.upper().startswith(("README", "LICENSE"))
        for item_id, text in _items(path)
    ]
    return pl.DataFrame(rows, schema=_ITEM_SCHEMA, orient="row")


def _items(path: Path) -> Iterator[tuple[str, str]]:
    try:
        if path.name.endswith(_PLAIN):
            yield path.name, path.read_text("utf-8")
        elif path.name.endswith(_JSON_LINES):
            content = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
            for number, row in enumerate(_rows(content.decode("utf-8"))):
                yield from ((_name(row) or f"{path.name}:{number}", text) for text in _texts(row))
    except (ValueError, gzip.BadGzipFile) as error:
        raise RequestError(f"benchmark file {path} cannot be read: {error}. Mend it or take it away") from error


def _rows(content: str) -> list[object]:
    """The rows of JSON Lines, or of one JSON list."""
    if content.lstrip().startswith("["):
        return json.loads(content)
    return [json.loads(line) for line in content.splitlines() if line.strip()]


def _name(row: object) -> str:
    """The value of the row's id field, or ""."""
    if not isinstance(row, dict):
        return ""
    fields = cast("dict[str, object]", row)
    return next((str(fields[field]) for field in _ID_FIELDS if field in fields), "")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in cast("dict[str, object]", value).values():
            yield from _texts(item)
