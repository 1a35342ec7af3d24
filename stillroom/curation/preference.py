"""Which of several duplicates stays: by the recipe's policy, in the order of its criteria.

Only what is verified is compared at all, so `verified` alone leaves the order as it is: of samples that of the
recipe's `selection.rank`, of prompts that of the pool. Whatever a policy leaves equal goes by that order too, and
after it by id, so that one policy gives one outcome.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from stillroom.curation.decisions import Candidate

Key = tuple[float, ...]

_OF_SAMPLE: Mapping[str, Callable[[Candidate], Key]] = {  # by criterion; the lower is preferred
    "verified": lambda one: (),
    "strongest-tests": lambda one: (math.inf if one.strength is None else -one.strength,),
    "cheapest": lambda one: (one.money, float(one.tokens)),
    "oldest": lambda one: (one.answered_at,),
}


def prefers(policy: Sequence[str]) -> bool:
    """Whether the policy says more than that what stays is verified."""
    return any(criterion != "verified" for criterion in policy)


def sample_order(candidates: Sequence[Candidate], ranks: Mapping[str, int], policy: Sequence[str]) -> dict[str, int]:
    """By sample its place, 0 for the one that is preferred to all others.

    Args:
        candidates: the samples.
        ranks: their places among those of their prompts.
        policy: the criteria in their order.
    """

    def key(one: Candidate) -> tuple[Key, int, str]:
        return _key(one, policy), ranks[one.sample_id], one.sample_id

    return {one.sample_id: place for place, one in enumerate(sorted(candidates, key=key))}


def prompt_order(candidates: Sequence[Candidate], policy: Sequence[str]) -> dict[str, int]:
    """By prompt its place, 0 for the one that is preferred: each by the best of its samples, its age by the pool."""
    best: dict[str, tuple[list[Key], int, str]] = {}
    for one in candidates:
        by_criterion = [
            (float(one.prompt_rank),) if criterion == "oldest" else _OF_SAMPLE[criterion](one) for criterion in policy
        ]
        known = best.get(one.prompt_id)
        if known:
            by_criterion = [min(both) for both in zip(known[0], by_criterion, strict=True)]
        best[one.prompt_id] = (by_criterion, one.prompt_rank, one.prompt_id)
    return {prompt_id: place for place, prompt_id in enumerate(sorted(best, key=best.__getitem__))}


def _key(one: Candidate, policy: Sequence[str]) -> Key:
    return tuple(value for criterion in policy for value in _OF_SAMPLE[criterion](one))
