"""What duplicates a sample that the gate of diversity drops has its turn, and does not vanish with it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stillroom.curation.reopening import Deciding
from stillroom.curation.selection import Candidate, Curated, Gate, Published
from stillroom.lake import Lake
from stillroom.recipe import Curation, Diversity, Selection
from stillroom.runs.diversifying import Differing, differing
from stillroom.runs.placing import Places
from tests.lake.curation.test_selection import candidate, text

NONE = Published(texts=lambda ids: [])
DUPLICATES = ("exact-duplicate", "near-duplicate", "structural-duplicate", "semantic-duplicate")
TASK = text("one task", 40)


class ByWords:
    """Texts point where their words do, so that what shares words is alike."""

    name = "by-words@1"
    dims = 64

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self.dims), np.float32)
        for place, one in enumerate(texts):
            for word in one.split():
                rows[place, sum(map(ord, word)) % self.dims] += 1.0
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def described(one: Candidate, teacher: str, topic: str) -> dict[str, Any]:
    return {
        "sample_id": one.sample_id,
        "prompt_id": one.prompt_id,
        "task": one.task,
        "answer": one.answer,
        "topic": topic,
        "difficulty_asked": "",
        "teacher_id": teacher,
        "origin": "seed",
    }


def gate(
    lake: Lake, candidates: Sequence[Candidate], teachers: Mapping[str, str], curation: Mapping[str, Any], **how: Any
) -> tuple[Differing, Curated]:
    """What the gate decides, and what had been decided before it."""
    deciding = Deciding(
        candidates=candidates,
        selection=Selection(keep=2, rank="first"),
        curation=Curation.model_validate(curation),
        answers=NONE,
        prompts=NONE,
        embedder=ByWords(),
    )
    before = deciding.decide()
    by_sample = {one.sample_id: described(one, teachers.get(one.sample_id, "x"), "") for one in candidates}
    places = Places(lake, "tiny", ByWords())
    found = differing(
        before,
        Diversity.model_validate({"quality": 0.0, **how}),
        by_sample.__getitem__,
        {},
        places,
        lambda: [],
        deciding,
    )
    return found, before


def fates(curated: Curated) -> dict[str, tuple[str, str]]:
    return {one.sample_id: (one.gate.value, one.matched_id) for one in curated.decisions}


def test_a_prompt_that_gave_way_to_one_that_keeps_nothing_is_asked_about(lake: Lake) -> None:
    stays = candidate("s1", "s", answer=text("answer"), task=TASK[::-1], prompt_rank=0)
    goes = candidate("p1", "p", answer=text("answer"), task=TASK, prompt_rank=1)
    gave_way = candidate("q1", "q", answer=text("other"), task=f"{TASK} too", prompt_rank=2)

    found, before = gate(lake, [stays, goes, gave_way], {}, {"exact": False, "near_answers": None}, share=0.5)

    assert fates(before) == {"s1": ("kept", ""), "p1": ("kept", ""), "q1": ("prompt-duplicate", "p")}
    assert fates(found.curated) == {"s1": ("kept", ""), "p1": ("diversity", "s1"), "q1": ("diversity", "s1")}
    assert found.curated.duplicates["prompt"].drops.is_empty()


def test_a_duplicate_of_what_a_quota_drops_takes_the_place_that_is_free(lake: Lake) -> None:
    candidates = [
        candidate("a1", "a"),
        candidate("b2", "b"),
        candidate("c3", "c"),
        candidate("d4", "d", answer=text("c3")),
        candidate("e5", "e", answer=text("c3")),
        candidate("f6", "f", answer=text("b2")),
    ]
    teachers = {"d4": "y", "e5": "y", "f6": "y"}

    found, before = gate(
        lake, candidates, teachers, {"near_prompts": None, "near_answers": None}, share=1.0, quotas={"teacher": 0.5}
    )

    assert [one.gate.value for one in before.decisions] == ["kept"] * 3 + ["exact-duplicate"] * 3
    by_id = {one.sample_id: one for one in found.curated.decisions}
    kept = [id_ for id_, one in by_id.items() if one.gate == Gate.KEPT]
    assert sorted(teachers.get(id_, "x") for id_ in kept) == ["x", "y", "y"]  # 2 of 3: half, rounded up
    assert {by_id[id_].reason for id_ in ("a1", "b2", "c3") if id_ not in kept} == {"quota:teacher"}
    for one in found.curated.decisions:
        if one.gate.value in DUPLICATES:
            assert one.matched_id in kept
    drops = dict(found.curated.duplicates["answer"].drops.select("id", "representative_id").iter_rows())
    assert drops == {id_: one.matched_id for id_, one in by_id.items() if one.gate.value in DUPLICATES}
    told: dict[Any, Any] = {row["metric"]: row["value"] for row in found.metrics}
    assert told == {"gate_wanted": 3.0, "gate_kept": len(kept)}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("quotas", [{}, {"teacher": 0.4}], ids=["share", "quota"])
@pytest.mark.parametrize("kinds", [{}, {"semantic_answers": {"threshold": 0.9}, "structural_answers": True}])
def test_nothing_is_dropped_in_favour_of_what_is_itself_dropped(
    lake: Lake, seed: int, quotas: dict[str, float], kinds: dict[str, Any]
) -> None:
    draw = np.random.default_rng(seed)
    tasks = [f"{TASK} {text('end', 3)}", TASK, text("other task", 40), text("third", 40), text("fourth", 40)]
    candidates = [
        candidate(
            f"s{number}", f"p{prompt}", task=tasks[prompt % 5], answer=text(f"a{draw.integers(8)}"), prompt_rank=prompt
        )
        for number, prompt in enumerate(draw.integers(0, 8, 30).tolist())
    ]
    teachers = {one.sample_id: str(draw.choice(["x", "y", "z"], p=[0.7, 0.2, 0.1])) for one in candidates}

    found, _ = gate(lake, candidates, teachers, kinds, share=0.6, quotas=quotas)

    decisions = {one.sample_id: one for one in found.curated.decisions}
    assert len(decisions) == len(candidates)
    kept = [one for one in decisions.values() if one.is_kept]
    assert len({one.answer for one in candidates if decisions[one.sample_id].is_kept}) == len(kept)
    prompts = {one.prompt_id for one in kept}
    for one in decisions.values():
        if one.gate.value in DUPLICATES or (one.gate == Gate.DIVERSITY and one.matched_id):
            assert decisions[one.matched_id].is_kept
        if one.gate == Gate.PROMPT_DUPLICATE:
            assert one.matched_id in prompts
    told: dict[Any, Any] = {row["metric"]: row["value"] for row in found.metrics}
    assert len(kept) == told["gate_kept"] <= told["gate_wanted"]
    if not quotas:
        assert told["gate_kept"] == told["gate_wanted"]
