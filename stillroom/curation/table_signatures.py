"""Keeps the signatures of tables, identified by their content, columns and scheme, from one curation to the next."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl

from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import SIGNATURE_SCHEMA
from stillroom.errors import LakeError
from stillroom.fingerprint import fingerprint
from stillroom.recipe import Table


def kept_signatures(
    folder: Path | None, table: Table, settings: DedupSettings, sign: Callable[[], pl.DataFrame]
) -> pl.DataFrame:
    """The signatures of a table, from the folder, or made and put there.

    Args:
        folder: made where it is missing; None: nothing is kept.
        table: whose.
        settings: decide their scheme.
        sign: makes them, a frame of ``SIGNATURE_SCHEMA``.

    Raises:
        LakeError: they cannot be written.
    """
    if folder is None:
        return sign()
    identity = fingerprint(["table-signatures", table.sha256, table.id, table.text, settings.scheme], length=32)
    place = folder / f"{identity}.parquet"
    if place.is_file():
        try:
            return pl.read_parquet(place, glob=False).select(SIGNATURE_SCHEMA.names()).cast(SIGNATURE_SCHEMA)
        except (pl.exceptions.PolarsError, OSError):  # damaged since: made again
            place.unlink(missing_ok=True)
    signatures = sign()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".parquet") as file:
            signatures.write_parquet(file)
            file.flush()
            os.link(file.name, place)  # whole or not at all
    except FileExistsError:
        return signatures  # another process was as quick
    except OSError as error:
        raise LakeError(
            f"cannot keep the signatures of table {table.name!r} in {folder}: {error}. Free space there, "
            "then try again."
        ) from error
    return signatures
