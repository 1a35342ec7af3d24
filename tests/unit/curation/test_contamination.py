import random
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.contamination import Benchmarks
from stillroom.curation.word_grams import words_of
from stillroom.errors import RequestError

WORDS = [f"w{number}" for number in range(50)]
TEXT = st.lists(st.sampled_from(["ab", "Ab", "c9", "é", "Ж", ", ", "\n", "-"]), max_size=30).map(" ".join)


def items(*texts: str, benchmark: str = "bench") -> pl.DataFrame:
    return pl.DataFrame({"benchmark": benchmark, "item_id": [f"i{row}" for row in range(len(texts))], "text": texts})


def documents(*texts: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [f"d{row}" for row in range(len(texts))], "text": texts}, schema_overrides={"text": pl.String()}
    )


def sentence(seed: int, words: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


@given(st.lists(TEXT, max_size=5), st.integers(1, 4))
def test_grams_are_those_of_a_plain_scan(texts: list[str], size: int):
    found_words = words_of(texts)
    first, hashes = found_words.runs(size)
    expected: list[tuple[int, tuple[str, ...]]] = []
    for row, text in enumerate(texts):
        words = re.findall(r"[^\W_]+", text.lower())
        expected += [(row, tuple(words[at : at + size])) for at in range(len(words) - size + 1)]
    found = [
        (row, tuple(re.findall(r"[^\W_]+", texts[row].lower()[start:end])))
        for row, start, end in zip(
            found_words.owners[first].tolist(),
            found_words.starts[first].tolist(),
            found_words.ends[first + size - 1].tolist(),
            strict=True,
        )
    ]
    assert found == expected
    assert len(set(hashes.tolist())) == len({gram for _, gram in expected})


@given(st.integers(13, 40), st.integers(0, 30), st.integers(0, 10**6))
def test_every_planted_run_of_13_words_is_found(length: int, before: int, seed: int):
    item = sentence(seed, 60)
    start = seed % 20
    planted = " ".join(item.split()[start : start + length])
    shouted = planted.upper().replace(" ", ",\n")
    text = f"{' x' * before}. {shouted}! y"
    hits = Benchmarks(items("unrelated " * 20, item)).find(documents("nothing here", text))
    assert hits.select("id", "benchmark", "item_id", "words").rows() == [("d1", "bench", "i1", length)]
    assert hits["evidence"][0].split(",\n") == planted.split()


def test_12_words_of_a_long_item_are_no_hit():
    item = sentence(3, 40)
    assert not len(Benchmarks(items(item)).find(documents(" ".join(item.split()[5:17]))))


def test_a_short_item_counts_where_it_occurs_whole():
    item = "what is the area of a circle of radius 7"
    found = Benchmarks(items(item, "too short")).find(documents(f"Tell me: {item}?", item[:-2]))
    assert found.select("id", "item_id", "words", "evidence").rows() == [("d0", "i0", 10, item)]


def test_coverage_says_what_was_checked():
    benchmarks = Benchmarks(pl.concat([items(sentence(1, 20), "short"), items(sentence(2, 9), benchmark="other")]))
    assert benchmarks.coverage.rows() == [("bench", 2, 1), ("other", 1, 0)]


def test_words_of_scripts_without_spaces_are_characters():
    text = "小明有五个苹果他又买了三个请问他现在一共有几个苹果"
    assert len(words_of([text]).hashes) == len(text)
    assert len(Benchmarks(items(text)).find(documents("题目 " + text[2:20]))) == 1


def test_a_giant_text_is_searched_in_pieces(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stillroom.curation.contamination._PIECE_CHARS", 300)
    monkeypatch.setattr("stillroom.curation.contamination._OVERLAP_CHARS", 200)
    item = sentence(5, 20)
    text = "filler " * 130 + item + " filler" * 200
    assert Benchmarks(items(item)).find(documents(text)).rows() == [("d0", "bench", "i0", 20, item)]


@pytest.mark.parametrize("text", ["", "\x00", "one", "\ufffd" * 50])
def test_odd_texts_are_clean(text: str):
    assert not len(Benchmarks(items(sentence(1, 20))).find(documents(text)))


def test_checking_against_nothing_is_refused():
    with pytest.raises(RequestError, match="no benchmark items"):
        Benchmarks(items())
