"""Words, n-grams and draws of a fixed size."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillroom.diversity import Corpus
from stillroom.wording import words_and_signs

TEXTS = st.lists(st.text("ab c.", max_size=20), max_size=8)


@given(TEXTS, st.integers(1, 4))
def test_grams_are_those_of_each_text(texts: list[str], n: int) -> None:
    numbers, owners = Corpus.read(texts).grams(n)

    by_text = [[tuple(words[at : at + n]) for at in range(len(words) - n + 1)] for words in map(words_and_signs, texts)]
    expected = [gram for grams in by_text for gram in grams]
    assert owners.tolist() == [text for text, grams in enumerate(by_text) for _ in grams]
    assert sorted(Counter(numbers.tolist()).values()) == sorted(Counter(expected).values())
    assert len(set(zip(numbers.tolist(), expected, strict=True))) == len(set(expected))
    assert set(numbers.tolist()) == set(range(len(set(expected))))


@given(TEXTS.filter(lambda texts: any(map(words_and_signs, texts))), st.data())
def test_a_draw_has_the_words_that_were_asked_for_and_cuts_only_its_last_text(
    texts: list[str], data: st.DataObject
) -> None:
    corpus = Corpus.read(texts)
    wanted = data.draw(st.integers(1, len(corpus.words)))

    drawn = corpus.draw(wanted, np.random.default_rng(0))

    assert len(drawn.words) == wanted
    wholes = [corpus.words[start:end].tolist() for start, end in zip(corpus.ends, corpus.ends[1:], strict=False)]
    parts = [drawn.words[start:end].tolist() for start, end in zip(drawn.ends, drawn.ends[1:], strict=False)]
    assert all(part in wholes for part in parts[:-1])
    assert any(whole[: len(parts[-1])] == parts[-1] for whole in wholes)


def test_texts_are_read_up_to_a_length() -> None:
    assert Corpus.read(["a b c d", "a"], most_words=2).ends.tolist() == [0, 2, 3]
