"""Reads rows of JSON Lines one at a time; a row that cannot be read is a value, not the end."""

import gzip
import json
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
    row_id: str | int | None = None
    fields: Mapping[str, object]
    submission: Submission | None = None
    problem: str = ""


def open_rows(path: Path) -> BinaryIO:
    """The file's bytes, decompressed where it is gzip, whatever its name.

    Raises:
        RequestError: there is no such file, or it cannot be read.
    """
    try:
        with path.open("rb") as file:
            is_gzip = file.read(len(_GZIP)) == _GZIP
        return cast("BinaryIO", gzip.open(path, "rb")) if is_gzip else path.open("rb")
    except OSError as error:
        raise RequestError(f"cannot read {path}: {error}. Expected JSON Lines, plain or gzip.") from error


def read_rows(file: BinaryIO, capability: Capability) -> Iterator[ReadRow]:
    """The rows of a file in its order; empty lines are passed over."""
    for number, line in _lines(file):
        if isinstance(line, str):
            yield ReadRow(line=number, size=0, fields={}, problem=line)
        elif line.strip():
            yield _row(number, line, capability)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | str]]:
    """Numbered lines; a text in place of bytes says why a line is missing."""
    number = 0
    while True:
        number += 1
        try:
            line = file.readline(MAX_LINE_BYTES)
            skipped = 0
            while len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                rest = file.readline(MAX_LINE_BYTES)
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
    row_id: str | int | None = None
    try:
        fields = _fields(line)
        given = fields.get("id", fields.get("task_id"))
        row_id = given if isinstance(given, str | int) and not isinstance(given, bool) else None
        submission = capability.read_submission(fields)
    except (ValueError, RecursionError) as error:
        return ReadRow(line=number, size=len(line), row_id=row_id, fields={}, problem=str(error))
    return ReadRow(line=number, size=len(line), row_id=row_id, fields=fields, submission=submission)


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
