"""The signature of a document: what later searches compare it by, so that nothing is computed twice."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.settings import DedupSettings
from stillroom.curation.sketch import band_keys, sketch
from stillroom.curation.text_kernels import BandKeys
from stillroom.curation.texts import normalised_blocks, text_hash
from stillroom.errors import RequestError

SIGNATURE_SCHEMA = pl.Schema(
    {
        "id": pl.String(),
        "arrival": pl.Int64(),  # order among all documents ever signed; earlier ones win
        "text_hash": pl.String(),  # 32 hex digits of the normalised text
        "characters": pl.Int64(),  # of the normalised text
        "bands": pl.List(pl.UInt32()),  # one key per band; all 0 for an empty text, which is in no bucket
        "scheme": pl.String(),  # DedupSettings.scheme
    }
)


def sign(documents: pl.DataFrame, settings: DedupSettings) -> tuple[pl.Series, pl.DataFrame]:
    """Hash every text, and sign the different ones.

    Args:
        documents: id, arrival (ascending), text.
        settings: decide the bands.

    Returns:
        The text hash of every document, in order; and a frame of ``SIGNATURE_SCHEMA`` with one row per different
        text, that of its first document.
    """
    hashes: list[str] = []
    first_rows: dict[str, int] = {}  # by hash
    characters: list[NDArray[np.int64]] = []
    keys: list[BandKeys] = []
    for texts in normalised_blocks(documents["text"]):
        new: list[int] = []
        for row, text in enumerate(texts.each()):
            found = text_hash(text)
            if first_rows.setdefault(found, len(hashes)) == len(hashes):
                new.append(row)
            hashes.append(found)
        rows = np.array(new, np.int64)
        characters.append(texts.characters()[rows])
        keys.append(band_keys(sketch(texts, rows, settings.bands * settings.rows_per_band), settings.bands))
    different = documents.select("id", "arrival")[list(first_rows.values())]
    signatures = different.with_columns(
        pl.Series("text_hash", list(first_rows), pl.String()),
        pl.Series("characters", np.concatenate(characters), pl.Int64()),
        pl.Series("bands", np.concatenate(keys), pl.Array(pl.UInt32(), settings.bands)).arr.to_list(),
        pl.lit(settings.scheme).alias("scheme"),
    )
    return pl.Series("text_hash", hashes, pl.String()), signatures


def keys_of(signatures: pl.DataFrame, settings: DedupSettings) -> BandKeys:
    """The band keys of signatures as an array, shape (documents, bands)."""
    flat: NDArray[np.uint32] = signatures["bands"].explode(empty_as_null=False).to_numpy()
    return flat.reshape(len(signatures), settings.bands)


def check_signatures(signatures: pl.DataFrame, settings: DedupSettings) -> None:
    """Refuse old signatures that cannot be compared with new ones.

    Raises:
        RequestError: where columns are missing, or the scheme is another.
    """
    if missing := [name for name in SIGNATURE_SCHEMA if name not in signatures.columns]:
        raise RequestError(f"old signatures have no column {missing[0]!r}: expected {list(SIGNATURE_SCHEMA)}")
    others = signatures.filter(pl.col("scheme").ne_missing(settings.scheme))["scheme"].unique().to_list()
    if others:
        raise RequestError(
            f"old signatures have scheme {others[0]}, these settings make {settings.scheme}: "
            "sign the old documents again, or use the settings they were signed with"
        )
