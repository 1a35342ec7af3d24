"""Decides about every sample of a run: kept, or dropped with the first gate that stopped it.

The gates in their order: verification (a sample must have passed), something that it depends on was retracted,
tests too weak for a pass to mean much, text of a benchmark, prompts that duplicate another, and then, for each prompt's
samples from the best down until k are kept, answers that duplicate one that is kept or published. So the k that stay
differ from one another, nothing is dropped in favour of a sample that is itself dropped, and what is left over when the
k places are taken goes by rank.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from stillroom.curation.contamination import Overlap
from stillroom.curation.duplicates import Duplicates, find_duplicates
from stillroom.curation.near import OldDocuments
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import SIGNATURE_SCHEMA
from stillroom.recipe import Curation, Near, Selection

MOST_SHOWN = 300  # characters of shared text in a decision's evidence; `contamination_hits` has the whole
EXACT_ONLY = 1.0  # a Jaccard threshold that only equal shingle sets reach


class Gate(StrEnum):
    """What a sample can be stopped by, in order; ``KEPT`` where nothing did."""

    PUBLISHED = "published"
    VERIFICATION = "verification"
    RETRACTED = "retracted"
    TEST_STRENGTH = "test-strength"
    CONTAMINATION = "contamination"
    PROMPT_DUPLICATE = "prompt-duplicate"
    EXACT_DUPLICATE = "exact-duplicate"
    NEAR_DUPLICATE = "near-duplicate"
    RANK = "rank"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sample as the gates see it.

    Attributes:
        outcome: pass, fail or abstain, over all verifiers.
        reason: the verdict's reason where it did not pass.
        evidence: the verdict's detail.
        prompt_rank: the prompt's place in the pool; earlier prompts win over later duplicates.
        is_published: it is a member of a snapshot already, and stays one.
        weakness: why the tests that it passed are too weak, with the evidence, or "".
        retracted: kind and id of what it depends on that was retracted, or None.
        overlap: what it or its prompt shares with a benchmark, or None.
    """

    sample_id: str
    prompt_id: str
    sample_index: int
    task: str
    answer: str
    outcome: str
    reason: str
    evidence: str
    prompt_rank: int
    is_published: bool
    weakness: str = ""
    retracted: tuple[str, str] | None = None
    overlap: Overlap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The fate of one sample, with its evidence.

    Attributes:
        matched_id: the sample or prompt it lost against, what was retracted, the benchmark's item, or "".
        similarity: with that one, 0 where none.
    """

    sample_id: str
    prompt_id: str
    gate: Gate
    reason: str = ""
    evidence: str = ""
    matched_id: str = ""
    similarity: float = 0.0

    @property
    def is_kept(self) -> bool:
        """Whether the sample becomes, or stays, an example."""
        return self.gate in (Gate.KEPT, Gate.PUBLISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What earlier snapshots hold of one kind of text: signatures of one scheme, and where to get the texts."""

    signatures: pl.DataFrame = field(default_factory=SIGNATURE_SCHEMA.to_frame)
    texts: Callable[[list[str]], pl.DataFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curated:
    """Exactly one decision per candidate, and what deduplication found by kind of text."""

    decisions: tuple[Decision, ...]
    duplicates: "Mapping[str, Found]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What deduplication found among one kind of text: drops and signatures as in ``Duplicates``."""

    drops: pl.DataFrame
    signatures: pl.DataFrame


def curate(
    candidates: Sequence[Candidate],
    *,
    selection: Selection,
    curation: Curation,
    answers: Published,
    prompts: Published,
) -> Curated:
    """Decide about every candidate.

    Args:
        candidates: all samples of a run that have verdicts.
        selection: how many are kept of a prompt, and in which order.
        curation: what counts as a duplicate.
        answers: published answers, by sample id.
        prompts: published tasks, by prompt id.
    """
    decisions = {one.sample_id: _verified(one) for one in candidates}
    found: dict[str, Found] = {}
    if curation.near_prompts:
        found["prompt"] = _drop_alike_prompts(_undecided(candidates, decisions), decisions, prompts, curation)
    filling = _Filling(selection=selection, curation=curation, published=answers)
    answers_found = filling.run(candidates, decisions)
    if curation.exact or curation.near_answers:
        found["answer"] = answers_found
    return Curated(decisions=tuple(one for one in decisions.values() if one is not None), duplicates=found)


def _undecided(candidates: Sequence[Candidate], decisions: Mapping[str, Decision | None]) -> list[Candidate]:
    return [one for one in candidates if decisions[one.sample_id] is None]


def _verified(one: Candidate) -> Decision | None:
    if one.is_published:
        return Decision(sample_id=one.sample_id, prompt_id=one.prompt_id, gate=Gate.PUBLISHED)
    if one.outcome == "pass":
        return _retracted(one) or _strongly_tested(one) or _contaminated(one)
    reason = one.reason if one.outcome == "fail" else f"{one.outcome}:{one.reason}"
    return Decision(
        sample_id=one.sample_id, prompt_id=one.prompt_id, gate=Gate.VERIFICATION, reason=reason, evidence=one.evidence
    )


def _retracted(one: Candidate) -> Decision | None:
    if one.retracted is None:
        return None
    kind, cause_id = one.retracted
    return Decision(
        sample_id=one.sample_id,
        prompt_id=one.prompt_id,
        gate=Gate.RETRACTED,
        reason=kind,
        evidence=f"it depends on {kind} {cause_id}, which was retracted",
        matched_id=cause_id,
    )


def _strongly_tested(one: Candidate) -> Decision | None:
    """Weak tests come before duplicates, so that no weakly tested prompt stands for one that is tested well."""
    if not one.weakness:
        return None
    gate = Gate.TEST_STRENGTH
    return Decision(
        sample_id=one.sample_id, prompt_id=one.prompt_id, gate=gate, reason=gate.value, evidence=one.weakness
    )


def _contaminated(one: Candidate) -> Decision | None:
    """Text of a benchmark comes before duplicates, so that no contaminated text stands for one that is clean."""
    if one.overlap is None:
        return None
    found = one.overlap
    shown = found.evidence if len(found.evidence) <= MOST_SHOWN else f"{found.evidence[:MOST_SHOWN]}..."
    return Decision(
        sample_id=one.sample_id,
        prompt_id=one.prompt_id,
        gate=Gate.CONTAMINATION,
        reason=f"{found.side}:{found.benchmark}",
        evidence=f"its {found.side} {found.said} item {found.item_id}: {shown!r}",
        matched_id=f"{found.benchmark}:{found.item_id}",
    )


def _ranks(candidates: Sequence[Candidate], selection: Selection) -> dict[str, int]:
    """Each sample's place among its prompt's open samples, 0 the best; ties go by sample index."""
    by_prompt: dict[str, list[Candidate]] = {}
    for one in candidates:
        by_prompt.setdefault(one.prompt_id, []).append(one)
    ranks: dict[str, int] = {}
    for group in by_prompt.values():
        lengths = sorted(len(one.answer) for one in group)
        median = lengths[len(lengths) // 2]
        keys: dict[str, Callable[[Candidate], int]] = {
            "median-length": lambda one, median=median: abs(len(one.answer) - median),
            "shortest": lambda one: len(one.answer),
            "first": lambda one: 0,
        }
        key = keys[selection.rank]
        ordered = sorted(group, key=lambda one: (key(one), one.sample_index))
        ranks |= {one.sample_id: place for place, one in enumerate(ordered)}
    return ranks


def _drop_alike_prompts(
    open_: Sequence[Candidate], decisions: dict[str, Decision | None], published: Published, curation: Curation
) -> Found:
    """Drop the samples of prompts that are near-duplicates of an earlier one."""
    known = set(published.signatures["id"])
    tasks = {one.prompt_id: (one.task, one.prompt_rank) for one in open_ if one.prompt_id not in known}
    texts = [(id_, task, rank) for id_, (task, rank) in tasks.items()]
    found = _duplicates(texts, published, curation.near_prompts)
    dropped = {drop["id"]: drop for drop in found.drops.iter_rows(named=True)}
    for one in open_:
        if one.prompt_id in dropped:
            decisions[one.sample_id] = _as_prompt_duplicate(one, dropped[one.prompt_id])
    return Found(drops=found.drops, signatures=found.signatures)


def _duplicates(texts: Sequence[tuple[str, str, int]], published: Published, near: Near | None) -> Duplicates:
    new = pl.DataFrame(texts, schema={"id": pl.String, "text": pl.String, "rank": pl.Int64}, orient="row")
    return find_duplicates(
        new, OldDocuments(signatures=published.signatures, texts=published.texts), dedup_settings(near)
    )


def dedup_settings(near: Near | None) -> DedupSettings:
    """How texts of one kind are compared; without ``near`` only equal ones count."""
    return DedupSettings(threshold=near.threshold if near else EXACT_ONLY)


def _as_duplicate(one: Candidate, drop: Mapping[str, object]) -> Decision:
    similarity = float(str(drop["similarity"]))
    is_exact = drop["method"] == "exact"
    return Decision(
        sample_id=one.sample_id,
        prompt_id=one.prompt_id,
        gate=Gate.EXACT_DUPLICATE if is_exact else Gate.NEAR_DUPLICATE,
        reason="answer",
        evidence=f"Jaccard similarity {similarity:.3f} with the answer of sample {drop['representative_id']}",
        matched_id=str(drop["representative_id"]),
        similarity=similarity,
    )


def _as_prompt_duplicate(one: Candidate, drop: Mapping[str, object]) -> Decision:
    similarity = float(str(drop["similarity"]))
    return Decision(
        sample_id=one.sample_id,
        prompt_id=one.prompt_id,
        gate=Gate.PROMPT_DUPLICATE,
        reason=str(drop["method"]),
        evidence=f"Jaccard similarity {similarity:.3f} with the task of prompt {drop['representative_id']}",
        matched_id=str(drop["representative_id"]),
        similarity=similarity,
    )


class _Filling:
    """Fills each prompt's places from its best sample down, leaving out what duplicates a kept or published one.

    In rounds: every prompt with a free place offers as many of its next samples as it has places; the offers
    that duplicate nothing kept are kept; the next round compares with them too. Two or three rounds suffice
    in practice, and each settles every offer that it looks at.
    """

    def __init__(self, *, selection: Selection, curation: Curation, published: Published) -> None:
        self._selection = selection
        self._curation = curation
        self._published = published
        self._kept: dict[str, Candidate] = {}
        self._places: dict[str, list[str]] = {}
        self._signatures = published.signatures

    def run(self, candidates: Sequence[Candidate], decisions: dict[str, Decision | None]) -> Found:
        """Decide about all that is undecided."""
        for one in candidates:
            if one.is_published:
                self._places.setdefault(one.prompt_id, []).append(one.sample_id)
        open_ = _undecided(candidates, decisions)
        ranks = _ranks(open_, self._selection)
        queues: dict[str, list[Candidate]] = {}
        for one in sorted(open_, key=lambda one: ranks[one.sample_id], reverse=True):
            queues.setdefault(one.prompt_id, []).append(one)
        rounds: list[Found] = []
        while offered := [one for prompt_id, queue in queues.items() for one in self._offer(prompt_id, queue)]:
            rounds.append(self._settle(offered, ranks, decisions))
        for queue in queues.values():
            for one in queue:
                decisions[one.sample_id] = self._lost_by_rank(one)
        return Found(
            drops=pl.concat([found.drops for found in rounds], how="vertical_relaxed") if rounds else pl.DataFrame(),
            signatures=pl.concat([SIGNATURE_SCHEMA.to_frame(), *(found.signatures for found in rounds)]),
        )

    def _offer(self, prompt_id: str, queue: list[Candidate]) -> list[Candidate]:
        """The prompt's next samples, at most as many as it has free places; ``queue`` has the best last."""
        free = max(0, self._selection.keep - len(self._places.get(prompt_id, [])))
        return [queue.pop() for _ in range(min(free, len(queue)))]

    def _settle(
        self, offered: Sequence[Candidate], ranks: Mapping[str, int], decisions: dict[str, Decision | None]
    ) -> Found:
        found = Found(drops=pl.DataFrame(), signatures=SIGNATURE_SCHEMA.to_frame())
        if self._curation.exact or self._curation.near_answers:
            texts = [(one.sample_id, one.answer, ranks[one.sample_id]) for one in offered]
            against = Published(signatures=self._signatures, texts=self._texts)
            duplicates = _duplicates(texts, against, self._curation.near_answers)
            found = Found(drops=duplicates.drops, signatures=duplicates.signatures)
        repeated = {drop["id"]: drop for drop in found.drops.iter_rows(named=True)}
        for one in offered:
            if one.sample_id in repeated:
                decisions[one.sample_id] = _as_duplicate(one, repeated[one.sample_id])
                continue
            decisions[one.sample_id] = Decision(sample_id=one.sample_id, prompt_id=one.prompt_id, gate=Gate.KEPT)
            self._kept[one.sample_id] = one
            self._places.setdefault(one.prompt_id, []).append(one.sample_id)
        kept = found.signatures.filter(pl.col("id").is_in(list(self._kept)))
        self._signatures = pl.concat([self._signatures, kept])
        return found

    def _texts(self, ids: list[str]) -> pl.DataFrame:
        """Texts of kept samples from memory, of published ones from where they are."""
        ours = {"id": [id_ for id_ in ids if id_ in self._kept]}
        texts = [self._kept[id_].answer for id_ in ours["id"]]
        frame = pl.DataFrame({**ours, "text": texts}, schema={"id": pl.String, "text": pl.String})
        others = [id_ for id_ in ids if id_ not in self._kept]
        return pl.concat([frame, self._published.texts(others)]) if others else frame

    def _lost_by_rank(self, one: Candidate) -> Decision:
        taken = self._places[one.prompt_id]
        return Decision(
            sample_id=one.sample_id,
            prompt_id=one.prompt_id,
            gate=Gate.RANK,
            reason=f"more than {self._selection.keep} passed",
            evidence=f"its prompt's places went to {', '.join(taken)}",
            matched_id=taken[-1],
        )
