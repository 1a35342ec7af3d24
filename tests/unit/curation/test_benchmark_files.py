import gzip
import io
import json
import zlib
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from stillroom.curation.benchmark_files import read_benchmarks
from stillroom.errors import RequestError
from stillroom.recipe import find_benchmarks

Rows = list[tuple[str, str, str]]
Items = list[tuple[str, str]]


def read(place: Path) -> Rows:
    return read_benchmarks(find_benchmarks({"bench": place})).rows()


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def zstd(content: bytes) -> bytes:
    return pa.Codec("zstd").compress(content).to_pybytes()


def parquet(**columns: list[object]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


def test_every_text_of_a_row_is_an_item_under_its_file_and_id(tmp_path: Path):
    row = {"id": 7, "question": [[{"role": "user", "content": "deep text"}]], "answer": "42 apples", "score": 1.5}
    written(tmp_path / "math" / "test.jsonl", json.dumps(row) + "\n\n" + json.dumps({"text": "no id"}))
    written(tmp_path / "code.json.gz", gzip.compress(b'["a", "b"]'))
    written(tmp_path / "README.md", "not a benchmark")
    assert read(tmp_path) == [
        ("bench", "code.json.gz:1", "a"),
        ("bench", "code.json.gz:2", "b"),
        ("bench/math", "test.jsonl:7", "user"),
        ("bench/math", "test.jsonl:7", "deep text"),
        ("bench/math", "test.jsonl:7", "42 apples"),
        ("bench/math", "test.jsonl:7", "user\ndeep text\n42 apples"),
        ("bench/math", "test.jsonl:7", "deep text\n42 apples"),
        ("bench/math", "test.jsonl:3", "no id"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param("a.jsonl", '{"t": "one\u2028two"}\n{"t": "x"}', [("1", "one\u2028two"), ("2", "x")], id="U+2028"),
        pytest.param("a.jsonl", '\ufeff{"t": "x"}\r\n{"t": "y"}\r\n', [("1", "x"), ("2", "y")], id="BOM and CRLF"),
        pytest.param("a.json", '{"t": "x"}\n{"t": "y"}\n', [("1", "x"), ("2", "y")], id="JSON Lines named JSON"),
        pytest.param("a.json", json.dumps({"t": ["x", "y"]}, indent=2), [("1", "x"), ("1", "y")], id="pretty object"),
        pytest.param("a.JSONL", '{"t": "x"}', [("1", "x")], id="capitals"),
        pytest.param("a.jsonl", '{"t": "\\ud800 x"}', [("1", "? x")], id="half a character"),
        pytest.param("readme_tasks.jsonl", '{"t": "x"}', [("1", "x")], id="a name that begins like a read-me"),
        pytest.param("a.csv", 'id,t\n,"one\ntwo"\nq2,x\n', [("1", "one\ntwo"), ("q2", "q2"), ("q2", "x")], id="CSV"),
        pytest.param("a.tsv", "t\tu\nx, y\t\n", [("1", "x, y")], id="TSV"),
        pytest.param("a.csv", ",t\n0,x\n", [("1", "0"), ("1", "x")], id="CSV with a blank name"),
        pytest.param("a.csv", "0,1\nx,y\n", [("1", "x"), ("1", "y")], id="CSV with counted columns"),
        pytest.param("a.parquet", parquet(t=["x", None], u=[["y"], []]), [("1", "x"), ("1", "y")], id="Parquet"),
        pytest.param("a.jsonl.zst", zstd(b'{"t": "x"}\n{"t": "y"}'), [("1", "x"), ("2", "y")], id="Zstandard"),
    ],
)
def test_a_file_is_read_as_what_it_is(tmp_path: Path, name: str, content: str | bytes, expected: Items):
    file = written(tmp_path / name, content)
    assert read(file) == [("bench", f"{name}:{item}", text) for item, text in expected]


QUESTION = "Find the degree of the given field extension over Q"


@pytest.mark.parametrize(
    ("name", "first"),
    [
        pytest.param("a.tsv", [QUESTION, "eighteen"], id="a question of 8 words"),
        pytest.param("a.csv", ["Which is odd?", "4", "3", "b"], id="numbers among texts"),
        pytest.param("a.csv", ["Which is odd?", "none", "none"], id="a cell that stands twice"),
        pytest.param("a.tsv", ["小明有三十五个苹果他给了小红十二个", "二十三"], id="a script without spaces"),
    ],
)
def test_the_first_line_of_a_table_without_names_is_a_row(tmp_path: Path, name: str, first: list[str]):
    separator = "\t" if name.endswith("tsv") else ","
    second = ["Which is even?", *("x" for _ in first[1:])]
    file = written(tmp_path / name, "\n".join(separator.join(row) for row in (first, second)))
    found = read(file)
    assert [text for _, item, text in found if item == f"{name}:1"][: len(first)] == first
    assert ("bench", f"{name}:2", "Which is even?") in found
    named = written(tmp_path / f"named-{name}", separator.join(f"c{at}" for at in range(len(first))) + "\n")
    named.write_bytes(named.read_bytes() + file.read_bytes())
    assert [text for *_, text in read(named)] == [text for *_, text in found]


def test_rows_that_share_an_id_are_items_of_their_own(tmp_path: Path):
    rows = [
        {"id": 7, "t": "one"},
        {"id": 8, "t": "two"},
        {"id": 7, "t": "three"},
        {"t": "four"},
        {"id": 4, "t": "five"},
    ]
    file = written(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))
    assert read(file) == [
        ("bench", "a.jsonl:7:1", "one"),
        ("bench", "a.jsonl:8", "two"),
        ("bench", "a.jsonl:7:3", "three"),
        ("bench", "a.jsonl:4:4", "four"),
        ("bench", "a.jsonl:4:5", "five"),
    ]


SENTENCE = "the quick brown fox jumps over the lazy dog while seven small children watch"
TOKENS = [*SENTENCE.split(), ","]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param("a.parquet", parquet(q=[SENTENCE.encode()], s=["x"]), SENTENCE, id="bytes of Parquet"),
        pytest.param("a.json", json.dumps({SENTENCE: "yes"}), SENTENCE, id="keys"),
        pytest.param("a.json", json.dumps({"t": TOKENS * 6}), " ".join(TOKENS * 6), id="tokens"),
        pytest.param("a.json", json.dumps([{"t": [TOKENS, ["x"]]}]), " ".join(TOKENS), id="tokens of a sentence"),
        pytest.param("a.txt", f"# Bench\n\n- {SENTENCE}\n- a\n", SENTENCE, id="lines"),
        pytest.param(
            "a.md", f"x\n\n12) {SENTENCE[:40]}\n{SENTENCE}\n", f"{SENTENCE[:40]}\n{SENTENCE}", id="paragraphs"
        ),
        pytest.param("a.tsv", f't\tu\n"so" he said {SENTENCE}\tx\n', f'"so" he said {SENTENCE}', id="quotes of TSV"),
        pytest.param(
            "a.csv", "What is the capital of France?,Paris\nx,y\n", "What is the capital of France?", id="asked"
        ),
    ],
)
def test_text_is_looked_for_wherever_a_file_holds_it(tmp_path: Path, name: str, content: str | bytes, expected: str):
    assert expected in [text for *_, text in read(written(tmp_path / name, content))]


def test_what_is_no_text_is_left_out(tmp_path: Path):
    rows = {"labels": ["O", "B-PER"] * 20, "letters": [*"ABCDEFGH"], "numbers": [1.5] * 20, "a name": "x"}
    found = [text for *_, text in read(written(tmp_path / "a.json", json.dumps([rows])))]
    assert "a name" not in found
    assert not [text for text in found if " " in text]
    picture = parquet(i=[b"\x89PNG\r\n\x1a\n\x00\x00"], t=["x"])
    assert read(written(tmp_path / "b.parquet", picture)) == [("bench", "b.parquet:1", "x")]


def test_bytes_of_another_encoding_are_refused(tmp_path: Path):
    with pytest.raises(RequestError, match=r"bad\.parquet cannot be read: text in bytes is no UTF-8, b'caf"):
        read(written(tmp_path / "bad.parquet", parquet(t=["café".encode("latin-1")])))


def test_a_ragged_table_is_refused_with_what_to_do(tmp_path: Path):
    with pytest.raises(RequestError, match="as many cells as the first one, or fewer: quote each cell"):
        read(written(tmp_path / "bad.csv", "t,u\nx,y,z\n"))


def test_a_question_that_ends_in_a_name_is_a_name(tmp_path: Path):
    assert read(written(tmp_path / "a.csv", "id,is correct?\nq,x\n"))[0] == ("bench", "a.csv:q", "q")


def test_a_text_file_is_one_item(tmp_path: Path):
    assert read(written(tmp_path / "a.txt", "\ufeffone\ntwo")) == [("bench", "a.txt", "one\ntwo")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("bad.jsonl", b'{"broken": ', id="broken JSON"),
        pytest.param("bad.jsonl", b'{"t": "fine"}\n{"broken": ', id="broken line"),
        pytest.param("bad.jsonl", b"\xff\xfe", id="no UTF-8"),
        pytest.param("bad.json", b"[" * 100_000, id="too deep"),
        pytest.param("bad.json.gz", gzip.compress(b'["a text"]')[:-9], id="truncated gzip"),
        pytest.param("bad.json.gz", gzip.compress(b"")[:10] + b"\xff" * 30, id="corrupt gzip"),
        pytest.param("bad.json.gz", b"no gzip", id="no gzip"),
        pytest.param("bad.json.zst", zstd(b'["a text"]')[:-3], id="truncated Zstandard"),
        pytest.param("bad.parquet", b"PAR1", id="no Parquet"),
        pytest.param("bad.csv", b"", id="empty CSV"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, content: bytes):
    with pytest.raises(RequestError, match=r"bad\.\S+ cannot be read: .+ Mend it or take it away"):
        read(written(tmp_path / name, content))


def test_the_broken_line_is_named(tmp_path: Path):
    with pytest.raises(RequestError, match="line 2 is no JSON"):
        read(written(tmp_path / "bad.jsonl", '{"t": "fine"}\n{"broken": '))


def test_corrupt_gzip_is_what_zlib_cannot_read():
    with pytest.raises(zlib.error):
        gzip.decompress(gzip.compress(b"")[:10] + b"\xff" * 30)


@pytest.mark.parametrize("content", ["", "[]", '{"answer": 42}', '{"t": "  "}'])
def test_a_benchmark_without_any_text_is_refused(tmp_path: Path, content: str):
    with pytest.raises(RequestError, match=r"'bench' holds no text, only .*numbers\.jsonl"):
        read(written(tmp_path / "numbers.jsonl", content))
