"""The search for near-duplicates among documents with different texts: buckets, candidates, exact verification."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.bucket_rows import bucket_rows
from stillroom.curation.budget import Budget
from stillroom.curation.candidates import KEY_BITS, Arrivals, pairs_by_distance, starts
from stillroom.curation.documents import Documents
from stillroom.curation.pair_tables import PairTables
from stillroom.curation.relations import Relation, choose
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signed import Signed
from stillroom.curation.sketch import estimated_jaccard
from stillroom.curation.verification import verify
from stillroom.errors import LakeError

TextsOf: TypeAlias = Callable[[list[str]], Iterable[pl.DataFrame]]
Flags: TypeAlias = NDArray[np.bool_]
Pairs: TypeAlias = tuple[Arrivals, Arrivals, Arrivals]
"""Buckets, and of each the later and the earlier document of a pair in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldDocuments:
    """What is already published: it wins over newcomers and is never dropped.

    Attributes:
        signatures: a frame of ``SIGNATURE_SCHEMA``: the rows that earlier searches returned for these documents. What
            does not fit in memory comes as ``polars.scan_parquet(...)``.
        texts: gives the texts of some of them: a list of ids in, frames (id, text) out, in any order. Asked only for
            documents that share a bucket with a new one.
    """

    signatures: Documents
    texts: TextsOf


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicates:
    """What is dropped in favour of what, as near-duplicates or as other relations say.

    Attributes:
        drops: a frame of ``DROPS``.
        crowded_buckets: buckets of which not all pairs were compared.
    """

    drops: pl.DataFrame
    crowded_buckets: int


class NearSearch:
    """One search; call ``run`` once."""

    def __init__(
        self,
        tables: PairTables,
        signed: Signed,
        texts: TextsOf,
        settings: DedupSettings,
        relations: Sequence[Relation] = (),
    ) -> None:
        """Prepare a search among these documents; ``relations`` are asked along with it, ``texts`` for old texts."""
        self._tables = tables
        self._signed = signed
        self._texts_of_old = texts
        self._settings = settings
        self._relations = relations
        self._budget = Budget(settings.memory_bytes)
        self._first = signed.documents.first
        self._crowded = np.zeros(0, np.int64)  # buckets, ascending
        self._is_crowded: Flags = np.zeros(signed.documents.count, bool)  # new documents, in crowded buckets
        self._text_numbers = None if settings.exact else signed.text_numbers()

    def run(self) -> NearDuplicates:
        """Compare the documents with each other and with the old ones."""
        crowded_buckets = self._fill_buckets()
        return NearDuplicates(drops=self._settle(), crowded_buckets=crowded_buckets)

    def _fill_buckets(self) -> int:
        """Put candidate pairs into the scratch database, some buckets at a time; returns how many are crowded."""
        peers = self._settings.bucket_peers
        for new_rows, old_rows in bucket_rows(self._signed, self._settings.bands, self._budget.bucket_rows):
            buckets, arrivals = self._tables.shared_buckets(new_rows, old_rows)
            is_start = starts(buckets)
            sizes = np.diff(np.append(np.flatnonzero(is_start), len(buckets)))
            is_crowded = np.repeat(sizes > peers + 1, sizes)
            self._crowded = np.sort(np.concatenate([self._crowded, buckets[is_start & is_crowded]]))
            self._tables.add_crowded(buckets[is_crowded], arrivals[is_crowded], self._budget.bucket_rows)
            self._is_crowded[self._new(arrivals[is_crowded])] = True
            roomy = arrivals[~is_crowded]
            self._add_pairs(buckets[~is_crowded], roomy, np.ones(len(roomy), bool), lasting=True)
        return len(self._crowded)

    def _settle(self) -> pl.DataFrame:
        """Verify candidates and choose representatives until nothing changes.

        In a crowded bucket the candidates depend on who is kept, and who is kept on them. Whatever is guessed first,
        each round settles at least the next document in order, so that the end is what a walk through the documents
        one by one would find. The guess that only the first of each crowded bucket is kept makes short work of a
        hundred thousand versions of one text; a few rounds reach the end. Elsewhere the guess is that all are kept:
        it matters only where a document has more candidates than it is compared with.
        """
        different = self._signed.different() if self._relations else np.zeros(0, np.int64)
        is_out = self._not_first()
        guessed = np.zeros(0, np.int64)
        while True:
            self._tables.forget_passing_pairs()
            for part in range(self._tables.crowded_parts):
                buckets, arrivals = self._tables.crowded(part)
                self._add_pairs(buckets, arrivals, self._are_in(arrivals, is_out), lasting=False)
            is_cut = self._tables.choose_candidates(self._settings.most_compared, guessed)
            self._verify()
            drops = choose(self._tables.matches(self._settings.threshold), self._relations, different)
            dropped = drops["arrival"].to_numpy()
            was_out, is_out = is_out, np.zeros(len(is_out), bool)
            is_out[dropped - self._first] = True
            is_same = np.array_equal(guessed, dropped) or (not is_cut and bool(np.isin(guessed, dropped).all()))
            if is_same and np.array_equal(was_out & self._is_crowded, is_out & self._is_crowded):
                return drops
            guessed = dropped

    def _not_first(self) -> Flags:
        """Of each new document whether it is in crowded buckets, and the first of none."""
        is_out = self._is_crowded.copy()
        for part in range(self._tables.crowded_parts):
            buckets, arrivals = self._tables.crowded(part)
            is_out[self._new(arrivals[starts(buckets)])] = False
        return is_out

    def _are_in(self, arrivals: Arrivals, is_out: Flags) -> Flags:
        """Whether these documents are kept: old, or not among the new ones that are out."""
        are_in = np.ones(len(arrivals), bool)
        is_new = arrivals >= self._first
        are_in[is_new] = ~is_out[arrivals[is_new] - self._first]
        return are_in

    def _new(self, arrivals: Arrivals) -> Arrivals:
        """Those of these documents that are new, counted from 0."""
        return arrivals[arrivals >= self._first] - self._first

    def _add_pairs(self, in_buckets: Arrivals, arrivals: Arrivals, is_kept: Flags, *, lasting: bool) -> None:
        pairs = map(self._likely, pairs_by_distance(in_buckets, arrivals, is_kept, self._settings.bucket_peers))
        if lasting:
            pairs = map(self._once, _gathered(pairs, self._budget.asked_pairs))
        for _, later, earlier in _gathered(pairs, self._budget.pairs):
            if not lasting:
                later, earlier = _unique(later, earlier)
            estimates = self._estimates(later, earlier)
            is_likely = estimates >= self._settings.least_estimate(self._settings.bands)
            self._tables.add_pairs(later[is_likely], earlier[is_likely], estimates[is_likely], lasting=lasting)

    def _likely(self, pairs: Pairs) -> Pairs:
        """Those of which the later document is new, has another text, and resembles the earlier one at first sight."""
        pairs = _those(pairs, pairs[1] >= self._first)
        pairs = _those(pairs, self._signed.seem_alike(pairs[1], pairs[2]))
        if self._text_numbers is None:
            return pairs
        of_later, of_earlier = (self._text_numbers[self._signed.places(side)] for side in pairs[1:])
        return _those(pairs, of_later != of_earlier)

    def _once(self, pairs: Pairs) -> Pairs:
        """Those of these pairs that no band before has, too: all pairs of its buckets were made but of crowded ones."""
        buckets, later, earlier = pairs
        return _those(pairs, self._signed.is_first_shared(later, earlier, buckets >> KEY_BITS, self._crowded))

    def _estimates(self, later: Arrivals, earlier: Arrivals) -> NDArray[np.float64]:
        left, right = (self._signed.keys(side) for side in (later, earlier))
        return estimated_jaccard(left, right, self._settings.rows_per_band)

    def _verify(self) -> None:
        while True:
            later, earlier = self._tables.unverified(self._budget.verified_pairs)
            if not len(later):
                return
            texts = self._texts(np.unique(np.concatenate([later, earlier])))
            page = self._budget.page_characters
            verify(self._tables, later, earlier, texts, file=self._signed.folder / "texts", page_characters=page)

    def _texts(self, arrivals: Arrivals) -> Iterator[pl.DataFrame]:
        """The texts of these documents, in batches of arrival, text."""
        documents = self._signed.documents
        is_wanted = np.zeros(documents.count, bool)
        is_wanted[self._new(arrivals)] = True
        for batch in documents.batches() if is_wanted.any() else ():
            wanted = is_wanted[batch["arrival"].to_numpy() - self._first]
            yield batch.filter(pl.Series(wanted)).select("arrival", "text")
        old = pl.DataFrame({"arrival": arrivals[arrivals < self._first]})
        old = old.with_columns(self._signed.ledger.ids(old["arrival"].to_numpy()))
        found = 0
        missing = old["id"]
        for batch in self._texts_of_old(old["id"].to_list()) if len(old) else ():
            texts = batch.join(old, on="id", how="inner").select("arrival", "text", "id")
            found += len(texts)
            missing = missing.filter(~missing.is_in(texts["id"].implode()))
            yield texts.select("arrival", "text")
        if found != len(old):
            raise LakeError(
                f"asked for the texts of {len(old)} old documents, found {found}: "
                f"expected one for each signature; missing: {missing.head(3).to_list()}"
            )


def _those(pairs: Pairs, are_wanted: Flags) -> Pairs:
    if are_wanted.all():
        return pairs
    buckets, later, earlier = (column[are_wanted] for column in pairs)
    return buckets, later, earlier


def _gathered(pairs: Iterable[Pairs], at_a_time: int) -> Iterator[Pairs]:
    """The same pairs, about so many at a time."""
    waiting: list[Pairs] = []
    held = 0
    for some_pairs in pairs:
        for start in range(0, len(some_pairs[0]), at_a_time):
            buckets, later, earlier = (column[start : start + at_a_time] for column in some_pairs)
            waiting.append((buckets, later, earlier))
            held += len(later)
            if held >= at_a_time:
                yield _together(waiting)
                waiting, held = [], 0
    if held:
        yield _together(waiting)


def _together(parts: Sequence[Pairs]) -> Pairs:
    buckets, later, earlier = (np.concatenate(column) for column in zip(*parts, strict=True))
    return buckets, later, earlier


def _unique(later: Arrivals, earlier: Arrivals) -> tuple[Arrivals, Arrivals]:
    found = pl.DataFrame({"later": later, "earlier": earlier}).unique()
    return found["later"].to_numpy(), found["earlier"].to_numpy()
