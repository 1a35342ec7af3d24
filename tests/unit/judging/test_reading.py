"""Rows of a file: each is read alone, and what cannot be read says why in its place."""

import gzip
import io
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from stillroom.capabilities import find_capability
from stillroom.errors import RequestError
from stillroom.judging import ReadRow, open_rows, read_rows, reading

GOOD = {"id": "a", "completion": "def f():\n    return 1\n", "tests": "assert f() == 1"}


def rows(content: bytes) -> list[ReadRow]:
    return list(read_rows(io.BytesIO(content), find_capability("code")))


def line(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode() + b"\n"


def test_rows_keep_their_order_and_line_numbers() -> None:
    found = rows(line() + b"\n  \n" + line(id=7) + line(id=None)[:-1])

    assert [(row.line, row.row_id, row.problem) for row in found] == [(1, "a", ""), (4, 7, ""), (5, None, "")]
    assert all(row.submission is not None for row in found)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b'{"id": "b", \n', "not valid JSON", id="broken JSON"),
        pytest.param(b"\xff\xfe\n", "not UTF-8", id="other encoding"),
        pytest.param(b"[1]\n", "expected a JSON object", id="no object"),
        pytest.param(b"[" * 100_000 + b"\n", "not valid JSON", id="nested too deeply"),
        pytest.param(b'{"id": 1' + b"0" * 5_000 + b"}\n", "not valid JSON", id="endless number"),
        pytest.param(line(completion="\ud800"), "half a surrogate pair", id="half a character"),
        pytest.param(line(tests=None), "`tests`", id="missing field"),
    ],
)
def test_row_that_cannot_be_read_does_not_stop_the_rest(content: bytes, problem: str) -> None:
    before, bad, after = rows(line() + content + line(id="z"))

    assert (before.problem, after.problem, after.row_id) == ("", "", "z")
    assert bad.submission is None
    assert problem in bad.problem
    assert bad.line == 2


def test_row_with_a_missing_field_keeps_its_id() -> None:
    assert rows(line(id="known", tests=None))[0].row_id == "known"


def test_line_beyond_the_bound_is_skipped_without_being_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_LINE_BYTES", 200)

    long, after = rows(line(completion="#" * 1_000) + line(id="z"))

    assert "at most 200" in long.problem
    assert after.row_id == "z"
    assert after.line == 2


@pytest.mark.parametrize("size", [199, 200, 201])
def test_bound_is_exact(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(reading, "MAX_LINE_BYTES", 200)
    row = line(completion="")
    content = line(completion="#" * (size - len(row)))
    assert len(content) == size

    found = rows(content + line(id="z"))

    assert [row.row_id for row in found] == (["a", "z"] if size <= 200 else [None, "z"])


def test_byte_order_mark_is_no_content() -> None:
    assert rows(b"\xef\xbb\xbf" + line())[0].problem == ""


@pytest.mark.parametrize(
    ("given", "handed_on"),
    [(17.0, 17.0), (-0.5, -0.5), (7, 7), ("x", "x"), (True, None), ([1], None), (float("nan"), None)],
)
def test_id_is_text_or_a_number_and_handed_on(given: object, handed_on: object) -> None:
    (row,) = rows(line(id=given))

    assert (row.problem, row.row_id, type(row.row_id)) == ("", handed_on, type(handed_on))


@pytest.mark.parametrize("pack", [pytest.param(bytes, id="plain"), pytest.param(gzip.compress, id="gzip")])
@pytest.mark.parametrize("count", [1, 500])
def test_pipe_with_a_name_is_read_from_its_first_byte(
    tmp_path: Path, pack: Callable[[bytes], bytes], count: int
) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    content = pack(b"".join(line(id=number) for number in range(count)))
    writer = threading.Thread(target=lambda: path.write_bytes(content))
    writer.start()

    with open_rows(path) as file:
        found = list(read_rows(file, find_capability("code")))
    writer.join()

    assert [(row.line, row.row_id, row.problem) for row in found] == [(at + 1, at, "") for at in range(count)]


def test_gzip_that_comes_byte_by_byte_is_gzip() -> None:
    class Slow(io.RawIOBase):
        def __init__(self, content: bytes) -> None:
            self.left = content

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            given, self.left = self.left[:1], self.left[1:]
            buffer[: len(given)] = given
            return len(given)

    found = list(read_rows(cast("BinaryIO", Slow(gzip.compress(line() * 2))), find_capability("code")))

    assert [row.problem for row in found] == ["", ""]


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(gzip.compress(line() * 3))

    with open_rows(path) as file:
        assert len(list(read_rows(file, find_capability("code")))) == 3


def test_gzip_that_breaks_off_says_where(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    content = gzip.compress(b"".join(line(id=str(number), completion=f"x = {number}") for number in range(2_000)))
    path.write_bytes(content[: len(content) // 2])

    with open_rows(path) as file:
        found = list(read_rows(file, find_capability("code")))

    assert "cannot be read from here on" in found[-1].problem
    assert all(not row.problem for row in found[:-1])


def test_missing_file_is_a_wrong_request(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot read"):
        open_rows(tmp_path / "none.jsonl")
