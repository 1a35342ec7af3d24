"""Which of many signatures share anything with texts that are to be compared: the wording, or a bucket of a band.

All others can be left where they are: a search finds the same without them.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.candidates import Flags, top_bits
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import keys_of, sign
from stillroom.curation.sketch import BandKeys
from stillroom.curation.text_kernels import SIGNING
from stillroom.kernels import load

_SIGNED_AT_A_TIME = 20_000
_SLOTS_PER_TEXT = 16
_FILTER_BITS = (12, 20)  # a mebibyte a band at most: what is exact comes after it


class Sought:
    """Texts that are to be compared, by what others may share with them. They are signed when first asked about."""

    def __init__(self, texts: Sequence[str], settings: DedupSettings) -> None:
        """Look for what shares anything with these texts, by signatures of these settings."""
        load(SIGNING)  # while signatures are read
        self._texts = texts
        self._settings = settings

    def met_by(self, signatures: pl.DataFrame) -> Flags:
        """Of each of these signatures, whether a text has its hash, or shares a bucket with it.

        Args:
            signatures: text_hash, characters, bands, of the settings' scheme.
        """
        hashes, bands = self._signed
        is_met = signatures["text_hash"].is_in(hashes.implode()).to_numpy()
        shares = np.zeros(len(signatures), bool)
        for band, of_band in zip(bands, np.ascontiguousarray(keys_of(signatures, self._settings).T), strict=True):
            shares[band.holds(of_band)] = True
        return is_met | (shares & (signatures["characters"] > 0).to_numpy())  # without a text in no bucket

    @cached_property
    def _signed(self) -> tuple[pl.Series, list["_Band"]]:
        hashes = [pl.Series("text_hash", [], pl.String())]
        signed = [np.zeros((0, self._settings.bands), np.uint32)]
        for start in range(0, len(self._texts), _SIGNED_AT_A_TIME):
            texts = pl.Series("text", self._texts[start : start + _SIGNED_AT_A_TIME], pl.String())
            documents = pl.select(texts).with_columns(id=pl.lit(""), arrival=pl.lit(0, pl.Int64))
            different = sign(documents, self._settings)[1]
            hashes.append(different["text_hash"])
            signed.append(keys_of(different.filter(pl.col("characters") > 0), self._settings))
        keys = np.concatenate(signed)
        return pl.concat(hashes).unique(), [_Band(keys[:, band]) for band in range(self._settings.bands)]


class _Band:
    """Keys of one band: a filter over a hash of them, before they are looked up."""

    def __init__(self, keys: BandKeys) -> None:
        self._keys = np.unique(keys)
        least, most = _FILTER_BITS
        self._bits = min(max(least, (_SLOTS_PER_TEXT * len(self._keys)).bit_length()), most)
        self._slots = np.zeros(1 << self._bits, bool)
        self._slots[top_bits(self._keys, self._bits)] = True

    def holds(self, keys: BandKeys) -> NDArray[np.int64]:
        """Where in ``keys`` there is one of these, ascending."""
        if not len(self._keys):
            return np.zeros(0, np.int64)
        likely = np.flatnonzero(self._slots[top_bits(keys, self._bits)])
        asked = keys[likely]
        at = np.minimum(np.searchsorted(self._keys, asked), len(self._keys) - 1)
        return likely[self._keys[at] == asked]
