"""Selection: exactly one decision a sample, at most k kept of a prompt, and nothing kept that did not pass."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.curation import DedupSettings, Duplicates, OldDocuments, comparison, find_duplicates
from stillroom.curation.contamination import Overlap
from stillroom.curation.relations import Kind
from stillroom.curation.selection import Candidate, Curated, Gate, Published, curate
from stillroom.recipe import Curation, Selection
from tests.fakes.answers import chance, pseudo_words


def text(name: str, words: int = 12) -> str:
    """A text that resembles no other name's."""
    return " ".join(pseudo_words(chance("text", name), words))


def candidate(sample: str, prompt: str = "p", **values: Any) -> Candidate:
    return Candidate(
        **{
            "sample_id": sample,
            "prompt_id": prompt,
            "sample_index": int(sample.strip("abcdefghijklmnopqrstuvwxyz-") or 0),
            "task": text(f"task {prompt}"),
            "answer": text(sample),
            "outcome": "pass",
            "reason": "",
            "evidence": "",
            "prompt_rank": 0,
            "is_published": False,
            **values,
        }
    )


def published(**texts: str) -> Published:
    """Published texts by id, with the signatures that an earlier curation left."""
    lookup = pl.DataFrame(
        {"id": list(texts), "text": list(texts.values())}, schema={"id": pl.String, "text": pl.String}
    )
    if not texts:
        return Published(texts=lambda ids: [lookup.filter(pl.col("id").is_in(ids))])
    owners = [candidate(id_, prompt=f"of {id_}", answer=one) for id_, one in texts.items()]
    earlier = select(owners, keep=99).duplicates["answer"].signatures
    return Published(signatures=earlier, texts=lambda ids: [lookup.filter(pl.col("id").is_in(ids))])


def select(
    candidates: Sequence[Candidate],
    *,
    keep: int = 2,
    rank: str = "first",
    answers: Published | None = None,
    prompts: Published | None = None,
    **curation: Any,
) -> Curated:
    empty = Published(texts=lambda ids: [])
    return curate(
        candidates,
        selection=Selection.model_validate({"keep": keep, "rank": rank}),
        curation=Curation.model_validate({"near_answers": {"threshold": 0.7}, **curation}),
        answers=answers or empty,
        prompts=prompts or empty,
    )


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """For each search for duplicates that was made, how many texts were held against the new ones."""
    made: list[int] = []

    def counted(new: pl.DataFrame, old: OldDocuments, how: DedupSettings, kinds: Sequence[Kind]) -> Duplicates:
        made.append(len(old.signatures))
        return find_duplicates(new, old, how, kinds)

    monkeypatch.setattr(comparison, "find_duplicates", counted)
    return made


def gates(curated: Curated) -> dict[str, str]:
    return {decision.sample_id: decision.gate.value for decision in curated.decisions}


TASK = text("one task", 40)
ALIKE = {"p": TASK, "q": f"{TASK} too", "r": f"{TASK}, and so on", "s": text("another task", 40)}  # p, q and r are
CANDIDATES = st.lists(
    st.builds(
        lambda prompt, answer, outcome, is_published: (prompt, answer, outcome, is_published and outcome == "pass"),
        st.sampled_from("pqrs"),
        st.integers(0, 6),
        st.sampled_from(["pass", "pass", "fail", "abstain"]),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=25,
)


@settings(max_examples=8)
@given(CANDIDATES, st.integers(1, 3), st.sampled_from(["median-length", "shortest", "first"]))
def test_invariants(rows: list[tuple[str, int, str, bool]], keep: int, rank: str) -> None:
    candidates = [
        candidate(
            f"s{number}",
            prompt,
            answer=text(f"answer {answer}", 10 + answer),
            outcome=outcome,
            reason="why",
            is_published=old,
            task=ALIKE[prompt],
            prompt_rank="pqrs".index(prompt),
        )
        for number, (prompt, answer, outcome, old) in enumerate(rows)
    ]
    by_id = {one.sample_id: one for one in candidates}

    decisions = select(candidates, keep=keep, rank=rank).decisions

    assert Counter(decision.sample_id for decision in decisions) == Counter(by_id.keys())
    kept = [by_id[decision.sample_id] for decision in decisions if decision.is_kept]
    assert all(one.outcome == "pass" for one in kept)
    assert all(by_id[one.sample_id].is_published == (one.gate is Gate.PUBLISHED) for one in decisions)
    new = [one for one in kept if not one.is_published]
    assert all(count == 1 for count in Counter(one.answer for one in new).values())
    old = Counter(one.prompt_id for one in kept if one.is_published)
    for prompt_id, count in Counter(one.prompt_id for one in new).items():
        assert count + old[prompt_id] <= keep
    for decision in decisions:
        assert bool(decision.reason) != decision.is_kept
        if decision.gate is Gate.PROMPT_DUPLICATE:
            assert any(one.prompt_id == decision.matched_id for one in kept), "dropped for a prompt that keeps nothing"
        if decision.gate is Gate.RANK:
            assert sum(one.prompt_id == decision.prompt_id for one in kept) >= keep
        if decision.gate in (Gate.EXACT_DUPLICATE, Gate.NEAR_DUPLICATE):
            assert by_id[decision.matched_id] in kept
            assert by_id[decision.matched_id].answer == by_id[decision.sample_id].answer


OVERLAP = Overlap(
    side="answer", method="some@1", said="is like", benchmark="exam", item_id="q1", words=14, evidence="text"
)


def test_contaminated_text_stands_for_no_clean_one() -> None:
    """The first of two alike is contaminated: by its prompt, or by its answer."""
    for side, gate in (("prompt", "prompt-duplicate"), ("answer", "exact-duplicate")):
        overlap = replace(OVERLAP, side=side, evidence="text " * 100)
        shared = {"task" if side == "prompt" else "answer": text("shared")}
        alike = [candidate("s0", "p", **shared), candidate("s1", "q", prompt_rank=1, **shared)]
        assert gates(select(alike))["s1"] == gate

        dropped, kept = select([replace(alike[0], overlap=overlap), alike[1]]).decisions

        assert (dropped.gate, dropped.reason, dropped.matched_id) == (
            Gate.CONTAMINATION,
            f"{side}:exam",
            "exam:q1",
        )
        assert len(dropped.evidence) < 400
        assert kept.gate is Gate.KEPT


def test_contamination_is_no_matter_of_what_failed_or_is_published() -> None:
    failed = candidate("s0", outcome="fail", reason="why", overlap=OVERLAP)
    old = candidate("s1", is_published=True, overlap=OVERLAP)
    assert gates(select([failed, old])) == {"s0": "verification", "s1": "published"}


def test_sample_that_did_not_pass_carries_its_verdict() -> None:
    failed = candidate("s1", outcome="fail", reason="wrong-answer", evidence="f(1) gave 2")
    unsure = candidate("s2", outcome="abstain", reason="no-tests")

    first, second = select([failed, unsure]).decisions

    assert (first.gate, first.reason, first.evidence) == (Gate.VERIFICATION, "wrong-answer", "f(1) gave 2")
    assert (second.gate, second.reason) == (Gate.VERIFICATION, "abstain:no-tests")


def test_weak_tests_stop_what_passed_them_and_nothing_else() -> None:
    weak = {"weakness": "line 3: a < b → a <= b"}
    decisions = select(
        [
            candidate("s1", **weak),
            candidate("s2", outcome="fail", reason="wrong-answer", **weak),
            candidate("s3", is_published=True, **weak),
        ]
    ).decisions

    assert [one.gate for one in decisions] == [Gate.TEST_STRENGTH, Gate.VERIFICATION, Gate.PUBLISHED]
    assert (decisions[0].reason, decisions[0].evidence) == ("test-strength", "line 3: a < b → a <= b")


def test_weakly_tested_prompt_does_not_stand_for_one_that_is_tested_well() -> None:
    alike = text("one task", 40)
    weak = candidate("s1", prompt="p", task=alike, prompt_rank=0, weakness="a mutant passes")
    strong = candidate("s2", prompt="q", task=alike + ".", prompt_rank=1)

    assert gates(select([weak, strong])) == {"s1": "test-strength", "s2": "kept"}


def test_more_than_k_lose_by_rank_and_say_to_whom() -> None:
    decisions = select([candidate(f"s{number}") for number in range(4)], keep=2).decisions

    assert [decision.gate for decision in decisions] == [Gate.KEPT, Gate.KEPT, Gate.RANK, Gate.RANK]
    assert decisions[3].reason == "more than 2 passed"
    assert "s0, s1" in decisions[3].evidence


@pytest.mark.parametrize(
    ("rank", "kept"), [("first", "s0"), ("shortest", "s2"), ("median-length", "s1")], ids=lambda value: str(value)
)
def test_rank_decides_who_is_kept(rank: str, kept: str) -> None:
    candidates = [candidate(f"s{number}", answer=text(f"s{number}", words)) for number, words in enumerate((40, 20, 8))]

    assert [id_ for id_, gate in gates(select(candidates, keep=1, rank=rank)).items() if gate == "kept"] == [kept]


def test_same_answer_to_one_prompt_is_kept_once_so_that_k_differ() -> None:
    same = text("same")
    candidates = [candidate("s0", answer=same), candidate("s1", answer=same), candidate("s2")]

    decisions = select(candidates, keep=2).decisions

    assert [decision.gate for decision in decisions] == [Gate.KEPT, Gate.EXACT_DUPLICATE, Gate.KEPT]
    assert (decisions[1].matched_id, decisions[1].similarity) == ("s0", 1.0)


def test_nearly_the_same_answer_is_a_near_duplicate_with_its_similarity() -> None:
    first = text("first", 60)
    decisions = select([candidate("s0", answer=first), candidate("s1", answer=f"{first} more")]).decisions

    assert decisions[1].gate is Gate.NEAR_DUPLICATE
    assert decisions[1].matched_id == "s0"
    assert 0.7 < decisions[1].similarity < 1.0


def test_answer_that_is_published_already_is_a_duplicate_of_it() -> None:
    decisions = select([candidate("s0", answer=text("known"))], answers=published(old=text("known"))).decisions

    assert (decisions[0].gate, decisions[0].matched_id) == (Gate.EXACT_DUPLICATE, "old")


def test_published_sample_stays_and_takes_one_of_the_places() -> None:
    candidates = [candidate("s0"), candidate("s1", is_published=True), candidate("s2")]

    assert gates(select(candidates, keep=2)) == {"s0": "kept", "s1": "published", "s2": "rank"}


def test_published_samples_stay_when_fewer_are_to_be_kept() -> None:
    candidates = [candidate(f"s{number}", is_published=True) for number in range(3)]

    assert set(gates(select(candidates, keep=1)).values()) == {"published"}


def test_prompts_that_are_alike_give_way_to_the_earlier_one() -> None:
    task = text("a task", 60)
    candidates = [
        candidate("s0", "later", task=f"{task} too", prompt_rank=5),
        candidate("s1", "earlier", task=task, prompt_rank=1),
    ]

    decisions = select(candidates, near_prompts={"threshold": 0.7}).decisions

    assert [decision.gate for decision in decisions] == [Gate.PROMPT_DUPLICATE, Gate.KEPT]
    assert decisions[0].matched_id == "earlier"


def test_no_prompt_gives_way_to_one_of_which_nothing_is_kept() -> None:
    task, known = text("a task", 60), text("known")
    candidates = [
        candidate("s0", "first", task=task, prompt_rank=1, answer=known),
        candidate("s1", "second", task=f"{task} too", prompt_rank=2, answer=known),
        candidate("s2", "third", task=f"{task} as well", prompt_rank=3),
        candidate("s3", "third", task=f"{task} as well", prompt_rank=3, answer=known),
        candidate("s4", "fourth", task=f"{task} again", prompt_rank=4),
    ]

    curated = select(candidates, keep=1, answers=published(old=known))

    assert gates(curated) == {
        "s0": "exact-duplicate",
        "s1": "exact-duplicate",
        "s2": "kept",
        "s3": "rank",
        "s4": "prompt-duplicate",
    }
    assert curated.decisions[4].matched_id == "third"
    assert curated.duplicates["prompt"].drops["id"].to_list() == ["fourth"]
    assert curated.duplicates["prompt"].signatures["id"].is_unique().all()


def test_long_row_of_alike_prompts_with_known_answers_is_settled_in_few_searches(searches: list[int]) -> None:
    task, known = text("a task", 200), text("known")
    candidates = [
        candidate(f"s{number}", f"p{number}", task=f"{task} {number}", prompt_rank=number, answer=known)
        for number in range(60)
    ]

    curated = select([*candidates, candidate("s60", "p60", task=task, prompt_rank=60)], answers=published(old=known))

    assert Counter(gates(curated).values()) == {"exact-duplicate": 60, "kept": 1}
    assert len(searches) < 9


@pytest.mark.parametrize("ending", ["{}".format, "".format], ids=["nearly-equal", "equal"])
def test_thousand_samples_of_one_answer_are_settled_in_few_searches(
    searches: list[int], ending: Callable[[int], str]
) -> None:
    same = text("same", 60)
    candidates = [candidate(f"s{number}", answer=f"{same} {ending(number)}") for number in range(1024)]

    curated = select([*candidates, candidate("s1024")], keep=2)

    found = gates(curated)
    assert [id_ for id_, gate in found.items() if gate == "kept"] == ["s0", "s1024"]
    assert len(curated.duplicates["answer"].drops) == 1023
    assert len(searches) < 9


def test_only_what_may_be_met_is_searched_after_the_first_search(searches: list[int]) -> None:
    known = {f"old{number}": text(f"old {number}", 40) for number in range(300)}
    answers = [known["old7"], text("a", 40), text("a", 40), f"{known['old9']} more", text("b", 40)]
    earlier = published(**known)
    searches.clear()

    candidates = [candidate(f"s{number}", answer=one) for number, one in enumerate(answers)]
    curated = select(candidates, answers=earlier, near_prompts=None)

    assert list(gates(curated).values()) == ["exact-duplicate", "kept", "exact-duplicate", "near-duplicate", "kept"]
    assert curated.decisions[3].matched_id == "old9"
    assert searches[0] == 300
    assert all(held < 100 for held in searches[1:])


def test_what_was_not_kept_for_want_of_a_place_stands_in_nobodys_way() -> None:
    first, second, shared = (text(name, 30) for name in ("first", "second", "shared"))
    candidates = [
        candidate("s0", "p", answer=first),
        candidate("s1", "p", answer=first, sample_index=1),
        candidate("s2", "p", answer=second, sample_index=2),
        candidate("s3", "p", answer=shared, sample_index=3),
        candidate("s4", "q", answer=first, sample_index=1, prompt_rank=1),
        candidate("s5", "q", answer=first, sample_index=2, prompt_rank=1),
        candidate("s6", "q", answer=first, sample_index=3, prompt_rank=1),
        candidate("s7", "q", answer=shared, sample_index=4, prompt_rank=1),
    ]

    found = gates(select(candidates, keep=2))

    assert {id_ for id_, gate in found.items() if gate == "kept"} == {"s0", "s2", "s7"}
    assert found["s3"] == "rank"


def test_exact_and_near_are_switched_each_by_itself() -> None:
    same = text("same", 60)
    candidates = [
        candidate(f"s{number}", prompt, answer=answer)
        for number, (prompt, answer) in enumerate(
            [("p", "aaaaaa"), ("q", "aaaaaaa"), ("r", "aaaaaa"), ("s", same), ("t", same), ("u", f"{same} more")]
        )
    ]

    def dropped(**curation: Any) -> dict[str, str]:
        return {id_: gate for id_, gate in gates(select(candidates, **curation)).items() if gate != "kept"}

    exact, near = "exact-duplicate", "near-duplicate"
    assert dropped() == {"s1": near, "s2": exact, "s4": exact, "s5": near}
    assert dropped(near_answers=None) == {"s2": exact, "s4": exact}
    assert dropped(exact=False) == {"s1": near, "s5": near}


def test_gates_that_are_off_drop_nothing() -> None:
    same, task = text("same"), text("task")
    candidates = [candidate("s0", "p", answer=same, task=task), candidate("s1", "q", answer=same, task=task)]

    curated = select(candidates, exact=False, near_answers=None, near_prompts=None)

    assert set(gates(curated).values()) == {"kept"}
    assert curated.duplicates == {}


def test_exact_alone_leaves_what_is_only_alike() -> None:
    first = text("first", 60)
    candidates = [
        candidate("s0", answer=first),
        candidate("s1", "q", answer=f"{first} more"),
        candidate("s2", "r", answer=first),
    ]

    assert gates(select(candidates, near_answers=None)) == {"s0": "kept", "s1": "kept", "s2": "exact-duplicate"}


def test_nothing_in_nothing_out() -> None:
    assert select([]).decisions == ()


def test_order_of_candidates_does_not_matter() -> None:
    candidates = [candidate(f"s{number}", "pqr"[number % 3], answer=text(f"{number % 5}")) for number in range(12)]

    assert gates(select(candidates)) == gates(select(candidates[::-1]))


@pytest.mark.parametrize(("exact_prompts", "dropped"), [(True, "prompt-duplicate"), (False, "kept")])
def test_equal_tasks_are_duplicates_without_near_ones_where_that_is_asked(exact_prompts: bool, dropped: str) -> None:
    task = text("one task", 40)
    candidates = [
        candidate("a", "p", task=task, prompt_rank=0),
        candidate("b", "q", task=task, prompt_rank=1),
        candidate("c", "r", task=f"{task} too", prompt_rank=2),
    ]
    found = gates(select(candidates, near_prompts=None, exact_prompts=exact_prompts))
    assert found == {"a": "kept", "b": dropped, "c": "kept"}
