"""How much there is that has not been seen, and how much of it more samples would bring.

Kinds are anything that samples can have or lack: a cluster of meaning, an n-gram. What is rare among those seen tells
of those not seen: with no kind seen only once, hardly anything is missing.

The formulas are those of Good (1953), Esty (1983), Chao (1984, 1987), Colwell et al. (2012, doi:10.1093/jpe/rtr044) and
Chao et al. (2014, doi:10.1890/13-0133.1). They hold for kinds of which each sample has one (abundance) and for kinds of
which it may have many (incidence: a kind counts once a sample), where the sample is the unit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

from stillroom.diversity.estimate import Z95, Estimate

RELIABLE = 2  # up to so many times the samples that there are, further ones can be told of (Colwell et al., 2012)
_DRAWS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How many kinds were seen how often.

    Attributes:
        samples: how many were looked at.
        times: (m,) different numbers of samples in which a kind was seen, rising from 1.
        kinds: (m,) how many kinds were seen in so many.
    """

    samples: int
    times: NDArray[np.int64]
    kinds: NDArray[np.int64]

    @classmethod
    def of_counts(cls, counts: Iterable[int], samples: int | None = None) -> "Seen":
        """From the number of samples that have each kind; kinds that none has are passed over.

        Args:
            counts: one number a kind.
            samples: how many were looked at; their sum where each has one kind.
        """
        found = np.array([count for count in counts if count], np.int64)
        times, kinds = np.unique(found, return_counts=True)
        return cls(samples=int(found.sum()) if samples is None else samples, times=times, kinds=kinds)

    @property
    def observed(self) -> int:
        """Kinds that were seen."""
        return int(self.kinds.sum())

    @property
    def sightings(self) -> int:
        """Pairs of a sample and a kind that it has."""
        return int((self.times * self.kinds).sum())

    def seen(self, times: int) -> int:
        """Kinds that were seen in exactly so many samples."""
        return int(self.kinds[self.times == times].sum())


def coverage(seen: Seen) -> Estimate:
    """Probability that the next sighting is of a kind that was seen before: 1 - f1 / n.

    Good, *The Population Frequencies of Species and the Estimation of Population Parameters* (1953), who credits
    Turing; the interval is Esty's (1983). Where nothing was seen it is 0.
    """
    count = seen.sightings
    if not count:
        return Estimate(value=0.0, low=0.0, high=1.0)
    once, twice = seen.seen(1), seen.seen(2)
    margin = Z95 * sqrt(max(0.0, once * (1 - once / count) + 2 * twice)) / count
    value = 1 - once / count
    return Estimate(value=value, low=max(0.0, value - margin), high=min(1.0, value + margin))


def chao1(seen: Seen, *, bias_corrected: bool = False) -> Estimate:
    """A lower bound of how many kinds there are, seen or not; of incidence it is known as Chao2.

    observed + (n-1)/n f1^2 / 2 f2 (Chao, 1984), and where f2 is 0 or it is asked for, the form that is corrected for
    bias, observed + (n-1)/n f1 (f1-1) / 2 (f2+1). The interval is log-normal (Chao, 1987), so it never falls below
    what was observed.
    """
    observed, hidden = seen.observed, _hidden(seen, bias_corrected=bias_corrected)
    if hidden <= 0:
        return Estimate(value=float(observed), low=float(observed), high=float(observed))
    once, twice = seen.seen(1), seen.seen(2)
    part = (seen.samples - 1) / seen.samples
    if twice and not bias_corrected:
        ratio = once / twice
        variance = twice * (part / 2 * ratio**2 + part**2 * ratio**3 + part**2 / 4 * ratio**4)
    elif twice:
        variance = (
            part * once * (once - 1) / (2 * (twice + 1))
            + part**2 * once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
            + part**2 * once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
        )
    else:
        total = observed + hidden
        variance = part * once * (once - 1) / 2 + part**2 * once * (2 * once - 1) ** 2 / 4
        variance -= part**2 * once**4 / (4 * total)
    spread = exp(Z95 * sqrt(log(1 + max(0.0, variance) / hidden**2)))
    return Estimate(value=observed + hidden, low=observed + hidden / spread, high=observed + hidden * spread)


def expected_new(seen: Seen, further: float, *, seed: int = 0) -> Estimate:
    """How many kinds that were not seen yet ``further`` samples of the same source would bring.

    f0 [1 - (1 - f1 / (n f0 + f1))^m], with f0 the kinds not seen by Chao1 (Colwell et al., 2012). It is a lower
    bound as Chao1 is, and speaks up to ``RELIABLE`` times the samples in all; beyond that it leans ever more on Chao1.
    The interval is that of the bootstrap of Chao et al. (2014, appendix G), in which each kind is seen by itself.
    """
    value = _new(seen.samples, seen.seen(1), _hidden(seen), further)
    if not seen.samples or not seen.observed:
        return Estimate(value=value)
    drawn = _redrawn(seen, np.random.default_rng(seed))
    again = [_new(seen.samples, once, _chao(seen.samples, once, twice), further) for once, twice in drawn.tolist()]
    margin = Z95 * float(np.std(again))
    return Estimate(value=value, low=max(0.0, value - margin), high=value + margin)


def is_reliable(seen: Seen, further: float) -> bool:
    """Whether ``expected_new`` of so many further samples stays where it was found to hold."""
    return seen.samples + further <= RELIABLE * seen.samples


def _new(samples: int, once: int, hidden: float, further: float) -> float:
    if hidden <= 0 or not once:
        return 0.0
    return hidden * (1 - (1 - once / (samples * hidden + once)) ** further)


def _hidden(seen: Seen, *, bias_corrected: bool = False) -> float:
    if not seen.samples:
        return 0.0
    return _chao(seen.samples, seen.seen(1), seen.seen(2), bias_corrected=bias_corrected)


def _chao(samples: int, once: int, twice: int, *, bias_corrected: bool = False) -> float:
    """Kinds that were not seen, at the least."""
    part = (samples - 1) / samples
    if twice and not bias_corrected:
        return part * once**2 / (2 * twice)
    return part * once * (once - 1) / (2 * (twice + 1))


def _redrawn(seen: Seen, generator: np.random.Generator) -> NDArray[np.int64]:
    """How many kinds would be seen once and twice if all samples were drawn again: (draws, 2).

    Kinds that were seen get probabilities that leave room for those that were not, which share that room. Kinds seen
    equally often are alike, so each draw asks once for all of them.
    """
    samples, once, twice = seen.samples, seen.seen(1), seen.seen(2)
    hidden = ceil(_hidden(seen))
    missed = 0.0  # share of sightings that are of kinds not seen (Chao & Jost, 2012)
    if once and samples > 1:
        missed = once / seen.sightings * ((samples - 1) * once / ((samples - 1) * once + 2 * max(twice, 1)))
    a_sample = seen.sightings / samples
    shares = seen.times / samples
    unseen_again = shares * (1 - shares) ** samples
    weight = a_sample * missed / float((seen.kinds * unseen_again).sum()) if unseen_again.any() else 0.0
    chances = np.clip(shares - weight * unseen_again, 0.0, 1.0)
    if hidden:
        chances = np.append(chances, min(1.0, a_sample * missed / hidden))
    kinds = np.append(seen.kinds, hidden) if hidden else seen.kinds
    one = samples * chances * (1 - chances) ** (samples - 1)
    two = samples * (samples - 1) / 2 * chances**2 * (1 - chances) ** max(samples - 2, 0)
    rest = np.clip(1 - one - two, 0.0, 1.0)
    fates = np.stack([one, two, rest], axis=1)
    fates /= fates.sum(axis=1, keepdims=True)
    drawn = generator.multinomial(kinds, fates, size=(_DRAWS, len(kinds)))
    return drawn[:, :, :2].sum(axis=1)
