import gzip
import json
from pathlib import Path

import pytest

from stillroom.curation.benchmark_files import read_benchmarks
from stillroom.errors import RequestError


def test_every_text_of_a_row_is_an_item_under_its_id(tmp_path: Path):
    (tmp_path / "math").mkdir()
    row = {"id": 7, "question": [[{"role": "user", "content": "deep text"}]], "answer": "42 apples", "score": 1.5}
    (tmp_path / "math" / "test.jsonl").write_text(json.dumps(row) + "\n\n" + json.dumps({"text": "no id"}))
    (tmp_path / "code.json.gz").write_bytes(gzip.compress(b'["a", "b"]'))
    (tmp_path / "README.md").write_text("not a benchmark")
    assert read_benchmarks(tmp_path).rows() == [
        ("code", "code.json.gz:0", "a"),
        ("code", "code.json.gz:1", "b"),
        ("math", "7", "user"),
        ("math", "7", "deep text"),
        ("math", "7", "42 apples"),
        ("math", "test.jsonl:1", "no id"),
    ]


@pytest.mark.parametrize("content", [b'{"broken": ', b"\xff\xfe"])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "bad.jsonl").write_bytes(content)
    with pytest.raises(RequestError, match=r"bad\.jsonl"):
        read_benchmarks(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path):
    with pytest.raises(RequestError, match="absent"):
        read_benchmarks(tmp_path / "absent")
