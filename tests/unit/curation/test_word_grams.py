"""Words cut by whole arrays are those that a regular expression finds in each text."""

from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.word_grams import folded, words_of
from stillroom.wording import words_in

ODD = st.sampled_from(["e\u0301", "\u0301", "\u0301\u0300", "\u0e01\u0e49", "中\u0301", "x²", "کِ", "a", " ", "."])


@given(st.lists(st.lists(ODD, max_size=8).map("".join), max_size=5))
def test_words_are_those_of_each_text_however_marks_stand(texts: list[str]) -> None:
    words = words_of(texts)
    cut: list[list[str]] = [[] for _ in texts]
    for owner, start, end in zip(words.owners.tolist(), words.starts.tolist(), words.ends.tolist(), strict=True):
        cut[owner].append(folded(texts[owner])[start:end])
    assert cut == [words_in(text) for text in texts]
