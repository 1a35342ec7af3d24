"""The last gate: of all that passed the others, what differs most from the rest and from what is published stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.decisions import Decision, Gate
from stillroom.diversity import CHOSEN, SAMENESS, Held, choose
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


def diversify(
    decisions: Sequence[Decision], kept: Placed, published: Placed, settings: Diversity, embedder: str
) -> tuple[Decision, ...]:
    """The decisions, where what is too like the rest is dropped in place of being kept.

    A share of the run's samples that pass all other gates is kept, counting those that are published already: so what
    is decided about a run twice is decided alike. What is published stays. A duplicate of what is dropped here is
    dropped too, as its duplicate.

    Args:
        decisions: about all samples of a run.
        kept: those that are kept so far.
        published: all that the dataset has published, of this run too.
        settings: how much stays, and which.
        embedder: whose vectors these are, for the evidence.
    """
    ours = sum(one.gate == Gate.PUBLISHED for one in decisions)
    wanted = max(0, ceil(settings.share * (ours + len(kept.ids))) - ours)
    quotas = {name: share for name, share in settings.quotas.model_dump().items() if share is not None}
    chosen = choose(
        kept.rows,
        wanted,
        scores=_filled(kept.scores),
        quality=settings.quality,
        attributes=kept.attributes,
        quotas=quotas,
        held=Held(rows=published.rows, attributes=published.attributes),
    )
    names = [*kept.ids, *published.ids]
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
