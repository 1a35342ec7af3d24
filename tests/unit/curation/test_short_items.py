"""Short benchmark items are found where one word of them was changed, added or left out, and not beyond that."""

import random

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stillroom.curation.short_items import MOST_ITEMS, ShortItems
from tests.unit.curation.test_contamination import documents, items

ITEM = "how many apples does the old farmer sell in May"
FEW_WORDS = st.lists(st.sampled_from("abc"), max_size=14)


def found(item: str, *texts: str) -> list[tuple[str, str]]:
    return ShortItems(items(item)).find(documents(*texts)).select("id", "evidence").rows()


@pytest.mark.parametrize(
    "held",
    [
        pytest.param("how many pears does the old farmer sell in may", id="changed near the start"),
        pytest.param("how many apples does the old farmer eat in may", id="changed near the end"),
        pytest.param("how many apples does our old farmer sell in may", id="changed in the middle"),
        pytest.param("how many apples does the very old farmer sell in may", id="added"),
        pytest.param("how many red apples does the old farmer sell in may", id="added near the start"),
        pytest.param("how many apples does the old farmer sell in early may", id="added before the last"),
        pytest.param("how many apples does the farmer sell in may", id="left out"),
        pytest.param("how apples does the old farmer sell in may", id="left out near the start"),
    ],
)
def test_an_item_is_found_but_for_one_word(held: str):
    assert found(ITEM, "unrelated words here", f"Please tell me: {held.upper()}?") == [("d1", held)]
    assert found(ITEM, held) == [("d0", held)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"say: {ITEM}!", id="whole, which runs of words find"),
        pytest.param("how many pears does the old farmer eat in May", id="two changed"),
        pytest.param("how many apples does the old farmer sell in June", id="the last changed"),
        pytest.param("many apples does the old farmer sell in May", id="the first left out"),
        pytest.param("how many apples does the old", id="cut off"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_left_to_others_or_differs_by_more_is_not_found(text: str):
    assert found(ITEM, text) == []


def test_words_of_two_documents_make_no_item():
    assert found(ITEM, "how many apples does the", "very old farmer sell in May") == []


def test_items_that_are_longer_or_shorter_are_not_looked_for():
    texts = [ITEM, "too short", " ".join(f"w{n}" for n in range(13)), " ".join(f"w{n}" for n in range(12))]
    index = ShortItems(items(*texts))
    assert index.coverage.rows() == [("bench", 4, 2, 1)]
    held = index.find(documents("w0 w1 w2 w3 other w5 w6 w7 w8 w9 w10 w11 w12 and w14"))
    assert held["item_id"].to_list() == ["i3"]


@given(st.lists(st.sampled_from("abc"), min_size=8, max_size=12), FEW_WORDS, st.randoms(use_true_random=False))
def test_it_is_found_exactly_where_a_plain_scan_finds_it(item: list[str], around: list[str], chance: random.Random):
    at = chance.randrange(1, len(item) - 1)
    planted = chance.choice(
        [[*item[:at], "x", *item[at + 1 :]], [*item[:at], "x", *item[at:]], item[:at] + item[at + 1 :]]
    )
    text = [*around, *planted, *chance.sample(around, len(around))]
    assume(f" {' '.join(item)} " not in f" {' '.join(text)} ")

    spans = {
        tuple(text[start:end])
        for start in range(len(text))
        for end in range(start + len(item) - 1, min(start + len(item) + 1, len(text)) + 1)
        if text[start:end] != item and _is_but_for_one_within(item, text[start:end])
    }

    hits = ShortItems(items(" ".join(item))).find(documents(" ".join(text)))
    assert bool(len(hits)) == bool(spans)
    assert all(tuple(words.split()) in spans for words in hits["evidence"])


def _is_but_for_one_within(item: list[str], there: list[str]) -> bool:
    if item[0] != there[0] or item[-1] != there[-1]:
        return False
    inner = range(1, len(item))
    return (
        any(there == [*item[:at], there[at], *item[at + 1 :]] for at in inner if len(there) == len(item))
        or any(there == item[:at] + item[at + 1 :] for at in inner[:-1])
        or any(there == [*item[:at], there[at], *item[at:]] for at in inner if len(there) == len(item) + 1)
    )


def test_an_empty_index_finds_nothing():
    index = ShortItems(pl.DataFrame({"benchmark": ["b"], "item_id": ["i"], "text": ["one"]}))
    assert not len(index.find(documents(ITEM)))


def test_a_phrase_that_many_items_begin_with_is_not_looked_for_and_not_said_to_be():
    shared = [f"which of the following is true about number {number} today" for number in range(MOST_ITEMS + 1)]
    index = ShortItems(items(ITEM, *shared))

    assert index.coverage.select("items", "checked", "too_short").row(0) == (MOST_ITEMS + 2, 1, 0)
    assert index.find(documents("which of the following is right about number 3 today")).is_empty()
    assert len(index.find(documents("how many pears does the old farmer sell in may"))) == 1


def test_a_phrase_of_one_benchmark_hides_no_item_of_another():
    shared = [f"which of the following is true about number {number} today" for number in range(MOST_ITEMS + 1)]
    index = ShortItems(pl.concat([items(*shared, benchmark="a"), items(shared[3], benchmark="b")]))

    assert index.coverage.rows() == [("a", MOST_ITEMS + 1, 0, 0), ("b", 1, 1, 0)]
    assert index.find(documents("which of the following is right about number 3 today"))["benchmark"].to_list() == ["b"]
