"""Decides about every sample of a run: kept, or dropped with the first gate that stopped it.

The gates in their order: verification (a sample must have passed), something that it depends on was retracted,
tests too weak for a pass to mean much, the recipe's filters, text of a benchmark, prompts that duplicate another, and
then, for each prompt's samples from the best down until k are kept, answers that duplicate one that is kept or
published. So the k that stay differ from one another, nothing is dropped in favour of a sample that is itself dropped,
nor in favour of a prompt that keeps none, and what is left over when the k places are taken goes by rank.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stillroom.curation.alike_prompts import settle_prompts
from stillroom.curation.comparison import Found, Published, dedup_settings, further_kinds
from stillroom.curation.decisions import Candidate, Decision, Gate, decided_alone
from stillroom.curation.filling import Filling
from stillroom.curation.preference import prompt_order
from stillroom.curation.settings import Room
from stillroom.embedding import Embedder
from stillroom.recipe import Curation, Selection

__all__ = ["RULES", "Candidate", "Curated", "Decision", "Found", "Gate", "Published", "curate", "dedup_settings"]

RULES = 5  # version of the rules: with other ones stored decisions are not those that would be made now


@dataclass(frozen=True, slots=True, kw_only=True)
class Curated:
    """Exactly one decision per candidate, and what deduplication found by kind of text."""

    decisions: tuple[Decision, ...]
    duplicates: Mapping[str, Found]


def curate(
    candidates: Sequence[Candidate],
    *,
    selection: Selection,
    curation: Curation,
    answers: Published,
    prompts: Published,
    embedder: Embedder | None = None,
    room: Room | None = None,
) -> Curated:
    """Decide about every candidate.

    Args:
        candidates: all samples of a run that have verdicts.
        selection: how many are kept of a prompt, and in which order.
        curation: what counts as a duplicate.
        answers: published answers, by sample id.
        prompts: published tasks, by prompt id.
        embedder: turns texts into vectors; needed where the curation compares embeddings.
        room: what searches may take of memory and disk.

    Raises:
        LakeError: where published texts cannot be had, or there is no room to spill.
        RequestError: the curation compares embeddings, and there is no embedder.
        TeacherError: the embedder is behind an endpoint that gives no usable answer.
    """
    decisions = {one.sample_id: decided_alone(one) for one in candidates}
    open_ = [one for one in candidates if decisions[one.sample_id] is None]
    among_answers = dedup_settings(curation.near_answers, exact=curation.exact, room=room)
    answer_kinds, prompt_kinds = (
        further_kinds(curation, side, old, embedder, room) for side, old in (("answer", answers), ("prompt", prompts))
    )
    filling = Filling(
        candidates,
        decisions,
        selection=selection,
        policy=curation.representative,
        published=answers,
        settings=among_answers,
        kinds=answer_kinds,
    )
    found: dict[str, Found] = {}
    if curation.near_prompts or curation.exact_prompts or prompt_kinds:
        among_prompts = dedup_settings(curation.near_prompts, room=room)
        order = prompt_order(open_, curation.representative)
        found["prompt"] = settle_prompts(open_, order, filling, prompts, among_prompts, prompt_kinds)
    filling.finish()
    if curation.exact or curation.near_answers or answer_kinds:
        found["answer"] = filling.found
    return Curated(decisions=tuple(one for one in decisions.values() if one is not None), duplicates=found)
