"""All documents of one search, signed: their band keys on disk, and a few bytes of each in memory."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.band_files import BandFiles, Places
from stillroom.curation.budget import Budget
from stillroom.curation.candidates import Arrivals
from stillroom.curation.documents import Documents, NewDocuments, batches
from stillroom.curation.first_bands import estimates, is_first_shared
from stillroom.curation.frame_files import FrameFiles
from stillroom.curation.ledger import Ledger
from stillroom.curation.scratch import Scratch
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import SIGNATURE_SCHEMA, check_signatures, keys_of
from stillroom.curation.signed_batches import signed_batches
from stillroom.curation.sketch import BandKeys
from stillroom.curation.text_kernels import SIGNING
from stillroom.kernels import load


class Signed:
    """Documents by place: the old ones as they came, then the new ones of different texts as they were read.

    In memory are, of each document, its arrival, its place and two flags: 34 bytes at most. Signatures of new
    documents are written to Parquet batch by batch, and keys to a file for each eight bands.

    Attributes:
        folder: where files of the search lie.
        documents: the new ones.
        ledger: ids and text hashes of all.
        old: how many are old; they stand before the new ones.
        arrivals: by place.
        is_compared: by place, whether it has a text, and is old or the first with that text.
    """

    def __init__(self, scratch: Scratch, new: Documents, old_signatures: Documents, settings: DedupSettings) -> None:
        """Sign all documents.

        Raises:
            RequestError: as ``find_duplicates``.
            OSError: there is no room.
        """
        load(SIGNING)  # while old signatures are read
        self.ledger = Ledger(scratch, Budget(settings.memory_bytes).ids)
        self._settings = settings
        self._budget = Budget(settings.memory_bytes)
        self.folder = scratch.folder
        self._bands = BandFiles(scratch.folder, settings.bands)
        self._parts: list[tuple[Arrivals, NDArray[np.bool_]]] = [(np.zeros(0, np.int64), np.zeros(0, bool))]
        self._files = FrameFiles(scratch.folder, "signed", SIGNATURE_SCHEMA)
        self._bands.add(self._old(old_signatures))
        self.documents = NewDocuments(new, self.ledger, self._budget)
        self.old = len(self.ledger.old_places)
        self._bands.add(self._new())
        self.arrivals, self.is_compared = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        self._parts.clear()
        first = self.documents.first
        self._place_of_new = np.full(self.documents.count, -1, np.int32)
        self._place_of_new[self.arrivals[self.old :] - first] = np.arange(self.old, len(self.arrivals))
        self.ledger.compare(with_old=settings.exact)
        repeats = self._place_of_new[self.ledger.repeats() - first]
        self.is_compared[repeats[repeats >= 0]] = False

    def band(self, band: int) -> BandKeys:
        """The keys of one band, by place, on disk."""
        return self._bands.band(band)

    def first_keys(self) -> BandKeys:
        """The keys of all documents in the first bands, by place, on disk, shape (documents, bands in a group)."""
        return self._bands.group(0)

    def estimates(self, later: Arrivals, earlier: Arrivals) -> NDArray[np.float64]:
        """The Jaccard similarity of pairs of documents that their keys in all bands suggest."""
        return estimates(self._bands, self.places(later), self.places(earlier), self._settings)

    def is_first_shared(
        self, later: Arrivals, earlier: Arrivals, bands: NDArray[np.int64], crowded: Arrivals
    ) -> NDArray[np.bool_]:
        """Of pairs of documents that share a bucket of a band, which share none of a band before it.

        Buckets that are ``crowded`` (ascending) do not count.
        """
        return is_first_shared(self._bands, self.places(later), self.places(earlier), bands, crowded)

    def places(self, arrivals: Arrivals) -> Places:
        """Where these documents stand."""
        is_new = arrivals >= self.documents.first
        if is_new.all():
            return self._place_of_new[arrivals - self.documents.first]
        places = np.empty(len(arrivals), np.int32)
        places[is_new] = self._place_of_new[arrivals[is_new] - self.documents.first]
        places[~is_new] = self.ledger.old_places.of(arrivals[~is_new])
        return places

    def different(self) -> Arrivals:
        """The new documents that are compared, ascending."""
        return np.sort(self.arrivals[self.old :][self.is_compared[self.old :]])

    def text_numbers(self) -> NDArray[np.int64]:
        """By place, a number for the text that equal ones share."""
        arrivals, numbers = self.ledger.text_numbers()
        places = self.places(arrivals)
        by_place = np.zeros(len(self.arrivals), np.int64)
        by_place[places[places >= 0]] = numbers[places >= 0]
        return by_place

    def signatures(self) -> pl.LazyFrame:
        """The signatures of new documents, one for each different text, in no order."""
        places = self._place_of_new[self.ledger.repeats_among_new() - self.documents.first]
        twice = pl.LazyFrame({"arrival": self.arrivals[places[places >= 0]]})
        return self._files.scan().join(twice, on="arrival", how="anti")

    def _old(self, signatures: Documents) -> Iterator[BandKeys]:
        for batch in batches(signatures, self._budget.signatures):
            check_signatures(batch, self._settings)
            self.ledger.add_old(batch)
            self._parts.append((batch["arrival"].to_numpy(), (batch["characters"] > 0).to_numpy()))
            yield keys_of(batch, self._settings)

    def _new(self) -> Iterator[BandKeys]:
        for batch, hashes, signed in signed_batches(self.documents.batches(), self._settings):
            self.ledger.add_hashes(batch.select("arrival", hashes))
            self._files.write(signed)
            self._parts.append((signed["arrival"].to_numpy(), (signed["characters"] > 0).to_numpy()))
            yield keys_of(signed, self._settings)
