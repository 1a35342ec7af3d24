"""Rows of Parquet tables as old documents: compared with like published ones, read in batches, never held as text."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from stillroom.curation.comparison import Published
from stillroom.curation.relations import Kind
from stillroom.curation.semantic import Semantic
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import SIGNATURE_SCHEMA
from stillroom.curation.signed_batches import signed_batches
from stillroom.curation.structural import Structural
from stillroom.curation.table_signatures import kept_signatures
from stillroom.errors import RecipeError
from stillroom.recipe import Table

_BATCH_ROWS = 20_000
_UNREADABLE = (pl.exceptions.PolarsError, OSError)


def refuse_unusable_tables(tables: Sequence[Table]) -> dict[str, int]:
    """Look through these tables; returns the number of rows by name.

    Raises:
        RecipeError: a file is no Parquet, a column is missing or of another type, a value is null, or an id stands
            twice.
    """
    return {table.name: _usable_rows(table) for table in tables}


def with_tables(
    published: Published,
    tables: Sequence[Table],
    settings: DedupSettings,
    kinds: Sequence[Kind] = (),
    *,
    cache: Path | None = None,
) -> Published:
    """The same with the rows of tables after it, each as ``NAME:id``: of equal texts in one table the first.

    Args:
        published: what wins over them, should both be alike to one text.
        tables: of one kind of text.
        settings: decide the scheme of the signatures.
        kinds: in which other ways texts are compared; what they compare by is computed of the tables' rows too.
        cache: a folder where signatures stay, so that no table is signed twice; None where they need not.

    Raises:
        RecipeError: a table cannot be read.
        LakeError: signatures cannot be written to the cache.
        TeacherError: a kind embeds texts at an endpoint that gives no usable answer.
    """
    signed = [published.signatures]
    after = 1 + int(np.max(published.signatures["arrival"].to_numpy(), initial=-1))
    for table in tables:
        of_table = kept_signatures(cache, table, settings, lambda table=table: _sign(table, settings)).with_columns(
            pl.concat_str(pl.lit(f"{table.name}:"), "id").alias("id"), pl.col("arrival") + after
        )
        signed.append(of_table.select(SIGNATURE_SCHEMA.names()))
        after = max([after, *(of_table["arrival"].tail(1) + 1)])
        with_text = of_table.filter(pl.col("characters") > 0)
        for batch in _batches(table) if kinds else ():
            for kind in kinds:
                kind.sign(batch.join(with_text, on="id", how="semi"))
    by_name = {table.name: table for table in tables}

    def texts(ids: list[str]) -> Iterator[pl.DataFrame]:
        if ours := [id_ for id_ in ids if ":" not in id_]:
            yield from published.texts(ours)
        by_table: dict[str, list[str]] = {}
        for id_ in ids:
            if ":" in id_:
                by_table.setdefault(id_.partition(":")[0], []).append(id_)
        for name, wanted in sorted(by_table.items()):
            rows = pl.DataFrame({"id": wanted})
            for batch in _batches(by_name[name]):
                yield batch.join(rows, on="id", how="semi")

    return replace(
        published,
        signatures=pl.concat(signed),
        texts=texts,
        structures=pl.concat([published.structures, *(one.computed for one in kinds if isinstance(one, Structural))]),
        embeddings=(*published.embeddings, *(one.computed for one in kinds if isinstance(one, Semantic))),
    )


def some_texts(table: Table, most: int) -> list[str]:
    """Texts of a table, every n-th where it has more than ``most`` rows: the same ones whenever they are asked for.

    Raises:
        RecipeError: the table cannot be read.
    """
    rows = sum(len(batch) for batch in _batches(table))
    step = max(1, math.ceil(rows / most))
    found: list[str] = []
    first = 0
    for batch in _batches(table):
        found += batch["text"].gather_every(step, offset=-first % step).to_list()
        first += len(batch)
    return found


def _sign(table: Table, settings: DedupSettings) -> pl.DataFrame:
    """The signatures of a table's different texts, with its own ids, and arrivals from 0."""
    signed = [SIGNATURE_SCHEMA.to_frame()]
    for _, _, signatures in signed_batches(_documents(table), settings):
        signed.append(signatures.select(SIGNATURE_SCHEMA.names()))
    return pl.concat(signed).unique("text_hash", keep="first", maintain_order=True)


def _documents(table: Table) -> Iterator[pl.DataFrame]:
    """The rows in their order: id of its own, arrival, text."""
    after = 0
    for batch in _batches(table):
        ids = batch["id"].str.strip_prefix(f"{table.name}:")
        arrivals = pl.int_range(after, after + len(batch), dtype=pl.Int64, eager=True).alias("arrival")
        yield batch.select(ids, arrivals, "text")
        after += len(batch)


def _usable_rows(table: Table) -> int:
    rows = 0
    ids = [pl.Series("id", [], pl.String())]
    try:
        for file in table.files:
            schema = pl.scan_parquet(file).collect_schema()
            _refuse_columns(table, file, schema)
            counts = pl.scan_parquet(file).select(pl.len(), *(pl.col(name).null_count() for name in _columns(table)))
            found = counts.collect(engine="streaming").row(0, named=True)
            for name in _columns(table):
                if found[name]:
                    raise RecipeError(
                        f"curation.against: column {name!r} of table {table.name!r} is null in {found[name]:,} of "
                        f"{found['len']:,} rows of {file}. Expected a value in each; leave those rows out."
                    )
            rows += found["len"]
            ids.append(pl.scan_parquet(file).select(pl.col(table.id).cast(pl.String).alias("id")).collect()["id"])
    except _UNREADABLE as error:
        raise _unreadable(table, error) from error
    if repeated := (every := pl.concat(ids)).filter(every.is_duplicated())[:1].to_list():
        raise RecipeError(
            f"curation.against: {table.id!r} is {repeated[0]!r} in two rows of table {table.name!r}. Expected another "
            "in each, since what is dropped names the row it duplicates."
        )
    return rows


def _columns(table: Table) -> list[str]:
    return [*dict.fromkeys((table.id, table.text))]


def _refuse_columns(table: Table, file: object, schema: pl.Schema) -> None:
    for name, expected in ((table.id, "text or whole numbers"), (table.text, "text")):
        if name not in schema:
            raise RecipeError(
                f"curation.against: table {table.name!r} has no column {name!r} in {file}, but {', '.join(schema)}. "
                "Name the right one in the recipe."
            )
        is_usable = schema[name] == pl.String or (expected != "text" and schema[name].is_integer())
        if not is_usable:
            raise RecipeError(
                f"curation.against: column {name!r} of table {table.name!r} is {schema[name]} in {file}. Expected "
                f"{expected}; name another column in the recipe, or turn it into that."
            )


def _batches(table: Table) -> Iterator[pl.DataFrame]:
    """The rows in their order: id, text."""
    columns = (
        pl.concat_str(pl.lit(f"{table.name}:"), pl.col(table.id).cast(pl.String)).alias("id"),
        pl.col(table.text).alias("text"),
    )
    try:
        for file in table.files:
            scanned = pl.scan_parquet(file).select(*columns)
            yield from scanned.collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True)
    except _UNREADABLE as error:
        raise _unreadable(table, error) from error


def _unreadable(table: Table, error: Exception) -> RecipeError:
    return RecipeError(
        f"curation.against: table {table.name!r} cannot be read: {error}. Expected Parquet; mend the file, or take the "
        "table out."
    )
