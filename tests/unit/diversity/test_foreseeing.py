"""What a source would bring next: from all that it brought, with the prompt as the unit, and said how surely."""

from typing import Any

import numpy as np
import pytest

from stillroom.diversity import Brought, Seen, foresee

NOTHING = Seen.of_counts([], 1)


def figures(brought: Brought) -> dict[str, dict[str, Any]]:
    return {row["metric"]: row for row in foresee({"t@1": brought}, embedder="e@1").iter_rows(named=True)}


def source(labels: np.ndarray, *, samples: int | None = None) -> Brought:
    """One cluster a prompt."""
    seen = Seen.of_counts(np.bincount(labels).tolist(), len(labels))
    return Brought(samples=samples or len(labels), prompts=len(labels), clusters=seen, grams=seen)


def test_a_source_that_is_exhausted_brings_nothing_new() -> None:
    labels = np.random.default_rng(0).integers(0, 3_000, 50_000)

    found = figures(source(labels))

    assert found["clusters_seen"]["value"] == 3_000
    assert found["new_clusters_in_next_1000"]["value"] == 0.0
    of_2_000 = figures(source(labels[:2_000]))  # what a part of it would have said of all
    assert of_2_000["new_clusters_in_next_1000"]["value"] > 400


def test_what_comes_next_is_told_of_the_number_that_came_before() -> None:
    kinds = 20_000
    labels = np.random.default_rng(1).integers(0, kinds, 30_000)

    new = figures(source(labels))["new_clusters_in_next_1000"]

    truth = kinds * (1 - 1 / kinds) ** 30_000 * (1 - (1 - 1 / kinds) ** 1_000)
    assert new["low"] <= truth <= new["high"]
    assert new["value"] == pytest.approx(truth, rel=0.1)


def test_a_thousand_samples_are_as_many_prompts_as_had_a_thousand() -> None:
    labels = np.random.default_rng(2).integers(0, 900, 1_200)

    one_each, eight_each = figures(source(labels)), figures(source(labels, samples=9_600))

    assert eight_each["samples_counted"]["value"] == 9_600
    assert eight_each["prompts_counted"]["value"] == 1_200
    a_sample, of_eight = (one["new_clusters_in_next_1000"]["value"] for one in (one_each, eight_each))
    assert 0 < of_eight < a_sample / 4  # 125 prompts, and they come first


@pytest.mark.parametrize(("samples", "reach"), [(999, "unreliable"), (1_000, "reliable"), (50_000, "reliable")])
def test_the_row_says_whether_it_reaches_so_far(samples: int, reach: str) -> None:
    found = figures(source(np.arange(300) % 200, samples=samples))

    assert found["new_clusters_in_next_1000"]["method"] == f"extrapolation@2/by-prompt/0.8/e@1/{reach}"
    assert found["new_4_grams_in_next_1000"]["method"] == f"extrapolation@2/by-prompt/words@4/{reach}"
    assert found["clusters_in_all"]["method"] == "chao@2/by-prompt/0.8/e@1"


def test_without_vectors_wording_alone_is_foreseen() -> None:
    brought = Brought(samples=4, prompts=4, clusters=None, grams=Seen.of_counts([1, 2, 4], 4))

    assert not [name for name in figures(brought) if "clusters" in name]
    assert figures(brought)["4_grams_seen"]["value"] == 3
    assert len(foresee({"t@1": Brought(samples=0, prompts=0, clusters=None, grams=NOTHING)})) == 0
