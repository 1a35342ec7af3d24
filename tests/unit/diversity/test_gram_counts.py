"""N-grams by how many units have them: exact while they fit, and by a share of their kinds beyond."""

import random

import numpy as np
import pytest

from stillroom.diversity import GramCounts, Seen
from stillroom.wording import words_and_signs


def texts(units: int, *, seed: int = 0, vocabulary: int = 12) -> list[list[str]]:
    draw = random.Random(seed)

    def text() -> str:
        return " ".join(f"w{draw.randrange(vocabulary)}" for _ in range(draw.randrange(12)))

    return [[text() for _ in range(draw.randrange(4))] for _ in range(units)]


def counted(units: list[list[str]], n: int) -> Seen:
    """The same, one n-gram after another."""
    owners: dict[tuple[str, ...], set[int]] = {}
    for unit, some in enumerate(units):
        for text in some:
            words = words_and_signs(text)
            for start in range(len(words) - n + 1):
                owners.setdefault(tuple(words[start : start + n]), set()).add(unit)
    return Seen.of_counts((len(found) for found in owners.values()), len(units))


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("parts", [1, 3])
def test_each_unit_counts_once_for_an_n_gram(n: int, parts: int) -> None:
    units = texts(90)
    counts = GramCounts(n)
    for part in range(parts):
        counts.add(units[part * 90 // parts : (part + 1) * 90 // parts])

    found, expected = counts.seen(), counted(units, n)

    assert found.samples == expected.samples == 90
    np.testing.assert_array_equal(found.times, expected.times)
    np.testing.assert_array_equal(found.kinds, expected.kinds)


def test_beyond_what_fits_a_share_of_the_kinds_tells_of_all() -> None:
    units = texts(3_000, vocabulary=20)
    few, every = GramCounts(3, most_kinds=4_000), GramCounts(3)
    for start in range(0, 3_000, 500):
        few.add(units[start : start + 500])
        every.add(units[start : start + 500])

    assert every.seen().observed > 6_500
    assert len(few._counted) <= 4_000
    assert few.seen().observed == pytest.approx(every.seen().observed, rel=0.05)
    assert few.seen().seen(1) == pytest.approx(every.seen().seen(1), rel=0.15)
    assert few.seen().sightings == pytest.approx(every.seen().sightings, rel=0.05)


def test_nothing_and_texts_without_words() -> None:
    counts = GramCounts(4)
    counts.add([])
    counts.add([[], [""], ["a b c"], ["\x00 \ud800"]])

    assert counts.seen().samples == 4
    assert counts.seen().observed == 0
