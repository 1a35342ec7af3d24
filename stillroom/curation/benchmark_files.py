"""Reads benchmarks to check against: whatever text their files hold, as JSON, tables or plain text."""

import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import polars as pl

from stillroom.curation.item_texts import joined_tokens, lines_of, wholes
from stillroom.errors import RequestError
from stillroom.recipe.benchmark_kinds import file_format
from stillroom.recipe.benchmarks import Benchmark
from stillroom.wording import words_in

_ID_FIELDS = ("id", "task_id", "question_id", "name")
_ITEM_SCHEMA = {"benchmark": pl.String(), "item_id": pl.String(), "text": pl.String()}
_LEAST_WORDS_OF_A_ROW = 8  # in a cell: names of columns have fewer
_LEAST_WORDS_OF_A_SENTENCE, _ENDS = 4, ("?", "\uff1f", "\u3002")  # "correct?" may be a name
_LEAST_WORDS_OF_A_KEY = 8  # of an object, to be a text: questions may be the keys of their answers
_OF_DATA = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # pictures, sounds and arrays have some such byte
_UNREADABLE = (ValueError, OSError, EOFError, zlib.error, RecursionError, pl.exceptions.PolarsError)


def read_benchmarks(benchmarks: Sequence[Benchmark]) -> pl.DataFrame:
    """All texts of some benchmarks as items for ``Benchmarks``: benchmark, item_id, text.

    A row of JSON Lines, of a JSON list or of a table is an item; another JSON document or a text file is one as a
    whole. It is named by its file and there by its id field, else its line or row, from 1; by both where several rows
    have one id, as instances of a template have. Each of its texts, however deep, is checked, and also those that
    follow each other as one text (``item_texts``).

    Raises:
        RequestError: a file is not what its name says, or a benchmark holds no text at all.
    """
    rows: list[tuple[str, str, str]] = []
    for benchmark in benchmarks:
        before = len(rows)
        for name, path in benchmark.files.items():
            rows += [(benchmark.name, item_id, text) for item_id, text in _items(name, path)]
        if len(rows) == before:
            raise RequestError(
                f"benchmark {benchmark.name!r} holds no text, only {', '.join(map(str, benchmark.files.values()))}. "
                "Expected questions or answers to look for; mend the files, or take the benchmark out."
            )
    return pl.DataFrame(rows, schema=_ITEM_SCHEMA, orient="row")


def _items(name: str, path: Path) -> list[tuple[str, str]]:
    """Every text of a file, with the item that it belongs to."""
    kind, compression = file_format(path.name)
    try:
        content = _decompressed(path.read_bytes(), compression)
        if kind in (".txt", ".md"):
            whole = [text for text, _ in _texts(content.decode("utf-8-sig"))]
            return [(name, text) for text in (*whole, *(line for text in whole for line in lines_of(text)))]
        rows = list(_json_rows(content) if kind in (".json", ".jsonl") else _table_rows(content, kind))
        names = [_name(row) or str(number) for number, row in rows]
        times = Counter(names)
        return [
            (f"{name}:{named}" if times[named] == 1 else f"{name}:{named}:{number}", text)
            for named, (number, row) in zip(names, rows, strict=True)
            for text in _texts_of_row(row)
        ]
    except _UNREADABLE as error:
        said = str(error) or type(error).__name__
        raise RequestError(f"benchmark file {path} cannot be read: {said}. Mend it or take it away.") from error


def _decompressed(data: bytes, compression: str) -> bytes:
    if compression == ".gz":
        return gzip.decompress(data)
    if compression == ".zst":
        arrow: Any = import_module("pyarrow")  # without types, and slow to import
        with arrow.input_stream(arrow.py_buffer(data), compression="zstd") as stream:
            return stream.read()
    return data


def _json_rows(content: bytes) -> Iterator[tuple[int, object]]:
    """The rows of one JSON list, one other JSON document, or JSON Lines, each with its number."""
    text = content.decode("utf-8-sig")
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        if text.strip() and not error.msg.startswith("Extra data"):
            raise
    else:
        yield from enumerate(cast("list[object]", whole) if isinstance(whole, list) else [whole], 1)
        return
    for number, line in enumerate(text.split("\n"), 1):  # JSON lets other line ends, such as U+2028, stand in a text
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number} is no JSON: {error}") from error


def _table_rows(content: bytes, kind: str) -> Iterator[tuple[int, object]]:
    if kind == ".parquet":
        frame = pl.read_parquet(io.BytesIO(content))
    else:
        frame = _separated(content.decode("utf-8-sig").encode(), kind)
    yield from enumerate(frame.iter_rows(named=True), 1)


def _separated(text: bytes, kind: str) -> pl.DataFrame:
    """A table of separated cells; in one with tabs quotes may be any character where they quote no cells."""
    if kind == ".csv":
        return _cells(text, ",", quote='"')
    try:
        return _cells(text, "\t", quote='"')
    except ValueError:
        return _cells(text, "\t", quote=None)


def _cells(text: bytes, separator: str, quote: str | None) -> pl.DataFrame:
    read = partial(pl.read_csv, text, separator=separator, quote_char=quote, infer_schema=False)
    try:
        return read(has_header=_are_names(read(has_header=False, n_rows=1).row(0)))
    except pl.exceptions.ComputeError as error:
        raise ValueError(
            f"{error.args[0].splitlines()[0]}. Lines have as many cells as the first one, or fewer: quote each cell "
            "that holds a separator, a quote or a line end"
        ) from error


def _are_names(cells: Sequence[str | None]) -> bool:
    """Whether the first line of a table names its columns: MMLU's own files and MGSM's begin with a question.

    Names are different, none of them has 8 words or is a sentence, and they are no numbers unless all are, as columns
    are counted.
    """
    written = [cell for cell in cells if cell is not None and cell.strip()]
    numbers = sum(_is_number(cell) for cell in written)
    is_text = any(_are_many(words_in(cell), cell) for cell in written)
    return not is_text and len(set(written)) == len(written) and numbers in (0, len(written))


def _are_many(words: Sequence[str], cell: str) -> bool:
    """Whether a cell is too long for a name, or a sentence."""
    return len(words) >= (_LEAST_WORDS_OF_A_SENTENCE if cell.rstrip().endswith(_ENDS) else _LEAST_WORDS_OF_A_ROW)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _name(row: object) -> str:
    """The value of the row's id field, or ""."""
    if not isinstance(row, dict):
        return ""
    fields = cast("dict[str, object]", row)
    return next((str(fields[field]) for field in _ID_FIELDS if fields.get(field) not in (None, "")), "")


def _texts_of_row(row: object) -> list[str]:
    """The texts of a row, and what they are together without its name."""
    every, name = list(_texts(row)), _name(row)
    saying = [(text, is_option) for text, is_option in every if text != name]
    options = {place for place, (_, is_option) in enumerate(saying) if is_option}
    return [*(text for text, _ in every), *wholes([text for text, _ in saying], options)]


def _texts(value: object, *, is_option: bool = False) -> Iterator[tuple[str, bool]]:
    """The texts of a value, and whether each is one of several that a list holds.

    Raises:
        ValueError: text in bytes is no UTF-8.
    """
    if isinstance(value, bytes):
        value = _decoded(value)
    if isinstance(value, str):
        if value.strip():
            yield value.encode("utf-8", "replace").decode(), is_option  # JSON may escape half a character
    elif isinstance(value, list):
        members = cast("list[object]", value)
        for item in members:
            yield from _texts(item, is_option=is_option or len(members) > 1)
        if tokens := joined_tokens(members):
            yield tokens, is_option
    elif isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            if len(words_in(key)) >= _LEAST_WORDS_OF_A_KEY:
                yield from _texts(key, is_option=is_option)
            yield from _texts(item, is_option=is_option)


def _decoded(value: bytes) -> str:
    """The text that bytes are, "" where they are data."""
    if _OF_DATA.search(value):
        return ""
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"text in bytes is no UTF-8, {error.object[:40]!r}: write it as text, or leave out data that is none"
        ) from error
