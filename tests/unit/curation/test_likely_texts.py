"""Texts that are left out hold no run that is known, and few are looked at for nothing."""

import random
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation import folded_texts
from stillroom.curation.contamination import GRAM_WORDS, LEAST_WORDS, Benchmarks
from stillroom.curation.likely_texts import LikelyTexts
from stillroom.curation.word_kernels import Bytes, Places

WORDS = st.sampled_from(
    [
        "a",
        "B7",
        "mapped",
        "sevenths",
        "ninewords",
        "NINEwords0",
        "x" * 17,
        "fi",
        "7",
        "naïve",
        "中",
        "é",
        "ﬁ",
        "\u0131",
        "ß",
        "\uff46",
        "²",
        "\u1100",
        "\u1161",
        "İ",
    ]
)
BETWEEN = st.sampled_from([" ", "_", "\n\t", ", ", "\x00", " \u0301", "—", "", "\u200b"])
TEXTS = st.lists(st.tuples(WORDS, BETWEEN), max_size=40).map(lambda parts: "".join(map("".join, parts)))
COUNT = "one two three four five six seven eight nine ten eleven twelve thirteen"


@given(st.lists(TEXTS, min_size=1, max_size=3), st.lists(TEXTS, max_size=3), st.data())
def test_what_is_found_is_what_is_found_in_all_texts(items: list[str], texts: list[str], data: st.DataObject) -> None:
    known = Benchmarks(pl.DataFrame({"benchmark": "b", "item_id": [*map(str, range(len(items)))], "text": items}))
    start = data.draw(st.integers(0, len(items[0])))
    copied = items[0][start:]
    texts = [*texts, copied, f"a {copied} 7".upper(), copied.encode("ascii", "ignore").decode()]
    documents = pl.DataFrame({"id": [*map(str, range(len(texts)))], "text": texts})
    found = known.find(documents)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LikelyTexts, "among", lambda _, pieces: np.arange(len(pieces)))  # pyright: ignore
        assert found.equals(known.find(documents))


@pytest.mark.parametrize(
    ("text", "is_likely"),
    [
        pytest.param(f"0{COUNT}".upper().replace(" ", "/"), False, id="a word more than it is"),
        pytest.param(f"0 {COUNT.upper()}", True, id="in another case"),
        pytest.param(COUNT.replace(" ", "_\n"), True, id="with other marks between"),
        pytest.param(COUNT.removesuffix("thirteen"), False, id="less than a run"),
        pytest.param(COUNT.replace("two", "tow"), False, id="another word"),
        pytest.param("and alpha beta gamma delta epsilon zeta eta theta", True, id="what one begins with"),
        pytest.param("and beta gamma delta epsilon zeta eta theta iota", False, id="what none begins with"),
        pytest.param("Ï", True, id="a letter beyond ASCII that is known"),
        pytest.param("i\u0308", True, id="a mark"),
        pytest.param("é 中 Ж … “a”", False, id="letters that are not known, and signs"),
        pytest.param(f"中 {COUNT}…", True, id="beside such"),
        pytest.param(f"中{COUNT}é", True, id="letters of words by themselves"),
        pytest.param(COUNT.replace("seven", "se\u00adven"), True, id="what cannot be seen within a word"),
        pytest.param(COUNT.replace("o", "\uff4f"), True, id="wide letters"),
        pytest.param("", False, id="empty"),
        pytest.param(f"{'word ' * 300_000}{COUNT}", True, id="at the end of a giant"),
    ],
)
def test_texts_with_a_run_are_likely(text: str, is_likely: bool) -> None:
    holding = ["other", COUNT, f"“{COUNT}”", "naïve"]
    beginning = ["alpha beta gamma delta epsilon zeta eta theta iota kappa"]
    likely = LikelyTexts(GRAM_WORDS, holding, 2, LEAST_WORDS, beginning)
    assert likely.among(["", text, "none"]).tolist() == [1] * is_likely


@pytest.mark.parametrize("blocks", [folded_texts.ascii_blocks, folded_texts.utf8_blocks])
def test_texts_are_joined_by_their_size_and_not_by_their_number(
    blocks: Callable[[Sequence[str]], Iterator[tuple[slice, Bytes, Places]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folded_texts, "_BLOCK_CHARS", 10)
    texts = ["中" * 4, "", "7" * 6, "é" * 25, "a", "b"]
    found = [(texts[block], len(data), bounds.tolist()) for block, data, bounds in blocks(texts)]
    assert [block for block, _, _ in found] == [texts[:3], texts[3:4], texts[4:]]
    assert all((bounds[0], bounds[-1], len(bounds)) == (0, size, len(block) + 1) for block, size, bounds in found)


def test_few_texts_are_likely_that_hold_nothing() -> None:
    chance = random.Random(1)
    vocabulary = [f"word{number}" for number in range(5_000)]
    written = [" ".join(chance.choices(vocabulary, k=200)) for _ in range(4_000)]
    likely = LikelyTexts(GRAM_WORDS, written[:1_000], 188_000, LEAST_WORDS, written[1_000:2_000])
    assert set(range(2_000)) <= set(likely.among(written).tolist())
    assert len(likely.among(written[2_000:])) < 20
