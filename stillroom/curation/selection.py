"""Decides about every sample of a run: kept, or dropped with the first gate that stopped it.

The gates in their order: verification (a sample must have passed), answers that duplicate another (of this
run or published), prompts that duplicate another, and rank (at most k of a prompt). Duplicates go before rank,
so that the k that stay are different from one another.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from stillroom.curation.duplicates import Duplicates, find_duplicates
from stillroom.curation.near import OldDocuments
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import SIGNATURE_SCHEMA
from stillroom.recipe import Curation, Near, Selection

EXACT_ONLY = 1.0  # a Jaccard threshold that only equal shingle sets reach


class Gate(StrEnum):
    """What a sample can be stopped by, in order; ``KEPT`` where nothing did."""

    PUBLISHED = "published"
    VERIFICATION = "verification"
    EXACT_DUPLICATE = "exact-duplicate"
    NEAR_DUPLICATE = "near-duplicate"
    PROMPT_DUPLICATE = "prompt-duplicate"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The fate of one sample, with its evidence.

    Attributes:
        matched_id: the sample or prompt it lost against, or "".
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
    """What earlier snapshots hold of one kind of text: signatures, and where to get the texts."""

    signatures: pl.DataFrame = field(default_factory=SIGNATURE_SCHEMA.to_frame)
    texts: Callable[[list[str]], pl.DataFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curated:
    """Exactly one decision per candidate, and what deduplication found by kind of text."""

    decisions: tuple[Decision, ...]
    duplicates: Mapping[str, Duplicates]


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
    decisions = {one.sample_id: _before_duplicates(one) for one in candidates}
    open_ = [one for one in candidates if decisions[one.sample_id] is None]
    ranks = _ranks(open_, selection)
    found: dict[str, Duplicates] = {}
    if curation.exact or curation.near_answers:
        texts = [(one.sample_id, one.answer, ranks[one.sample_id]) for one in open_]
        found["answer"] = _duplicates(texts, answers, curation.near_answers)
        repeated = {drop["id"]: drop for drop in found["answer"].drops.iter_rows(named=True)}
        for one in open_:
            if one.sample_id in repeated:
                decisions[one.sample_id] = _as_duplicate(one, repeated[one.sample_id])
    if curation.near_prompts:
        tasks = {one.prompt_id: (one.task, one.prompt_rank) for one in open_ if decisions[one.sample_id] is None}
        published = set(prompts.signatures["id"])
        texts = [(id_, task, rank) for id_, (task, rank) in tasks.items() if id_ not in published]
        found["prompt"] = _duplicates(texts, prompts, curation.near_prompts)
        dropped = {drop["id"]: drop for drop in found["prompt"].drops.iter_rows(named=True)}
        for one in open_:
            if decisions[one.sample_id] is None and one.prompt_id in dropped:
                decisions[one.sample_id] = _as_prompt_duplicate(one, dropped[one.prompt_id])
    _keep_best(candidates, decisions, ranks, selection.keep)
    return Curated(decisions=tuple(one for one in decisions.values() if one is not None), duplicates=found)


def _before_duplicates(one: Candidate) -> Decision | None:
    if one.is_published:
        return Decision(sample_id=one.sample_id, prompt_id=one.prompt_id, gate=Gate.PUBLISHED)
    if one.outcome == "pass":
        return None
    reason = one.reason if one.outcome == "fail" else f"{one.outcome}:{one.reason}"
    return Decision(
        sample_id=one.sample_id, prompt_id=one.prompt_id, gate=Gate.VERIFICATION, reason=reason, evidence=one.evidence
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


def _duplicates(texts: Sequence[tuple[str, str, int]], published: Published, near: Near | None) -> Duplicates:
    new = pl.DataFrame(texts, schema={"id": pl.String, "text": pl.String, "rank": pl.Int64}, orient="row")
    settings = DedupSettings(threshold=near.threshold if near else EXACT_ONLY)
    same_scheme = published.signatures.filter(pl.col("scheme") == settings.scheme)
    return find_duplicates(new, OldDocuments(signatures=same_scheme, texts=published.texts), settings)


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


def _keep_best(
    candidates: Sequence[Candidate], decisions: dict[str, Decision | None], ranks: Mapping[str, int], keep: int
) -> None:
    """The last gate: fill each prompt's places in order of rank, published samples first."""
    places: dict[str, list[str]] = {}
    for one in candidates:
        if one.is_published:
            places.setdefault(one.prompt_id, []).append(one.sample_id)
    undecided = [one for one in candidates if decisions[one.sample_id] is None]
    for one in sorted(undecided, key=lambda one: ranks[one.sample_id]):
        taken = places.setdefault(one.prompt_id, [])
        if len(taken) < keep:
            taken.append(one.sample_id)
            decision = Decision(sample_id=one.sample_id, prompt_id=one.prompt_id, gate=Gate.KEPT)
        else:
            decision = Decision(
                sample_id=one.sample_id,
                prompt_id=one.prompt_id,
                gate=Gate.RANK,
                reason=f"more than {keep} passed",
                evidence=f"its prompt's places went to {', '.join(taken)}",
                matched_id=taken[-1],
            )
        decisions[one.sample_id] = decision
