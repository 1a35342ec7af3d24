"""Words and runs of words that kernels cut are those of a plain scan of each text."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stillroom.curation.word_grams import EVERY, KnownRuns, Words, folded, words_of
from stillroom.wording import HALVES, QUARTERS, WITHIN, kinds, words_in

ODD = st.sampled_from(
    [
        *("e\u0301", "\u0301", "\u0301\u0300", "\u0e01\u0e49", "中\u0301", "x²", "کِ", "a", " ", ".", "中", "Ab9"),
        *("\ud800", "\U00020000", "\U0001e922", "İ", "ß", "\u200b", "\x00", "_", "é"),
    ]
)
TEXTS = st.lists(st.lists(ODD, max_size=12).map("".join), max_size=5)
QUARTERS_OF = {WITHIN: 4, HALVES: 2, QUARTERS: 1}


def cut(words: Words, texts: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in texts]
    for owner, start, end in zip(words.owners.tolist(), words.starts.tolist(), words.ends.tolist(), strict=True):
        found[owner].append(folded(texts[owner])[start:end])
    return found


@given(TEXTS)
def test_words_are_those_of_each_text_however_marks_stand(texts: list[str]) -> None:
    words = words_of(texts)
    expected = [words_in(text) for text in texts]
    assert cut(words, texts) == expected
    flat = [one for of_text in expected for one in of_text]
    assert [later - before for before, later in pairwise(words.before.tolist())] == [
        QUARTERS_OF[kinds()[ord(one[0])]] for one in flat
    ]
    by_word = dict(zip(flat, words.hashes.tolist(), strict=True))
    assert [by_word[one] for one in flat] == words.hashes.tolist()
    assert len(set(by_word.values())) == len(by_word)


@given(TEXTS, st.integers(1, 6))
@example([], 1)
@example(["a" * 70_000 + " b c", "b c"], 2)
def test_runs_are_the_shortest_of_each_text_that_are_enough_words(texts: list[str], size: int) -> None:
    words = words_of(texts)
    expected: list[tuple[str, ...]] = []
    for text in texts:
        found = words_in(text)
        for first in range(len(found)):
            quarters = [QUARTERS_OF[kinds()[ord(one[0])]] for one in found[first:]]
            last = next((at for at in range(len(quarters)) if sum(quarters[: at + 1]) >= 4 * size), None)
            if last is not None:
                expected.append(tuple(found[first : first + last + 1]))
    runs = words.runs(size)
    flat = [one for of_text in cut(words, texts) for one in of_text]
    spans = list(zip(runs.first.tolist(), runs.last.tolist(), strict=True))
    assert [tuple(flat[first : last + 1]) for first, last in spans] == expected
    assert len(set(runs.hashes.tolist())) == len(set(expected))
    for known in (runs.hashes[::2], runs.hashes[:1], runs.hashes[:0]):
        among = KnownRuns(known, lambda words, sought: words.runs(size, sought)).among(words)
        is_known = np.isin(runs.hashes, known)
        assert among.first.tolist() == runs.first[is_known].tolist()
        assert among.last.tolist() == runs.last[is_known].tolist()
        assert among.hashes.tolist() == runs.hashes[is_known].tolist()


@given(TEXTS, st.integers(1, 6))
def test_spans_count_each_word_as_one_and_are_hashed_as_those_from_a_word_on(texts: list[str], count: int) -> None:
    words = words_of(texts)
    spans = words.spans(count, EVERY)
    owners = words.owners.tolist()
    expected = [at for at in range(len(words) - count + 1) if owners[at] == owners[at + count - 1]]
    assert spans.first.tolist() == expected
    assert words.spans_from(spans.first, count).hashes.tolist() == spans.hashes.tolist()


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_a_text_of_any_size_is_cut(size: int) -> None:
    words = words_of(["é " * size])
    assert len(words) == size
    assert words.ends[-1] == 2 * size - 1
