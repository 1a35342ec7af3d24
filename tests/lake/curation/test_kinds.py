"""Structure in selection: which gate stops a sample, with its evidence, and which of several duplicates stays."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.curation.comparison import dedup_settings
from stillroom.curation.decisions import Candidate, Gate
from stillroom.curation.preference import prompt_order, sample_order
from stillroom.curation.selection import Published
from stillroom.curation.signatures import sign
from stillroom.curation.structures import STRUCTURES
from tests.lake.curation.test_selection import candidate, gates, select, text

ONLY_STRUCTURE = {"exact": False, "near_answers": None, "near_prompts": None}


def program(*names: str, number: int = 1) -> str:
    function, argument = names
    return f"def {function}({argument}):\n    return {argument} + {number}\n"


def published_structures(**answers: str) -> Published:
    """Published answers by id, signed for equal texts alone, with their structures."""
    frame = pl.DataFrame({"id": [*answers], "text": [*answers.values()]})
    arrivals = pl.Series("arrival", range(len(answers)), pl.Int64)
    keys = pl.Series("key", STRUCTURES["answer"].keys(frame["text"]), pl.String)
    return Published(
        signatures=sign(frame.select("id", arrivals, "text"), dedup_settings(None))[1],
        texts=lambda ids: [frame.filter(pl.col("id").is_in(ids))],
        structures=frame.select("id", keys),
    )


def test_code_of_one_structure_is_dropped_with_its_evidence():
    answers = [program("f", "x"), f"{program('add', 'number')}# done", program("f", "x", number=2)]
    decisions = select(
        [candidate(f"s{number}", "pqr"[number], answer=answer) for number, answer in enumerate(answers)],
        near_answers=None,
        structural_answers=True,
    ).decisions

    assert [one.gate for one in decisions] == [Gate.KEPT, Gate.STRUCTURAL_DUPLICATE, Gate.KEPT]
    assert decisions[1].evidence == "equal but for names, comments and layout to the answer of sample s0"
    assert (decisions[1].matched_id, decisions[1].similarity, decisions[1].reason) == ("s0", 1.0, "answer")


def test_structure_counts_only_where_it_is_asked_for():
    candidates = [
        candidate("s0", "p", answer=program("f", "x"), task="Add 3 to a number."),
        candidate("s1", "q", answer=program("add", "number"), task="Add 4 to a number.", prompt_rank=1),
    ]
    off = {"near_answers": None, "near_prompts": None}
    assert set(gates(select(candidates, **off)).values()) == {"kept"}
    assert gates(select(candidates, **off, structural_answers=True))["s1"] == "structural-duplicate"
    assert gates(select(candidates, **off, structural_prompts=True))["s1"] == "prompt-duplicate"


def test_task_that_is_equal_but_for_numbers_gives_way_to_the_earlier_one():
    candidates = [
        candidate("s0", "later", task="Add 3 and 4.", prompt_rank=5),
        candidate("s1", "earlier", task="Add 12 and 7.", prompt_rank=1),
        candidate("s2", "other", task="Multiply 12 and 7.", prompt_rank=9),
    ]

    decisions = select(candidates, near_prompts=None, structural_prompts=True).decisions

    assert [one.gate for one in decisions] == [Gate.PROMPT_DUPLICATE, Gate.KEPT, Gate.KEPT]
    assert decisions[0].reason == "structural"
    assert decisions[0].evidence == "equal but for its numbers to the task of prompt earlier"


def test_published_code_of_the_structure_wins_and_only_what_may_be_met_is_held():
    texts = {f"old{number}": program("f", "x", number=number) for number in range(50)}
    old = published_structures(**texts)
    answers = [program("g", "y", number=7), program("g", "y", number=99), program("h", "z", number=99)]
    candidates = [candidate(f"s{number}", answer=answer) for number, answer in enumerate(answers)]

    decisions = select(candidates, answers=old, **ONLY_STRUCTURE, structural_answers=True).decisions

    assert [one.gate for one in decisions] == [Gate.STRUCTURAL_DUPLICATE, Gate.KEPT, Gate.STRUCTURAL_DUPLICATE]
    assert [one.matched_id for one in decisions] == ["old7", "", "s1"]


def test_what_was_computed_can_be_stored():
    candidates = [candidate("s0", answer=program("f", "x")), candidate("s1", answer=text("prose"))]
    found = select(candidates, structural_answers=True).duplicates["answer"]
    keys = dict(found.structures.iter_rows())
    assert keys == {"s0": STRUCTURES["answer"].keys(pl.Series([program("f", "x")]))[0], "s1": ""}
    assert set(found.signatures["id"]) == set(keys)


KEYS: dict[str, Callable[[Candidate], float]] = {
    "strongest-tests": lambda one: -(one.strength or 0.0),
    "cheapest": lambda one: one.money,
    "oldest": lambda one: one.answered_at,
}
SAMPLES = st.lists(
    st.tuples(
        st.sampled_from("pqr"),
        st.integers(0, 3),
        st.integers(1, 3),
        st.integers(0, 2),
        st.integers(0, 2),
    ),
    max_size=20,
)


@settings(max_examples=30, deadline=None)
@given(
    SAMPLES,
    st.permutations(sorted(KEYS)).flatmap(lambda names: st.integers(1, 3).map(lambda count: tuple(names[:count]))),
    st.integers(1, 3),
)
def test_of_equal_answers_none_stays_that_the_policy_prefers_less(
    rows: list[tuple[str, int, int, int, int]], policy: tuple[str, ...], keep: int
):
    candidates = [
        candidate(
            f"s{number}", prompt, answer=f"answer {answer}", strength=strength / 3, money=money, answered_at=answered_at
        )
        for number, (prompt, answer, strength, money, answered_at) in enumerate(rows)
    ]
    by_id = {one.sample_id: one for one in candidates}

    decisions = select(
        candidates, keep=keep, near_answers=None, near_prompts=None, representative=["verified", *policy]
    ).decisions

    assert {one.sample_id for one in decisions} == by_id.keys()
    kept = [by_id[one.sample_id] for one in decisions if one.is_kept]
    assert len({one.answer for one in kept}) == len(kept)
    for one in decisions:
        lost = by_id[one.sample_id]
        if one.gate is Gate.EXACT_DUPLICATE:
            won = by_id[one.matched_id]
            assert won in kept
            assert won.answer == lost.answer
            assert [KEYS[name](won) for name in policy] <= [KEYS[name](lost) for name in policy]
        if one.gate is Gate.RANK:
            assert sum(other.prompt_id == one.prompt_id for other in kept) == keep


@pytest.mark.parametrize(
    ("policy", "winner"),
    [
        pytest.param("verified", "s0", id="verified"),
        pytest.param("strongest-tests", "s1", id="strongest-tests"),
        pytest.param("cheapest", "s2", id="cheapest"),
        pytest.param("oldest", "s3", id="oldest"),
        pytest.param(["strongest-tests", "cheapest"], "s1", id="two"),
    ],
)
def test_policy_decides_which_of_equal_answers_stays_within_a_prompt_and_across(policy: Any, winner: str):
    merits = [
        {"strength": 0.8, "money": 4.0, "answered_at": 3.0},
        {"strength": 1.0, "money": 3.0, "answered_at": 2.0},
        {"strength": 0.9, "money": 1.0, "answered_at": 4.0},
        {"strength": None, "money": 2.0, "answered_at": 1.0},
    ]
    for prompts in ("pppp", "pqrs"):
        candidates = [
            candidate(f"s{number}", prompts[number], answer=text("same"), **merit)
            for number, merit in enumerate(merits)
        ]
        found = gates(select(candidates, keep=1, near_prompts=None, representative=policy))
        assert [id_ for id_, gate in found.items() if gate == "kept"] == [winner]
        assert found["s0" if winner != "s0" else "s1"] in ("exact-duplicate", "rank" if winner == "s0" else "")


def test_places_go_by_rank_among_what_differs_whatever_the_policy():
    candidates = [
        candidate(f"s{number}", answer=text(f"s{number}", words), money=money)
        for number, (words, money) in enumerate([(40, 1.0), (20, 2.0), (8, 3.0)])
    ]
    for policy in ("verified", "cheapest"):
        found = gates(select(candidates, keep=1, rank="shortest", representative=policy))
        assert [id_ for id_, gate in found.items() if gate == "kept"] == ["s2"]


def test_policy_decides_which_of_alike_prompts_stays():
    task = text("a task", 60)
    candidates = [
        candidate("s0", "first", task=task, prompt_rank=0, strength=0.5),
        candidate("s1", "second", task=f"{task} too", prompt_rank=1, strength=0.9),
    ]
    assert gates(select(candidates)) == {"s0": "kept", "s1": "prompt-duplicate"}
    assert gates(select(candidates, representative="strongest-tests")) == {"s0": "prompt-duplicate", "s1": "kept"}
    assert gates(select(candidates, representative="oldest")) == {"s0": "kept", "s1": "prompt-duplicate"}


def test_two_prompts_that_wait_for_each_other_are_settled():
    """Each prompt's best sample equals the other's second, which is cheaper: neither can be sure of its own first."""
    one, other = text("one"), text("other")
    candidates = [
        candidate("s0", "p", answer=one, sample_index=0, money=2.0),
        candidate("s1", "p", answer=other, sample_index=1, money=1.0),
        candidate("s2", "q", answer=other, sample_index=0, money=2.0),
        candidate("s3", "q", answer=one, sample_index=1, money=1.0),
    ]
    found = gates(select(candidates, keep=1, near_prompts=None, representative="cheapest"))
    assert found == {"s0": "rank", "s1": "kept", "s2": "exact-duplicate", "s3": "kept"}


def test_orders_are_whole_and_go_by_id_in_the_end():
    candidates = [candidate(f"s{number}", f"p{number % 2}", prompt_rank=number % 2) for number in range(4)]
    ranks = {one.sample_id: 0 for one in candidates}
    assert sample_order(candidates[::-1], ranks, ("cheapest",)) == {"s0": 0, "s1": 1, "s2": 2, "s3": 3}
    assert prompt_order(candidates[::-1], ("cheapest", "oldest")) == {"p0": 0, "p1": 1}
