"""How much that is new a source would bring next, by all that it has brought, as rows of the lake's ``metrics``.

The unit is the prompt with all its samples that passed: samples of one prompt are no independent draws, since they are
about one task, so a kind counts once a prompt (incidence data; Colwell et al., 2012). A thousand further samples are
then as many further prompts as had a thousand samples so far.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from stillroom.diversity.estimate import Estimate
from stillroom.diversity.measuring import CLUSTER, DIMINISHING, GRAM, MetricRow, framed
from stillroom.diversity.unseen import Seen, chao1, coverage, expected_new, is_reliable
from stillroom.wording import DEFINITION

FURTHER = 1_000  # samples
UNIT = "by-prompt"
RELIABLE, UNRELIABLE = "reliable", "unreliable"  # how the method of an extrapolation ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What one source has brought in all.

    Attributes:
        samples: how many.
        prompts: how many different ones they answer.
        clusters: of meaning, by how many prompts each has a sample of; None where samples have no vectors.
        grams: runs of ``GRAM`` words, likewise.
    """

    samples: int
    prompts: int
    clusters: Seen | None
    grams: Seen


def foresee(sources: Mapping[str, Brought], *, embedder: str = "") -> pl.DataFrame:
    """The columns of ``metrics``: what each source, by its name, would bring.

    The method of an extrapolation ends with ``reliable`` or ``unreliable``: whether a thousand further samples are no
    more than there were so far, up to which the extrapolation was found to hold.
    """
    return framed(row for name, brought in sources.items() if brought.prompts for row in _rows(name, brought, embedder))


def _rows(name: str, brought: Brought, embedder: str) -> Iterator[MetricRow]:
    for what, count in (("samples", brought.samples), ("prompts", brought.prompts)):
        yield MetricRow(DIMINISHING, f"{what}_counted", name, Estimate(value=float(count)), "count@1")
    yield from _of_kind(name, f"{GRAM}_grams", brought.grams, brought, f"/{DEFINITION}")
    if brought.clusters is not None:
        yield from _of_kind(name, "clusters", brought.clusters, brought, f"/{CLUSTER}/{embedder}")


def _of_kind(name: str, kind: str, seen: Seen, brought: Brought, by: str) -> Iterable[MetricRow]:
    by = f"/{UNIT}{by}"
    further = FURTHER * brought.prompts / brought.samples
    reach = RELIABLE if is_reliable(seen, further) else UNRELIABLE
    observed, new = Estimate(value=float(seen.observed)), expected_new(seen, further)
    return (
        MetricRow(DIMINISHING, f"{kind}_seen", name, observed, f"count@2{by}"),
        MetricRow(DIMINISHING, f"{kind}_coverage", name, coverage(seen), f"good-turing@2{by}"),
        MetricRow(DIMINISHING, f"{kind}_in_all", name, chao1(seen), f"chao@2{by}"),
        MetricRow(DIMINISHING, f"new_{kind}_in_next_{FURTHER}", name, new, f"extrapolation@2{by}/{reach}"),
    )
