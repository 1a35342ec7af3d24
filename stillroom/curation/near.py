"""The search for near-duplicates among documents with different texts: buckets, candidates, exact verification."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.candidates import Arrivals, bucket_pairs, may_share
from stillroom.curation.documents import NewDocuments
from stillroom.curation.relations import Relation, choose
from stillroom.curation.scratch import Scratch, open_scratch
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import keys_of
from stillroom.curation.sketch import BandKeys, estimated_jaccard
from stillroom.curation.verification import verify
from stillroom.errors import LakeError

TextsOf: TypeAlias = Callable[[list[str]], pl.DataFrame]

_IDS_AT_A_TIME = 10_000
_PAIRS_AT_A_TIME = 200_000
_TURN_ROWS = 4_096
_BUCKET_ROWS = 4_000_000  # handed to DuckDB at a time: as many bands as fit
_NO_ROWS = pl.DataFrame(schema={"bucket": pl.Int64(), "arrival": pl.Int64()})


@dataclass(frozen=True, slots=True, kw_only=True)
class OldDocuments:
    """What is already published: it wins over newcomers and is never dropped.

    Attributes:
        signatures: a frame of ``SIGNATURE_SCHEMA``: the rows that earlier searches returned for these documents.
        texts: gives the texts of some of them: a list of ids in, a frame (id, text) out. Asked only for documents
            that share a bucket with a new one.
    """

    signatures: pl.DataFrame
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
        documents: NewDocuments,
        old: OldDocuments,
        settings: DedupSettings,
        relations: Sequence[Relation] = (),
    ) -> None:
        """Prepare a search among these documents and against the old ones; ``relations`` are asked along with it."""
        self._documents = documents
        self._old = old
        self._settings = settings
        self._relations = relations
        self._different: Arrivals = np.zeros(0, np.int64)  # new documents, ascending
        self._arrivals: Arrivals = np.zeros(0, np.int64)  # of all documents in buckets, ascending
        self._keys: BandKeys = np.zeros((0, settings.bands), np.uint32)  # theirs
        self._texts_of: NDArray[np.uint32] | None = None  # a number for their text each, where two may have the same

    def run(self, signatures: pl.DataFrame) -> NearDuplicates:
        """Compare the documents with these signatures with each other and with the old ones."""
        has_shingles = pl.col("characters") > 0
        new, old = signatures.filter(has_shingles), self._old.signatures.filter(has_shingles).sort("arrival")
        if not self._settings.exact:
            self._texts_of = pl.concat([old["text_hash"], new["text_hash"]]).rank("dense").to_numpy()
        self._different = new["arrival"].to_numpy()
        with open_scratch(self._settings) as scratch:
            crowded_buckets = self._fill_buckets(scratch, new, old)
            return NearDuplicates(drops=self._settle(scratch), crowded_buckets=crowded_buckets)

    def _fill_buckets(self, scratch: Scratch, new: pl.DataFrame, old: pl.DataFrame) -> int:
        """Put candidate pairs into the scratch database, some bands at a time; returns how many buckets are crowded."""
        peers = self._settings.bucket_peers
        new_keys, old_keys = keys_of(new, self._settings), keys_of(old, self._settings)
        new_arrivals, old_arrivals = new["arrival"].to_numpy(), old["arrival"].to_numpy()
        self._arrivals = np.concatenate([old_arrivals, new_arrivals])
        self._keys = np.concatenate([old_keys, new_keys])
        crowded_buckets = 0
        for rows in self._bucket_rows(_by_band(new_keys), new_arrivals, _by_band(old_keys), old_arrivals):
            buckets, arrivals = scratch.shared_buckets(*rows)
            _, place, sizes = np.unique(buckets, return_inverse=True, return_counts=True)
            is_crowded = sizes[place] > peers + 1
            crowded_buckets += int((sizes > peers + 1).sum())
            scratch.add_crowded(buckets[is_crowded], arrivals[is_crowded])
            roomy = arrivals[~is_crowded]
            self._add_pairs(scratch, buckets[~is_crowded], roomy, np.ones(len(roomy), bool), lasting=True)
        return crowded_buckets

    def _bucket_rows(
        self, new_keys: BandKeys, new: Arrivals, old_keys: BandKeys, old: Arrivals
    ) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """The rows (bucket, arrival) of documents that may share a bucket, some bands at a time; keys by band."""
        some_new, some_old, waiting = [_NO_ROWS], [_NO_ROWS], 0
        for band in range(self._settings.bands):
            of_new, of_old = new_keys[band], old_keys[band]
            new_may, old_may = may_share(of_new, of_old)
            some_new.append(_rows_of_band(band, of_new[new_may], new[new_may]))
            some_old.append(_rows_of_band(band, of_old[old_may], old[old_may]))
            waiting += len(some_new[-1]) + len(some_old[-1])
            if waiting > _BUCKET_ROWS or band == self._settings.bands - 1:
                yield pl.concat(some_new), pl.concat(some_old)
                some_new, some_old, waiting = [_NO_ROWS], [_NO_ROWS], 0

    def _settle(self, scratch: Scratch) -> pl.DataFrame:
        """Verify candidates and choose representatives until nothing changes.

        In a crowded bucket the candidates depend on who is kept, and who is kept on them. Whatever is guessed first,
        each round settles at least the next document in order, so that the end is what a walk through the documents
        one by one would find. The guess that only the first of each crowded bucket is kept makes short work of a
        hundred thousand versions of one text; a few rounds reach the end. Elsewhere the guess is that all are kept:
        it matters only where a document has more candidates than it is compared with.
        """
        buckets, arrivals = scratch.crowded()
        is_first = np.concatenate([[True], buckets[1:] != buckets[:-1]])[: len(buckets)]
        is_kept = np.isin(arrivals, arrivals[is_first]) | (arrivals < self._first_new)
        guessed = np.zeros(0, np.int64)
        while True:
            scratch.forget_passing_pairs()
            self._add_pairs(scratch, buckets, arrivals, is_kept, lasting=False)
            is_cut = scratch.choose_candidates(self._settings.most_compared, guessed)
            self._verify(scratch)
            matches = scratch.matches(self._settings.threshold)
            drops = choose(matches, self._relations, self._different)
            dropped = drops["arrival"].to_numpy()
            was_kept, is_kept = is_kept, ~np.isin(arrivals, dropped)
            is_same = np.array_equal(guessed, dropped) or (not is_cut and bool(np.isin(guessed, dropped).all()))
            if is_same and np.array_equal(was_kept, is_kept):
                return drops
            guessed = dropped

    def _add_pairs(
        self, scratch: Scratch, buckets: Arrivals, arrivals: Arrivals, is_kept: NDArray[np.bool_], *, lasting: bool
    ) -> None:
        later, earlier = bucket_pairs(buckets, arrivals, is_kept, self._settings.bucket_peers)
        is_wanted = later >= self._first_new
        if self._texts_of is not None:
            is_wanted &= self._texts_of[self._rows(later)] != self._texts_of[self._rows(earlier)]
        later, earlier = later[is_wanted], earlier[is_wanted]
        for start in range(0, len(later), _PAIRS_AT_A_TIME):
            some = slice(start, start + _PAIRS_AT_A_TIME)
            estimates = self._estimates(later[some], earlier[some])
            is_likely = estimates >= self._settings.least_estimate
            scratch.add_pairs(later[some][is_likely], earlier[some][is_likely], estimates[is_likely], lasting=lasting)

    def _estimates(self, later: Arrivals, earlier: Arrivals) -> NDArray[np.float64]:
        left, right = (self._keys[self._rows(side)] for side in (later, earlier))
        return estimated_jaccard(left, right, self._settings.rows_per_band)

    def _rows(self, arrivals: Arrivals) -> NDArray[np.intp]:
        """Where these documents stand in what is held of all documents in buckets."""
        return np.searchsorted(self._arrivals, arrivals)

    def _verify(self, scratch: Scratch) -> None:
        later, earlier = scratch.unverified()
        if len(later):
            verify(scratch, later, earlier, self._texts(np.unique(np.concatenate([later, earlier]))))

    def _texts(self, arrivals: Arrivals) -> Iterator[pl.DataFrame]:
        """The texts of these documents, in batches of arrival, text."""
        wanted = pl.DataFrame({"arrival": arrivals})
        for batch in self._documents.batches():
            yield batch.join(wanted, on="arrival", how="semi").select("arrival", "text")
        wanted = self._old.signatures.select("arrival", "id").join(wanted, on="arrival", how="semi")
        for part in wanted.iter_slices(_IDS_AT_A_TIME):
            found = self._old.texts(part["id"].to_list())
            texts = part.join(found, on="id", how="inner").select("arrival", "text")
            if len(texts) != len(part):
                missing = part.join(found, on="id", how="anti")["id"].to_list()
                raise LakeError(
                    f"asked for the texts of {len(part)} old documents, found {len(texts)}: "
                    f"expected one for each signature; missing: {missing[:3]}"
                )
            yield texts

    @property
    def _first_new(self) -> int:
        """The arrival of the first new document; all old ones lie below."""
        return int(self._documents.order["arrival"][0]) if len(self._documents.order) else 0


def _by_band(keys: BandKeys) -> BandKeys:
    """Keys of shape (documents, bands) as (bands, documents), turned round in blocks that fit the cache."""
    turned = np.empty(keys.shape[::-1], np.uint32)
    for start in range(0, len(keys), _TURN_ROWS):
        turned[:, start : start + _TURN_ROWS] = keys[start : start + _TURN_ROWS].T
    return turned


def _rows_of_band(band: int, keys: BandKeys, arrivals: Arrivals) -> pl.DataFrame:
    """Bucket (the band's number above 32 bits of key), arrival."""
    return pl.DataFrame({"bucket": keys.astype(np.int64) | band << 32, "arrival": arrivals})
