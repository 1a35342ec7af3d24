"""The last gate: of all that passed the others, what differs most from the rest and from what is published stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.decisions import Decision, Gate
from stillroom.diversity import CHOSEN, SAMENESS, Held, choose, of_share
from stillroom.recipe import Diversity


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Samples by what they are about.

    Attributes:
        ids: of the samples.
        rows: (n, dims) their embeddings, of unit length.
        attributes: n rows, with a column for each attribute that may have a quota.
        scores: (n,), the higher the better, NaN where a sample has none.
    """

    ids: Sequence[str]
    rows: NDArray[np.float32]
    attributes: pl.DataFrame
    scores: NDArray[np.float64]


def joined(*parts: Placed) -> Placed:
    """All of them, one after the other; at least one."""
    return Placed(
        ids=[id_ for part in parts for id_ in part.ids],
        rows=np.concatenate([part.rows for part in parts]),
        attributes=pl.concat([part.attributes for part in parts]),
        scores=np.concatenate([part.scores for part in parts]),
    )


def wanted_of(decisions: Sequence[Decision], settings: Diversity) -> int:
    """How many of those kept so far are to stay: with those published already, a share of the run's that passed."""
    ours, kept = (sum(one.gate == gate for one in decisions) for gate in (Gate.PUBLISHED, Gate.KEPT))
    return max(0, of_share(settings.share, ours + kept) - ours)


def quotas_of(settings: Diversity) -> dict[str, float]:
    """The quotas that are set, by attribute."""
    return {name: share for name, share in settings.quotas.model_dump().items() if share is not None}


def diversify(
    decisions: Sequence[Decision],
    kept: Placed,
    held: Placed,
    settings: Diversity,
    embedder: str,
    *,
    wanted: int | None = None,
) -> tuple[Decision, ...]:
    """The decisions, where what is too like the rest is dropped in place of being kept.

    A share of the run's samples that pass all other gates is kept, counting those that are published already: so what
    is decided about a run twice is decided alike. What is published stays.

    Args:
        decisions: about all samples of a run.
        kept: those that are kept so far, and asked about.
        held: what stays in any case: all that the dataset has published, of this run too.
        settings: how much stays, and which.
        embedder: whose vectors these are, for the evidence.
        wanted: how many of ``kept`` stay at the most; ``wanted_of`` the decisions where None.
    """
    scores = _filled(kept.scores)
    chosen = choose(
        kept.rows,
        wanted_of(decisions, settings) if wanted is None else wanted,
        scores=scores,
        quality=0.0 if scores is None else settings.quality,  # with no scores novelty alone can decide
        attributes=kept.attributes,
        quotas=quotas_of(settings),
        held=Held(rows=held.rows, attributes=held.attributes),
    )
    names = [*kept.ids, *held.ids]
    fates = pl.concat([chosen.fates, kept.attributes], how="horizontal").with_columns(id=pl.Series(kept.ids))
    left_out = {fate["id"]: fate for fate in fates.filter(pl.col("reason") != CHOSEN).iter_rows(named=True)}
    return tuple(
        _left_out(one, left_out[one.sample_id], names, embedder) if one.sample_id in left_out else one
        for one in decisions
    )


def _filled(scores: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """What has no score counts as the middle of those that have one."""
    has_one = ~np.isnan(scores)
    return np.where(has_one, scores, np.median(scores[has_one])) if has_one.any() else None


def _left_out(one: Decision, fate: Mapping[str, Any], names: Sequence[str], embedder: str) -> Decision:
    reason, nearest, similarity = fate["reason"], fate["nearest"], fate["similarity"]
    matched = names[nearest] if nearest >= 0 else ""
    near = f"nearest is {matched}, cosine similarity {similarity:.3f} ({embedder})" if matched else "nothing is near"
    if reason == SAMENESS:
        evidence = f"what was chosen before it differs more, or scores higher; {near}"
    else:
        quota = reason.partition(":")[2]
        evidence = f"its {quota} {str(fate[quota])[:100]!r} has taken its share; {near}"
    return replace(
        one, gate=Gate.DIVERSITY, reason=reason, evidence=evidence, matched_id=matched, similarity=similarity
    )
