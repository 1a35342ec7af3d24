import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.seeding import novelty
from stillroom.seeding.novelty import Nearest, NoveltyPool, words

TEXT = st.lists(
    st.sampled_from(["write", "a", "function", "that", "sorts", "Sorts!", "lists", "7", "é", "問"]), max_size=12
).map(" ".join)


def plain_rouge_l(one: list[str], other: list[str]) -> float:
    """ROUGE-L F1 by the textbook table."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, left in enumerate(one, 1):
        for j, right in enumerate(other, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if left == right else max(table[i - 1][j], table[i][j - 1])
    common = table[-1][-1]
    return 2 * common / (len(one) + len(other)) if common else 0.0


def plain_nearest(pool: list[str], text: str) -> Nearest:
    scores = [plain_rouge_l(words(text), words(other)) for other in pool]
    best = max(range(len(pool)), key=lambda index: (scores[index], -index))
    return Nearest(id=str(best), score=scores[best])


def pool_of(texts: list[str]) -> NoveltyPool:
    return NoveltyPool((str(index), text) for index, text in enumerate(texts))


@given(st.lists(TEXT, min_size=1, max_size=8), st.lists(TEXT, max_size=4))
def test_nearest_equals_a_plain_longest_common_subsequence(pool: list[str], queries: list[str]):
    assert pool_of(pool).nearest_many(queries) == [plain_nearest(pool, query) for query in queries]


@given(st.lists(TEXT, max_size=6), st.lists(TEXT, max_size=8), st.sampled_from([0.3, 0.7, 1.0]))
def test_admit_equals_nearest_and_add_in_turn(pool: list[str], candidates: list[str], limit: float):
    together, in_turn = pool_of(pool), pool_of(pool)
    named = [(f"c{index}", text) for index, text in enumerate(candidates)]
    admissions = together.admit(named, limit=limit)
    for (id_, text), admission in zip(named, admissions, strict=True):
        nearest = in_turn.nearest(text)
        assert (admission.id, admission.nearest, admission.is_novel) == (id_, nearest, nearest.score < limit)
        if nearest.score < limit:
            in_turn.add(id_, text)
    assert len(together) == len(in_turn)


@given(
    st.lists(TEXT, min_size=1, max_size=12),
    st.lists(TEXT, min_size=1, max_size=5),
    st.integers(1, 11),
    st.sampled_from([1, 4, 16]),
)
def test_the_index_does_not_show(pool: list[str], queries: list[str], early: int, hard_share: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(novelty, "_HARD_SHARE", hard_share)
        patch.setattr(novelty, "_LIKELY", 2)
        patch.setattr(novelty, "_MOST_LOOSE", 0)
        patch.setattr(novelty, "_QUERY_BLOCK", 2)
        indexed = pool_of(pool[:early])
        indexed.nearest("index these")
        patch.setattr(novelty, "_MOST_LOOSE", 100)
        for index, text in enumerate(pool[early:], early):
            indexed.add(str(index), text)
        assert indexed.nearest_many(queries) == [plain_nearest(pool, query) for query in queries]


@settings(max_examples=50)
@given(st.lists(TEXT, min_size=1, max_size=8), st.lists(TEXT, min_size=1, max_size=5))
def test_words_past_the_last_code_point_compare_alike(pool: list[str], queries: list[str]):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(novelty, "_CODE_POINTS", 3)
        patch.setattr(novelty, "_MOST_LOOSE", 3)
        assert pool_of(pool).nearest_many(queries) == [plain_nearest(pool, query) for query in queries]


def test_a_vocabulary_beyond_unicode_keeps_words_apart():
    pool = NoveltyPool()
    pool._vocabulary.update((f"w{index}", index) for index in range(0x110000 + 5))
    pool.add("in", "w1 w2 w3")
    pool.add("past", f"w{0x110000} w{0x110001} w3")
    assert pool.nearest(f"w{0x110000} w{0x110001}") == Nearest(id="past", score=0.8)
    assert pool.nearest("w1 w2") == Nearest(id="in", score=0.8)
    assert pool.nearest(f"w{0xD800} w{0x110000 + 9} new").score == 0.0


def test_words_are_those_of_rouge_score_on_latin_script():
    text = "Café №5: don't_stop (x<=10)! naïve œuvre\n\tЖ"
    reference = re.sub(r"[^a-z0-9]+", " ", text.lower()).split()
    assert [word for word in words(text) if word.isascii()] == reference
    assert words("Sort 3 lists, fast") == ["sort", "3", "lists", "fast"]


def test_other_scripts_are_seen():
    pool = NoveltyPool([("zh", "写一个排序函数")])
    assert pool.nearest("写一个排序函数").score == 1.0
    assert pool.nearest("计算平均值").score == 0.0


@pytest.mark.parametrize("text", ["", "  \n", "?!", "\x00\ud800"])
def test_a_text_without_words_is_similar_to_nothing(text: str):
    assert NoveltyPool().nearest(text) == Nearest(id="", score=0.0)
    assert NoveltyPool([("a", text)]).nearest(text) == Nearest(id="a", score=0.0)
