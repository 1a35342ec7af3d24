"""Choosing what differs: the greedy rule itself, quotas, the knob, and how it compares with chance."""

from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.diversity import (
    CHOSEN,
    SAMENESS,
    Held,
    assign,
    choose,
    cluster_coverage,
    k_means,
    opening,
    selecting,
    vendi_score,
)
from stillroom.diversity.quotas import of_share
from stillroom.embedding import unit_rows
from stillroom.errors import RequestError


def random_rows(count: int, dims: int = 8, seed: int = 0) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(count, dims)))


def lopsided(count: int, dims: int = 32, groups: int = 40, seed: int = 0) -> np.ndarray:
    """Groups of very different sizes, as subjects of what a teacher writes are."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(groups, dims))
    shares = 1 / np.arange(1, groups + 1) ** 1.5
    owners = generator.choice(groups, count, p=shares / shares.sum())
    return unit_rows(centres[owners] + generator.normal(size=(count, dims)) * 0.4)


def shortfalls(
    order: list[int], rows: np.ndarray, scores: np.ndarray, quality: float, clusters: int, held: np.ndarray
) -> list[float]:
    """By how much each choice is worse than the best one, by the rule of the module's docstring, computed plainly."""
    found = k_means(rows, clusters)
    fair = (len(order) + len(held)) / len(found.centres)
    taken = np.bincount(assign(held, found.centres), minlength=len(found.centres))
    shares = [(sum(scores < one) + sum(scores <= one) - 1) / 2 / (len(scores) - 1) for one in scores]
    lost: list[float] = []
    for place, candidate in enumerate(order):
        against = np.concatenate([held, rows[order[:place]], np.zeros((1, rows.shape[1]))])
        novelty = 1 - (rows @ against.T).max(axis=1)
        values = (1 - quality) * novelty * fair / (fair + taken[found.labels]) + quality * np.array(shares)
        values[order[:place]] = -1
        lost.append(float(values.max() - values[candidate]))
        taken[found.labels[candidate]] += 1
    return lost


@settings(max_examples=40)
@given(st.integers(2, 60), st.floats(0, 0.95), st.integers(0, 999), st.integers(0, 5), st.data())
def test_the_lazy_choice_is_the_greedy_one(
    count: int, quality: float, seed: int, held: int, data: st.DataObject
) -> None:
    rows, before = random_rows(count, seed=seed), random_rows(held, seed=seed + 1)
    scores = np.random.default_rng(seed).permutation(count).astype(float)
    wanted = data.draw(st.integers(1, count))
    at_once, selecting._AT_ONCE = selecting._AT_ONCE, data.draw(st.integers(1, 6))
    try:
        found = choose(rows, wanted, scores=scores, quality=quality, clusters=5, held=Held(rows=before))
    finally:
        selecting._AT_ONCE = at_once

    assert len(set(found.order.tolist())) == wanted
    assert max(shortfalls(found.order.tolist(), rows, scores, quality, 5, before)) < 1e-5  # float32


def test_each_candidate_is_chosen_or_told_what_it_resembles() -> None:
    rows = np.concatenate([np.eye(4, dtype=np.float32), np.eye(4, dtype=np.float32)[:2]])
    found = choose(rows, 3, held=Held(rows=np.eye(4, dtype=np.float32)[3:]))

    assert set(found.order.tolist()) == {0, 1, 2}
    fates = found.fates.to_dicts()
    assert [fate["reason"] for fate in fates] == [CHOSEN] * 3 + [SAMENESS] * 3
    assert [fate["nearest"] for fate in fates] == [-1, -1, -1, 6, 0, 1]  # 6: the held row, after six candidates
    assert [fate["similarity"] for fate in fates] == pytest.approx([0.0] * 3 + [1.0] * 3)


def test_what_resembles_a_held_row_names_it() -> None:
    rows = np.eye(3, dtype=np.float32)
    found = choose(rows, 2, held=Held(rows=rows[1:2]))

    assert found.order.tolist() == [0, 2]
    assert found.fates.row(1) == (SAMENESS, 3, pytest.approx(1.0))  # the first held row, after three candidates


@pytest.mark.parametrize("quality", [0.0, 0.3])
def test_chosen_rows_are_more_varied_than_random_ones(quality: float) -> None:
    rows = lopsided(4_000)
    scores = np.random.default_rng(1).normal(size=4_000)
    labels = k_means(rows, 40, seed=5).labels
    picked = choose(rows, 400, scores=scores, quality=quality).order
    chances = [np.random.default_rng(seed).choice(4_000, 400, replace=False) for seed in range(10)]

    assert vendi_score(rows[picked]) > 1.05 * max(vendi_score(rows[one]) for one in chances)
    assert cluster_coverage(labels[picked], 40) >= max(cluster_coverage(labels[one], 40) for one in chances)
    if quality:
        assert scores[picked].mean() > max(scores[one].mean() for one in chances)


def test_the_knob_trades_novelty_for_score() -> None:
    rows, scores = lopsided(2_000), np.random.default_rng(2).normal(size=2_000)
    chosen = [choose(rows, 200, scores=scores, quality=quality).order for quality in (0.0, 0.25, 0.5, 0.75, 1.0)]

    means = [scores[one].mean() for one in chosen]
    vendi = [vendi_score(rows[one]) for one in chosen]
    assert means == sorted(means)
    assert vendi == sorted(vendi, reverse=True)
    assert set(chosen[-1].tolist()) == set(np.argsort(-scores)[:200].tolist())


def test_scores_count_by_their_order_alone() -> None:
    rows, scores = lopsided(300), np.random.default_rng(2).normal(size=300)
    one, other = (choose(rows, 50, scores=values, quality=0.4).order for values in (scores, np.exp(5 * scores)))

    np.testing.assert_array_equal(one, other)


@settings(max_examples=30)
@given(st.integers(0, 99), st.floats(0.05, 1.0), st.floats(0.05, 1.0), st.integers(0, 40))
def test_quotas_hold_over_what_is_chosen_and_held(seed: int, topic: float, teacher: float, held: int) -> None:
    generator = np.random.default_rng(seed)
    rows = random_rows(200, seed=seed)

    def attributes(count: int) -> pl.DataFrame:
        return pl.DataFrame(
            {"topic": generator.integers(0, 6, count), "teacher": generator.choice(["a", "b", ""], count)},
            schema={"topic": pl.Int64, "teacher": pl.String},
        )

    ours, theirs = attributes(200), attributes(held)
    shares = {"topic": topic, "teacher": teacher}
    found = choose(
        rows, 60, attributes=ours, quotas=shares, held=Held(rows=random_rows(held, seed=seed + 1), attributes=theirs)
    )

    total = Fraction(len(found.order) + held)
    for name, share in shares.items():
        before = dict(theirs[name].value_counts().rows())
        for value, count in ours[found.order][name].value_counts().rows():
            if value != "":  # not known: no two of them are the same
                assert count + before.get(value, 0) < Fraction(str(share)) * total + 1
    reasons = found.fates["reason"].to_list()
    if len(found.order) < 60:  # only for want of room
        assert {reason for reason in reasons if reason != CHOSEN} <= {"quota:topic", "quota:teacher"}
    assert reasons.count(CHOSEN) == len(found.order) == len(set(found.order.tolist()))


def test_quotas_that_cannot_be_filled_hold_for_what_is_chosen() -> None:
    rows = random_rows(100)
    attributes = pl.DataFrame({"topic": ["loops"] * 90 + ["text"] * 5 + ["files"] * 5})

    found = choose(rows, 50, attributes=attributes, quotas={"topic": 0.4})

    # 5 of each of the others, and of the most common one no more than .4 of all, rounded up
    assert Counter(attributes["topic"].gather(found.order)) == {"loops": 8, "text": 5, "files": 5}
    assert set(found.fates["reason"]) == {CHOSEN, "quota:topic"}


def test_a_single_value_cannot_be_a_part_of_what_is_chosen() -> None:
    attributes = pl.DataFrame({"topic": ["loops"] * 30})

    assert len(choose(random_rows(30), 20, attributes=attributes, quotas={"topic": 0.3}).order) == 1
    held = Held(rows=random_rows(10, seed=1), attributes=attributes[:10])
    assert len(choose(random_rows(30), 20, attributes=attributes, quotas={"topic": 0.3}, held=held).order) == 0


def test_what_is_not_known_of_two_texts_is_not_the_same() -> None:
    attributes = pl.DataFrame({"topic": [None, "", "loops", "loops"] * 10}, schema={"topic": pl.String})

    found = choose(random_rows(40), 24, attributes=attributes, quotas={"topic": 0.25})

    assert len(found.order) == 24
    assert attributes["topic"].gather(found.order).to_list().count("loops") <= 6


@pytest.mark.parametrize(("share", "count", "expected"), [(0.55, 100, 55), (0.07, 100, 7), (0.3, 10, 3), (0.3, 11, 4)])
def test_shares_are_exact_in_decimals(share: float, count: int, expected: int) -> None:
    assert of_share(share, count) == expected


def test_openings_are_the_first_words() -> None:
    assert opening("Write a function, please") == opening("write  A function that") == "write a function"
    assert opening("") == ""


def test_equal_rows_and_odd_amounts() -> None:
    same = np.tile(random_rows(1), (500, 1))
    assert choose(same, 3).order.tolist() == [0, 1, 2]
    assert choose(same[:0], 3).fates.shape == (0, 3)
    assert choose(same[:4], 9).order.tolist() == [0, 1, 2, 3]
    assert choose(same[:4], 0).fates["reason"].to_list() == [SAMENESS] * 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": -1}, "-1 texts cannot be chosen"),
        ({"count": 1, "quality": 1.5}, "quality is 1.5, expected 0 to 1"),
        ({"count": 1, "scores": np.zeros(3)}, "3 scores for 4 texts"),
        ({"count": 1, "scores": np.full(4, np.nan)}, "a score is no number"),
        ({"count": 1, "attributes": pl.DataFrame({"a": [1]})}, "1 attributes for 4 texts"),
        ({"count": 1, "quotas": {"topic": 0.5}}, "there is a quota for 'topic'"),
    ],
)
def test_requests_that_cannot_be_met_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        choose(random_rows(4), **options)
