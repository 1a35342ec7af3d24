"""The gate of diversity: a share of what passes stays, with the reason and the nearest for what does not."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from stillroom.curation.decisions import Decision, Gate
from stillroom.curation.diversifying import Placed, diversify
from stillroom.embedding import unit_rows
from stillroom.recipe import Diversity

AXES = np.eye(8, dtype=np.float32)


def placed(ids: list[str], rows: np.ndarray, *, topics: list[str] | None = None, scores: Any = None) -> Placed:
    names = topics or ["numbers"] * len(ids)
    return Placed(
        ids=ids,
        rows=unit_rows(np.asarray(rows, np.float32)),
        attributes=pl.DataFrame(
            {"topic": names, "difficulty": "easy", "teacher": "t", "opening": "write a"},
            schema=dict.fromkeys(("topic", "difficulty", "teacher", "opening"), pl.String()),
        )
        if ids
        else pl.DataFrame(schema=dict.fromkeys(("topic", "difficulty", "teacher", "opening"), pl.String())),
        scores=np.full(len(ids), np.nan) if scores is None else np.array(scores, np.float64),
    )


NONE = placed([], np.empty((0, 8)))


def decisions(**gates: str) -> list[Decision]:
    return [Decision(sample_id=id_, prompt_id=f"of {id_}", gate=Gate(gate)) for id_, gate in gates.items()]


def test_what_repeats_the_rest_is_dropped_with_the_nearest_that_stays() -> None:
    kept = placed(["a", "b", "c", "d"], [AXES[0], AXES[0] + 0.1 * AXES[1], AXES[2], AXES[2] + 0.2 * AXES[3]])

    found = diversify(decisions(a="kept", b="kept", c="kept", d="kept"), kept, NONE, Diversity(share=0.5), "e@1")

    gates = {one.sample_id: one for one in found}
    assert [one.sample_id for one in found if one.is_kept] in (["a", "c"], ["a", "d"], ["b", "c"], ["b", "d"])
    for pair in ("ab", "cd"):
        stays, goes = sorted(pair, key=lambda id_: not gates[id_].is_kept)
        left = gates[goes]
        assert (left.gate, left.reason, left.matched_id) == (Gate.DIVERSITY, "sameness", stays)
        assert left.similarity > 0.97
        assert f"nearest is {stays}, cosine similarity {left.similarity:.3f} (e@1)" in left.evidence


def test_other_decisions_stand_and_a_share_of_one_keeps_all() -> None:
    before = decisions(a="kept", b="near-duplicate", c="published", d="verification")

    found = diversify(before, placed(["a"], AXES[:1]), placed(["c"], AXES[:1]), Diversity(share=1.0), "e@1")

    assert list(found) == before


def test_what_is_published_counts_and_is_differed_from() -> None:
    published = placed(["old"], AXES[:1])
    kept = placed(["a", "b"], [AXES[0] + 0.1 * AXES[1], AXES[3]])

    found = diversify(decisions(a="kept", b="kept"), kept, published, Diversity(share=0.5), "e@1")

    assert {one.sample_id: one.gate for one in found} == {"a": Gate.DIVERSITY, "b": Gate.KEPT}
    assert found[0].matched_id == "old"


def test_a_run_that_is_decided_about_again_keeps_no_more() -> None:
    rows = np.random.default_rng(0).normal(size=(10, 8))
    ids = [f"s{number}" for number in range(10)]
    settings = Diversity(share=0.4)
    first = diversify(decisions(**dict.fromkeys(ids, "kept")), placed(ids, rows), NONE, settings, "e@1")
    stays = [one.sample_id for one in first if one.is_kept]
    assert len(stays) == 4

    places = {id_: place for place, id_ in enumerate(ids)}
    left = [id_ for id_ in ids if id_ not in stays]
    again = diversify(
        decisions(**{id_: "published" if id_ in stays else "kept" for id_ in ids}),
        placed(left, rows[[places[id_] for id_ in left]]),
        placed(stays, rows[[places[id_] for id_ in stays]]),
        settings,
        "e@1",
    )

    assert [one.sample_id for one in again if one.is_kept] == stays


def test_quotas_name_the_attribute_that_is_full() -> None:
    kept = placed(["a", "b", "c"], AXES[:3], topics=["numbers", "numbers", "text"])
    settings = Diversity.model_validate({"share": 0.6, "quotas": {"topic": 0.5}})

    found = diversify(decisions(a="kept", b="kept", c="kept"), kept, NONE, settings, "e@1")

    assert {one.sample_id: one.gate for one in found} == {"a": Gate.KEPT, "b": Gate.DIVERSITY, "c": Gate.KEPT}
    assert (found[1].reason, found[1].evidence.partition(";")[0]) == (
        "quota:topic",
        "its topic 'numbers' has taken its share",
    )


@pytest.mark.parametrize(("quality", "expected"), [(0.0, "far"), (1.0, "good")])
def test_quality_decides_between_what_is_new_and_what_is_good(quality: float, expected: str) -> None:
    kept = placed(["near", "good", "far"], [AXES[0], AXES[0] + 0.3 * AXES[1], AXES[2]], scores=[0.5, 0.9, np.nan])
    published = placed(["old"], AXES[:1])

    found = diversify(
        decisions(near="kept", good="kept", far="kept"), kept, published, Diversity(share=0.3, quality=quality), "e@1"
    )

    assert [one.sample_id for one in found if one.is_kept] == [expected]
