"""Which of many signatures share anything with texts that are to be compared: the wording, or a bucket of a band.

All others can be left where they are: a search finds the same without them.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import polars as pl

from stillroom.curation.candidates import Flags
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import keys_of, sign
from stillroom.curation.sketch import BandKeys
from stillroom.curation.sought_kernels import fill_filters, find_met
from stillroom.curation.text_kernels import SIGNING
from stillroom.kernels import load

_SIGNED_AT_A_TIME = 20_000
_SLOTS_PER_TEXT = 32
_FILTER_BITS = (12, 22)  # half a mebibyte a band at most: what is exact comes after it


class Sought:
    """Texts that are to be compared, by what others may share with them. They are signed when first asked about."""

    def __init__(self, texts: Sequence[str], settings: DedupSettings) -> None:
        """Look for what shares anything with these texts, by signatures of these settings."""
        load((*SIGNING, fill_filters, find_met))  # while signatures are read
        self._texts = texts
        self._settings = settings

    def met_by(self, signatures: pl.DataFrame) -> Flags:
        """Of each of these signatures, whether a text has its hash, or shares a bucket with it.

        Args:
            signatures: text_hash, characters, bands, of the settings' scheme.
        """
        hashes, keys = self._signed
        has_hash = signatures["text_hash"].is_in(hashes.implode()).to_numpy()
        has_text = (signatures["characters"] > 0).to_numpy()  # without a text in no bucket
        return has_hash | keys.are_met_by(keys_of(signatures, self._settings), has_text)

    @cached_property
    def _signed(self) -> tuple[pl.Series, "_Keys"]:
        hashes = [pl.Series("text_hash", [], pl.String())]
        signed = [np.zeros((0, self._settings.bands), np.uint32)]
        for start in range(0, len(self._texts), _SIGNED_AT_A_TIME):
            texts = pl.Series("text", self._texts[start : start + _SIGNED_AT_A_TIME], pl.String())
            documents = pl.select(texts).with_columns(id=pl.lit(""), arrival=pl.lit(0, pl.Int64))
            different = sign(documents, self._settings)[1]
            hashes.append(different["text_hash"])
            signed.append(keys_of(different.filter(pl.col("characters") > 0), self._settings))
        return pl.concat(hashes).unique(), _Keys(np.concatenate(signed))


class _Keys:
    """Keys that are sought in each band: a filter over a hash of them, before they are looked up."""

    def __init__(self, keys: BandKeys) -> None:
        each = [np.unique(of_band) for of_band in keys.T]
        least, most = _FILTER_BITS
        self._bits = min(max(least, (_SLOTS_PER_TEXT * len(keys)).bit_length()), most)
        self._keys = np.concatenate(each)
        self._bounds = np.cumsum([0, *map(len, each)])
        self._filters = np.zeros((len(each), (1 << self._bits) // 8), np.uint8)
        fill_filters(self._keys, self._bounds, self._bits, self._filters)

    def are_met_by(self, keys: BandKeys, is_asked: Flags) -> Flags:
        """Of each of these documents, shape (documents, bands), whether it is asked about and has one of the keys."""
        is_met = np.zeros(len(keys), bool)
        find_met(keys, is_asked, self._keys, self._bounds, self._bits, self._filters, is_met)
        return is_met
