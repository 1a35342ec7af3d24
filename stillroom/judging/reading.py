"""Reads rows of JSON Lines one at a time; a row that cannot be read is a value, not the end."""

import gzip
import io
import json
import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from stillroom.capabilities import Capability, Submission
from stillroom.errors import RequestError

MAX_LINE_BYTES = 32 << 20  # a longer line is skipped without being held
_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """One row as it was found.

    Attributes:
        line: its line number, from 1.
        size: bytes of the line.
        row_id: the value of `id` or `task_id`, None where there is none.
        fields: the row's keys and values; empty where it could not be read.
        submission: what to judge, or None where it could not be read.
        problem: why it could not be read; "" where it could.
    """

    line: int
    size: int
    row_id: str | int | float | None = None
    fields: Mapping[str, object]
    submission: Submission | None = None
    problem: str = ""


def open_rows(path: Path) -> BinaryIO:
    """The file's bytes, which may come through a pipe and then come once.

    Raises:
        RequestError: there is no such file, or it cannot be read.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise RequestError(f"cannot read {path}: {error}. Expected JSON Lines, plain or gzip.") from error


def read_rows(file: BinaryIO, capability: Capability) -> Iterator[ReadRow]:
    """The rows of a file in its order, out of gzip where it is that, whatever its name; empty lines are passed over."""
    for number, line in _lines(file):
        if isinstance(line, str):
            yield ReadRow(line=number, size=0, fields={}, problem=line)
        elif line.strip():
            yield _row(number, line, capability)


def _plain(file: BinaryIO) -> BinaryIO:
    """The file without compression. What it begins with is looked at and not taken: a pipe gives it once."""
    is_buffered = isinstance(file, io.BufferedReader)
    buffered = cast("io.BufferedReader", file if is_buffered else io.BufferedReader(cast("io.RawIOBase", file)))
    begins = buffered.peek(len(_GZIP))[: len(_GZIP)]  # a pipe may have given one byte, which begins no JSON either
    is_gzip = bool(begins) and _GZIP.startswith(begins)
    return cast("BinaryIO", gzip.GzipFile(fileobj=buffered) if is_gzip else buffered)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | str]]:
    """Numbered lines; a text in place of bytes says why a line is missing."""
    number = 0
    plain: BinaryIO | None = None
    while True:
        number += 1
        try:
            plain = plain or _plain(file)
            line = plain.readline(MAX_LINE_BYTES)
            skipped = 0
            while len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                rest = plain.readline(MAX_LINE_BYTES)
                skipped += len(rest)
                if len(rest) < MAX_LINE_BYTES or rest.endswith(b"\n"):
                    break
        except (OSError, EOFError, zlib.error) as error:
            yield number, f"the file cannot be read from here on: {error}"
            return
        if not line:
            return
        if skipped:
            yield number, f"the line has {len(line) + skipped:,} bytes; a row has at most {MAX_LINE_BYTES:,}"
        else:
            yield number, line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line


def _row(number: int, line: bytes, capability: Capability) -> ReadRow:
    row_id: str | int | float | None = None
    try:
        fields = _fields(line)
        row_id = _id(fields.get("id", fields.get("task_id")))
        submission = capability.read_submission(fields)
    except (ValueError, RecursionError) as error:
        return ReadRow(line=number, size=len(line), row_id=row_id, fields={}, problem=str(error))
    return ReadRow(line=number, size=len(line), row_id=row_id, fields=fields, submission=submission)


def _id(given: object) -> str | int | float | None:
    """Text or a number, as it is: a column of whole numbers with a gap is one of floats where pandas wrote it."""
    if isinstance(given, bool) or (isinstance(given, float) and not math.isfinite(given)):
        return None
    return given if isinstance(given, str | int | float) else None


def _fields(line: bytes) -> Mapping[str, object]:
    """Raises ValueError for all that is no JSON object of whole characters."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: byte {line[error.start]:#04x} at {error.start}") from error
    try:
        found: object = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()  # "\ud800" is JSON, but half a character is no source
    except UnicodeEncodeError as error:
        raise ValueError("holds half a surrogate pair, which is no character") from error
    except RecursionError as error:
        raise ValueError("not valid JSON: nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"holds {type(found).__name__}; expected a JSON object")
    return cast("dict[str, object]", found)
