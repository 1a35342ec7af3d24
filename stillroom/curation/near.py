"""The search for near-duplicates among documents with different texts: buckets, candidates, exact verification."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.budget import Budget
from stillroom.curation.candidates import KEY_BITS, Arrivals, starts, whole_buckets
from stillroom.curation.documents import Documents
from stillroom.curation.first_bands import alike_rows
from stillroom.curation.pair_tables import PairTables
from stillroom.curation.relations import Relation, choose
from stillroom.curation.settings import DedupSettings
from stillroom.curation.shared_buckets import shared_buckets
from stillroom.curation.signed import Signed
from stillroom.curation.verification import verify
from stillroom.errors import LakeError

TextsOf: TypeAlias = Callable[[list[str]], Iterable[pl.DataFrame]]
Flags: TypeAlias = NDArray[np.bool_]
Pairs: TypeAlias = tuple[Arrivals, Arrivals, Arrivals]
"""Buckets, and of each the later and the earlier document of a pair in it."""

_ROWS_AT_A_TIME = 1 << 15  # of buckets, whose keys stay in the processor's cache while pairs of them are looked at


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
        for shared in shared_buckets(self._signed, self._settings.bands, self._budget):
            buckets, arrivals, is_crowded = shared.buckets, shared.arrivals, shared.sizes > peers + 1
            crowded = buckets[is_crowded]
            self._crowded = np.sort(np.concatenate([self._crowded, crowded[starts(crowded)]]))
            self._tables.add_crowded(crowded, arrivals[is_crowded], self._budget.bucket_rows)
            self._is_crowded[self._new(arrivals[is_crowded])] = True
            self._add_lasting(buckets[~is_crowded], arrivals[~is_crowded])
        return len(self._crowded)

    def _settle(self) -> pl.DataFrame:
        """Verify candidates and choose representatives until nothing changes.

        In a crowded bucket the candidates depend on who is kept, and who is kept on them. Whatever is guessed first,
        each round settles at least the next document in order, so that the end is what a walk through the documents
        one by one would find. The guess that only the first of each crowded bucket is kept makes short work of a
        hundred thousand versions of one text; a few rounds reach the end, each of which looks only at buckets in which
        the last one changed who is kept. Elsewhere the guess is that all are kept: it matters only where a document
        has more candidates than it is compared with.
        """
        different = self._signed.different() if self._relations else np.zeros(0, np.int64)
        is_out = self._not_first()
        is_changed = self._is_crowded
        guessed = np.zeros(0, np.int64)
        while True:
            self._renew_passing(is_out, is_changed)
            is_cut = self._tables.choose_candidates(self._settings.most_compared, guessed)
            self._verify()
            drops = choose(self._tables.matches(self._settings.threshold), self._relations, different)
            dropped = drops["arrival"].to_numpy()
            was_out, is_out = is_out, np.zeros(len(is_out), bool)
            is_out[dropped - self._first] = True
            is_changed = (was_out != is_out) & self._is_crowded
            is_same = np.array_equal(guessed, dropped) or (not is_cut and bool(np.isin(guessed, dropped).all()))
            if is_same and not is_changed.any():
                return drops
            guessed = dropped

    def _not_first(self) -> Flags:
        """Of each new document whether it is in crowded buckets, and the first of none."""
        is_out = self._is_crowded.copy()
        for part in range(self._tables.crowded_parts):
            buckets, arrivals = self._tables.crowded(part)
            is_out[self._new(arrivals[starts(buckets)])] = False
        return is_out

    def _new(self, arrivals: Arrivals) -> Arrivals:
        """Those of these documents that are new, counted from 0."""
        return arrivals[arrivals >= self._first] - self._first

    def _are(self, arrivals: Arrivals, is_so: Flags) -> Flags:
        """Of these documents, which are new ones that are so; ``is_so`` has a flag for each new document."""
        are_so = arrivals >= self._first
        are_so[are_so] = is_so[arrivals[are_so] - self._first]
        return are_so

    def _add_lasting(self, buckets: Arrivals, arrivals: Arrivals) -> None:
        """Add the pairs of buckets in which every document is compared with all before it, each pair once."""
        everyone = np.ones(len(arrivals), bool)
        for in_buckets, later, earlier in _gathered(self._alike(buckets, arrivals, everyone), self._budget.pairs):
            is_first = self._signed.is_first_shared(later, earlier, in_buckets >> KEY_BITS, self._crowded)
            found = pl.DataFrame({"later": later[is_first], "earlier": earlier[is_first]})
            self._tables.add_pairs(self._likely(found).with_columns(bucket=pl.lit(None, pl.Int64)))

    def _renew_passing(self, is_out: Flags, is_changed: Flags) -> None:
        """Make the pairs of crowded buckets anew in which it has changed whether a new document is out."""
        for part in range(self._tables.crowded_parts if is_changed.any() else 0):
            buckets, arrivals = self._tables.crowded(part)
            begins = np.flatnonzero(starts(buckets))
            is_renewed = np.logical_or.reduceat(self._are(arrivals, is_changed), begins)
            self._tables.forget_pairs(buckets[begins[is_renewed]])
            renewed = np.repeat(is_renewed, np.diff(np.append(begins, len(buckets))))
            self._add_passing(buckets[renewed], arrivals[renewed], is_out)

    def _add_passing(self, buckets: Arrivals, arrivals: Arrivals, is_out: Flags) -> None:
        """Add the pairs of buckets in which a document is compared with some that are not out, for each bucket."""
        alike = self._alike(buckets, arrivals, ~self._are(arrivals, is_out))
        for in_buckets, later, earlier in _gathered(alike, self._budget.pairs):
            met = pl.DataFrame({"bucket": in_buckets, "later": later, "earlier": earlier})
            self._tables.add_pairs(self._likely(met.group_by("later", "earlier").agg("bucket")).explode("bucket"))

    def _alike(self, buckets: Arrivals, arrivals: Arrivals, is_kept: Flags) -> Iterator[Pairs]:
        """Pairs in buckets of which the later is new, has another text, and resembles the earlier at first sight."""
        first_keys = self._signed.first_keys()
        for some in whole_buckets(buckets, _ROWS_AT_A_TIME):
            in_buckets, documents = buckets[some], arrivals[some]
            places = self._signed.places(documents)
            is_new, keys = documents >= self._first, np.take(first_keys, places, axis=0)
            numbers = None if self._text_numbers is None else self._text_numbers[places]
            for rows, others in alike_rows(in_buckets, is_kept[some], is_new, keys, self._settings, numbers):
                yield in_buckets[rows], documents[rows], documents[others]

    def _likely(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Those of these pairs that may reach the threshold by all their bands, with their ``estimate``."""
        estimates = self._signed.estimates(pairs["later"].to_numpy(), pairs["earlier"].to_numpy())
        is_likely = estimates >= self._settings.least_estimate(self._settings.bands)
        return pairs.with_columns(pl.Series("estimate", estimates)).filter(pl.Series(is_likely))

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
        is_wanted = np.zeros(self._signed.documents.count, bool)
        is_wanted[self._new(arrivals)] = True
        yield from self._signed.documents.texts(is_wanted)
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
