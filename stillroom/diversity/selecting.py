"""Chooses texts that differ from one another and from what is held already, trading that against their scores.

Greedy, one text at a time, by ``(1 - quality) * novelty * balance + quality * score``:

- novelty: cosine distance to the nearest text chosen or held (Gonzalez, 1985; as a core set: Sener & Savarese,
  arXiv:1708.00489), from 0 for copies to 1 for what has nothing in common with any;
- balance: 1 for a cluster of which nothing is chosen, 1/2 for one that has its fair share, falling further after;
- score: the share of the candidates that score lower.

That is maximal marginal relevance (Carbonell & Goldstein, 1998) with clusters. No value ever rises as more is chosen,
so a value computed earlier is a bound, and the best is found by looking again only at what seems best (Minoux, 1978).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.diversity.clusters import Clusters, assign, k_means, nearest
from stillroom.diversity.quotas import Quotas, rank_shares
from stillroom.errors import RequestError

CHOSEN, SAMENESS, QUOTA = "chosen", "sameness", "quota"
_AT_ONCE = 128  # chosen texts that all others are compared with in one product of matrices
_MOST_CLUSTERS = 500
_SMALL_STEPS = 3

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is chosen before anything else: published rows, with the attributes that have quotas."""

    rows: Rows
    attributes: pl.DataFrame = field(default_factory=pl.DataFrame)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What was chosen, and why the others were not.

    Attributes:
        order: candidates in the order in which they were chosen.
        fates: (n,) one row per candidate: reason (``chosen``, ``sameness`` or ``quota:NAME``), nearest (place of the
            most similar chosen candidate, or of a held row counted on from the candidates; -1 where there is none), and
            similarity with it.
    """

    order: NDArray[np.int64]
    fates: pl.DataFrame


def choose(
    rows: Rows,
    count: int,
    *,
    scores: NDArray[np.float64] | None = None,
    quality: float = 0.0,
    attributes: pl.DataFrame | None = None,
    quotas: Mapping[str, float] | None = None,
    held: Held | None = None,
    clusters: int | None = None,
    seed: int = 0,
) -> Chosen:
    """Choose at most ``count`` of the candidates; fewer where quotas leave no room for more.

    A quota is a share of what there is in the end, so that it holds for that: where not all that is wanted finds room,
    the limits are those of a smaller total that can be filled: the largest, where there is one quota.

    Args:
        rows: (n, dims) embeddings of the candidates, of unit length.
        count: how many are wanted.
        scores: (n,), the higher the better; None where nothing is known.
        quality: 0 for novelty alone, 1 for scores alone.
        attributes: n rows, a column for each attribute with a quota.
        quotas: by attribute, the most of what is chosen and held that any one of its values may take, above 0 to 1,
            rounded up to whole texts; a text of which the value is not known (null or "") is not limited by it.
        held: what candidates are to differ from as well.
        clusters: how many are balanced; the square root of n by default, at most 500.
        seed: of the clusters; all else has no chance in it. Of equal candidates the first is chosen.

    Raises:
        RequestError: numbers of rows differ, a knob is out of its range, or a quota has no column.
    """
    _check(rows, count, scores, quality, attributes)
    held = held or Held(rows=np.empty((0, rows.shape[1]), np.float32))
    wanted = min(count, len(rows))
    columns = attributes if attributes is not None else pl.DataFrame()
    already = held.attributes if held.attributes.width else columns.clear()
    room = Quotas(quotas or {}, columns, already)
    found = k_means(rows, clusters or min(_MOST_CLUSTERS, max(2, round(len(rows) ** 0.5))), seed=seed)
    shares = np.full(len(rows), 0.5) if scores is None else rank_shares(scores)
    asked, attempts = wanted, 0
    while True:
        wanted = _fillable(room, wanted, len(held.rows))
        greedy = _Greedy(rows, found, shares, quality, held, wanted)
        reasons = _fill(greedy, room, wanted, asked, len(held.rows))
        if len(greedy.order) >= wanted:
            return Chosen(order=np.array(greedy.order, np.int64), fates=_fates(greedy, len(rows), reasons))
        # Several quotas together leave less room than each by itself. How much less is tried out, and soon in large
        # steps: what such a step gives away, `_fill` mostly takes back.
        attempts += 1
        wanted = len(greedy.order) if attempts <= _SMALL_STEPS else len(greedy.order) * 3 // 4


def _fillable(room: Quotas, wanted: int, held: int) -> int:
    """The most that can be chosen so that every quota by itself holds for what is chosen and held."""
    while (fits := room.room(wanted, wanted + held)) < wanted:
        wanted = fits
    return wanted


def _fill(greedy: "_Greedy", room: Quotas, wanted: int, asked: int, held: int) -> dict[int, str]:
    """Choose by the limits of ``wanted``; returns why candidates were passed over, by their place.

    Where that is less than was asked for, one more is chosen as long as quotas hold with it.
    """
    room.begin(held + wanted)
    reasons: dict[int, str] = {}
    while len(greedy.order) < asked and (candidate := greedy.best()) is not None:
        if len(greedy.order) >= wanted:
            room.widen(held + len(greedy.order) + 1)
        if (full := room.full(candidate)) is not None:
            reasons[candidate] = f"{QUOTA}:{full}"
            greedy.leave(candidate)
        else:
            room.take(candidate)
            greedy.take(candidate)
    greedy.compare()
    return reasons


class _Greedy:
    """The values of all candidates, as they fall while others are chosen."""

    def __init__(
        self, rows: Rows, clusters: Clusters, shares: NDArray[np.float64], quality: float, held: Held, wanted: int
    ) -> None:
        count = len(rows)
        self.order: list[int] = []
        self.nearest = np.full(count, -1, np.int64)
        self.similarity = np.zeros(count, np.float32)  # with the nearest; what points away is as new as can be
        self._rows, self._labels = rows, clusters.labels
        self._quality, self._score = quality, (quality * shares).astype(np.float32)
        self._waiting: list[int] = []  # chosen, and not yet compared with all others
        self._waiting_rows = np.empty((_AT_ONCE, rows.shape[1]), np.float32)
        self._is_open = np.ones(count, bool)
        self._looked = np.zeros(count, np.int64)  # how much was chosen when the value was computed
        taken = np.zeros(len(clusters.centres), np.int64)
        if len(held.rows) and count:
            places, similarity = nearest(rows, held.rows)
            self.nearest, self.similarity = places + count, np.maximum(similarity, 0.0)
            taken += np.bincount(assign(held.rows, clusters.centres), minlength=len(taken))
        self._taken = taken
        self._fair = max(1, wanted + len(held.rows)) / max(1, len(taken))
        self._values = np.full(count, -np.inf, np.float32)
        self._value_all()

    def best(self) -> int | None:
        """The open candidate of the greatest value, of equals the first; None where none is open."""
        while len(self._values):
            candidate = int(self._values.argmax())
            if not self._is_open[candidate]:
                return None
            if self._looked[candidate] == len(self.order):
                return candidate
            self._look_again(candidate)
        return None

    def take(self, candidate: int) -> None:
        """Choose it."""
        self.order.append(candidate)
        self._taken[self._labels[candidate]] += 1
        self._waiting_rows[len(self._waiting)] = self._rows[candidate]
        self._waiting.append(candidate)
        self.leave(candidate)
        if len(self._waiting) == _AT_ONCE:
            self.compare()

    def leave(self, candidate: int) -> None:
        """Ask about it no more."""
        self._is_open[candidate] = False
        self._values[candidate] = -np.inf

    def compare(self) -> None:
        """Compare all that is not chosen with what was chosen since the last time."""
        if not self._waiting:
            return
        places, similarity = nearest(self._rows, self._waiting_rows[: len(self._waiting)])
        is_nearer = similarity > self.similarity
        self.similarity[is_nearer] = similarity[is_nearer]
        self.nearest[is_nearer] = np.array(self._waiting)[places[is_nearer]]
        self._waiting = []
        self._value_all()

    def _look_again(self, candidate: int) -> None:
        with_waiting = self._waiting_rows[: len(self._waiting)] @ self._rows[candidate]
        similarity = float(with_waiting.max(initial=0.0))
        novelty = 1.0 - max(similarity, float(self.similarity[candidate]))
        balance = self._fair / (self._fair + self._taken[self._labels[candidate]])
        self._values[candidate] = (1 - self._quality) * novelty * balance + self._score[candidate]
        self._looked[candidate] = len(self.order)

    def _value_all(self) -> None:
        balance = (self._fair / (self._fair + self._taken)).astype(np.float32)
        values = (1 - self._quality) * (1.0 - self.similarity) * balance[self._labels] + self._score
        self._values = np.where(self._is_open, values, -np.inf).astype(np.float32)
        self._looked[:] = len(self.order)


def _fates(greedy: _Greedy, count: int, reasons: Mapping[int, str]) -> pl.DataFrame:
    """What became of each candidate; what was chosen has no nearest."""
    is_chosen = np.zeros(count, bool)
    is_chosen[greedy.order] = True
    named = [CHOSEN if is_chosen[place] else reasons.get(place, SAMENESS) for place in range(count)]
    return pl.DataFrame(
        {
            "reason": pl.Series(named, dtype=pl.String),
            "nearest": np.where(is_chosen, -1, greedy.nearest),
            "similarity": np.where(is_chosen, 0.0, greedy.similarity).astype(np.float64),
        }
    )


def _check(
    rows: Rows, count: int, scores: NDArray[np.float64] | None, quality: float, attributes: pl.DataFrame | None
) -> None:
    if count < 0:
        raise RequestError(f"{count} texts cannot be chosen")
    if not 0.0 <= quality <= 1.0:
        raise RequestError(f"quality is {quality}, expected 0 to 1")
    for what, found in (("scores", scores), ("attributes", attributes)):
        if found is not None and len(found) != len(rows):
            raise RequestError(f"there are {len(found)} {what} for {len(rows)} texts")
    if scores is not None and not np.isfinite(scores).all():
        raise RequestError("a score is no number")
