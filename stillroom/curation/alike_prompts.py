"""Drops the samples of prompts that are alike to an earlier one, where that one keeps a sample."""

from collections.abc import Mapping, Sequence

from stillroom.curation.comparison import Comparison, Drop, Found, Published
from stillroom.curation.decisions import Candidate, Decision, Gate
from stillroom.curation.filling import Filling
from stillroom.curation.relations import Kind
from stillroom.curation.settings import DedupSettings


def settle_prompts(
    open_: Sequence[Candidate],
    order: Mapping[str, int],
    filling: Filling,
    published: Published,
    settings: DedupSettings,
    kinds: Sequence[Kind] = (),
) -> Found:
    """Fill the places of all prompts but those that are alike to an earlier one.

    Whether a prompt keeps anything is known only once its samples were compared. So of prompts that are alike the
    first is filled first; the others are dropped if it keeps a sample or has one published, and else have their
    turn. Of the prompts in each round at least the first is settled.

    Args:
        open_: the undecided samples, which ``filling`` has queued.
        order: the place of each of their prompts, from 0.
        filling: decides about them.
        published: published tasks, by prompt id.
        settings: what prompts are alike.
        kinds: further ways in which they are.

    Raises:
        LakeError: as ``find_duplicates``.
    """
    tasks = {one.prompt_id: one.task for one in open_}
    known = set(published.signatures["id"])
    comparison = Comparison(published, tasks, settings, kinds)
    dropped: dict[str, Drop] = {}
    live = [prompt_id for prompt_id in tasks if prompt_id in known]
    waiting = [prompt_id for prompt_id in tasks if prompt_id not in known]
    while live or waiting:
        alike = comparison.search({id_: order[id_] for id_ in waiting}, undecided=waiting) if waiting else {}
        fresh = [id_ for id_ in waiting if id_ not in alike]
        filling.fill([*live, *fresh])
        standing = [id_ for id_ in fresh if filling.is_filled(id_)]
        barren = set(fresh) - set(standing)
        comparison.hold(standing)
        reopened = [id_ for id_, drop in alike.items() if drop.representative_id in barren]
        for id_ in alike.keys() - set(reopened):
            dropped[id_] = alike[id_]
            _drop(filling, id_, alike[id_])
        spent = filling.exhausted(reopened)
        live, waiting = [], [id_ for id_ in reopened if id_ not in spent]
    return comparison.found(dropped)


def _drop(filling: Filling, prompt_id: str, drop: Drop) -> None:
    filling.give_up(prompt_id, lambda one: _decision(one, drop))


def _decision(one: Candidate, drop: Drop) -> Decision:
    return Decision(
        sample_id=one.sample_id,
        prompt_id=one.prompt_id,
        gate=Gate.PROMPT_DUPLICATE,
        reason=drop.method,
        evidence=drop.about("the task of prompt"),
        matched_id=drop.representative_id,
        similarity=drop.similarity,
    )
