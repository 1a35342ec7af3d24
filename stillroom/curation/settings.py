"""What counts as a duplicate, and how many bands it takes to find one that is near."""

import math
from dataclasses import dataclass
from pathlib import Path

from stillroom.batch_runner import BatchRunner
from stillroom.curation.text_kernels import SHINGLE_CHARS
from stillroom.errors import RequestError
from stillroom.fingerprint import fingerprint

_MOST_BANDS = 40
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What searches may take of memory, of disk and of other processes, as in ``DedupSettings``."""

    memory_bytes: int = 1024 * _MEBIBYTE
    spill_directory: Path | None = None
    batch_runner: BatchRunner | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DedupSettings:
    """Which kinds of duplicates are looked for, how surely they are found, and what the search may use.

    MinHash-LSH (Broder, 1997; Leskovec et al., *Mining of Massive Datasets*, section 3.4): two texts of Jaccard
    similarity ``s`` agree in one row of their sketches with probability ``s``, in all ``r`` rows of a band with
    ``s^r``, and become candidates, by agreeing in any of ``b`` bands, with probability ``1 - (1 - s^r)^b``.

    Attributes:
        exact: whether a document with the same normalised text as an earlier one is a duplicate.
        near: whether one with another text is, where it is similar enough.
        threshold: least exact Jaccard similarity of 5-character shingle sets that makes a duplicate, 0.3 to 1.
        recall: least probability that a pair exactly at the threshold becomes a candidate. Pairs above it are
            found more surely still: with the defaults 0.999 at 0.7, 0.99997 at 0.75.
        bucket_peers: with how many earlier kept documents of one bucket a document is compared: half of them
            the bucket's first, half its latest. This alone bounds the work on a corpus full of boilerplate, and
            costs nothing where buckets are smaller.
        most_compared: with how many others a document is compared exactly at most: those that its sketch resembles
            most. Few have that many.
        memory_bytes: what DuckDB may hold before it spills. Batches of texts, of buckets and of pairs in work are cut
            by it too, and take about as much again. Outside it lie some 90 bytes a document (its place and arrival,
            where its id is, flags, the keys of eight bands), pairs that were found to be duplicates, what further kinds
            compare by, and a caller's frames.
        spill_directory: where the scratch database lies; the system's temporary folder by default, which may be in
            memory. Builds take the lake's folder `tmp`, where maintenance finds what a killed one left.
        batch_runner: where many documents are signed; in this process by default.
    """

    exact: bool = True
    near: bool = True
    threshold: float = 0.7
    recall: float = 0.999
    bucket_peers: int = 16
    most_compared: int = 32
    memory_bytes: int = 1024 * _MEBIBYTE
    spill_directory: Path | None = None
    batch_runner: BatchRunner | None = None

    def __post_init__(self) -> None:
        """Refuse settings that no search can meet.

        Raises:
            RequestError: naming the field, what was found and what was expected.
        """
        for name, value, least, most in (
            ("threshold", self.threshold, 0.3, 1.0),
            ("recall", self.recall, 0.5, 0.999999),
            ("bucket_peers", self.bucket_peers, 2, 1024),
            ("most_compared", self.most_compared, 1, math.inf),
            ("memory_bytes", self.memory_bytes, 64 * _MEBIBYTE, math.inf),
        ):
            if not least <= value <= most:
                raise RequestError(f"dedup {name} is {value}: expected a value from {least} to {most}")

    @property
    def rows_per_band(self) -> int:
        """The most rows ``r`` for which at most 40 bands reach the recall: more rows, fewer false candidates."""
        return next(rows for rows in range(16, 0, -1) if rows == 1 or self._bands_needed(rows) <= _MOST_BANDS)

    @property
    def bands(self) -> int:
        """The least ``b`` with ``1 - (1 - threshold^r)^b >= recall``."""
        return self._bands_needed(self.rows_per_band)

    def least_estimate(self, bands: int) -> float:
        """The estimate from sketches of so many bands below which a pair is not worth an exact comparison.

        A pair at the threshold has a lower one in at most one case in a million: ``K`` rows that agree with some
        probability fall short of it by a share of ``t`` with probability at most ``exp(-2 t^2 K)`` (Hoeffding, 1963),
        and taking off agreement by chance stretches the shortfall by ``1 / (1 - 2^-bits)``.
        """
        shortfall = math.sqrt(math.log(1e6) / (2 * bands * self.rows_per_band))
        return self.threshold - shortfall / (1.0 - 0.5 ** row_bits(self.rows_per_band))

    @property
    def scheme(self) -> str:
        """Identity of all that decides a signature: only signatures of one scheme can be compared."""
        return fingerprint(["minhash-signature", 3, SHINGLE_CHARS, self.bands, self.rows_per_band], length=16)

    def _bands_needed(self, rows: int) -> int:
        miss = 1.0 - self.threshold**rows
        return 1 if miss <= 0.0 else math.ceil(math.log(1.0 - self.recall) / math.log(miss))


def row_bits(rows_per_band: int) -> int:
    """How many bits of each row of a sketch fit into a band's 32-bit key."""
    return 32 // rows_per_band
