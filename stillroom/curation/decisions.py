"""What is decided about a sample: the gates, what they see of it, and what of it needs no comparison with others."""

from dataclasses import dataclass
from enum import StrEnum

from stillroom.curation.contamination import Overlap
from stillroom.curation.filters.finding import Finding

UNJUDGED = "unjudged"  # the outcome of a sample that its verifiers were tried on in vain, and the reason at its gate
MOST_SHOWN = 300  # characters of shared text in a decision's evidence; `contamination_hits` has the whole


class Gate(StrEnum):
    """What a sample can be stopped by, in order; ``KEPT`` where nothing did."""

    PUBLISHED = "published"
    VERIFICATION = "verification"
    RETRACTED = "retracted"
    TEST_STRENGTH = "test-strength"
    FILTER = "filter"
    CONTAMINATION = "contamination"
    PROMPT_DUPLICATE = "prompt-duplicate"
    EXACT_DUPLICATE = "exact-duplicate"
    NEAR_DUPLICATE = "near-duplicate"
    STRUCTURAL_DUPLICATE = "structural-duplicate"
    SEMANTIC_DUPLICATE = "semantic-duplicate"
    RANK = "rank"
    DIVERSITY = "diversity"
    KEPT = "kept"


ANSWER_GATES = (  # an answer duplicates another
    Gate.EXACT_DUPLICATE,
    Gate.NEAR_DUPLICATE,
    Gate.STRUCTURAL_DUPLICATE,
    Gate.SEMANTIC_DUPLICATE,
)
LOST = (Gate.PROMPT_DUPLICATE, *ANSWER_GATES, Gate.RANK, Gate.DIVERSITY)  # against what stays, which the decision names
ELSEWHERE = (
    "@published:"  # between another dataset and the id that it published; no name of a dataset or table has an @
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sample as the gates see it.

    Attributes:
        outcome: pass, fail or abstain, over all verifiers; ``UNJUDGED`` where one of them cannot judge it.
        reason: the verdict's reason where it did not pass.
        evidence: the verdict's detail, or why there is no verdict.
        prompt_rank: the prompt's place in the pool; earlier prompts win over later duplicates.
        is_published: it is a member of a snapshot already, and stays one.
        weakness: why the tests that it passed are too weak, with the evidence, or "".
        retracted: kind and id of what it depends on that was retracted, or None.
        filtered: the side, prompt or answer, that a filter drops, and what is wrong with it, or None.
        overlap: what it or its prompt shares with a benchmark, or None.
        unchecked: a benchmark that it was to be checked against and cannot be, and why, or None.
        strength: of the tests that it was judged by, or None where it was not measured.
        money: what it cost, by its teacher's price.
        tokens: what it cost, read and written.
        answered_at: seconds since 1970.
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
    filtered: tuple[str, Finding] | None = None
    overlap: Overlap | None = None
    unchecked: tuple[str, str] | None = None
    strength: float | None = None
    money: float = 0.0
    tokens: int = 0
    answered_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The fate of one sample, with its evidence.

    Attributes:
        matched_id: the sample or prompt it lost against (DATASET@published:ID where another dataset published that, and
            TABLE:ID where a table has it), what was retracted, the benchmark's item, or "".
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


def decided_alone(one: Candidate) -> Decision | None:
    """The decision about a sample that no other sample has a part in, or None where the others decide."""
    is_unjudged = one.outcome == UNJUDGED
    if one.is_published:
        return Decision(
            sample_id=one.sample_id,
            prompt_id=one.prompt_id,
            gate=Gate.PUBLISHED,
            reason=UNJUDGED if is_unjudged else "",
            evidence=one.evidence if is_unjudged else "",
        )
    if one.outcome == "pass":
        return _retracted(one) or _weakly_tested(one) or _filtered(one) or _contaminated(one) or _unchecked(one)
    reason = one.reason if one.outcome in ("fail", UNJUDGED) else f"{one.outcome}:{one.reason}"
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


def _weakly_tested(one: Candidate) -> Decision | None:
    """Weak tests come before duplicates, so that no weakly tested prompt stands for one that is tested well."""
    if not one.weakness:
        return None
    gate = Gate.TEST_STRENGTH
    return Decision(
        sample_id=one.sample_id, prompt_id=one.prompt_id, gate=gate, reason=gate.value, evidence=one.weakness
    )


def _filtered(one: Candidate) -> Decision | None:
    """Filters come before duplicates, so that no text that they drop stands for one that they let pass."""
    if one.filtered is None:
        return None
    side, found = one.filtered
    return Decision(
        sample_id=one.sample_id,
        prompt_id=one.prompt_id,
        gate=Gate.FILTER,
        reason=found.reason,
        evidence=f"its {side} {found.said}",
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


def _unchecked(one: Candidate) -> Decision | None:
    """What a recipe names is checked against, or the sample waits: nobody knows whether it holds that text."""
    if one.unchecked is None:
        return None
    benchmark, why = one.unchecked
    return Decision(
        sample_id=one.sample_id,
        prompt_id=one.prompt_id,
        gate=Gate.CONTAMINATION,
        reason=f"unchecked:{benchmark}",
        evidence=why,
    )
