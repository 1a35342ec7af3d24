"""Rows as frames with the types of their table, before they are committed."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import polars as pl

from stillroom.errors import LakeError
from stillroom.lake.schema import TABLES
from stillroom.lake.table import Table, given_columns

_POLARS: dict[str, pl.DataType | type[pl.DataType]] = {
    "VARCHAR": pl.String,
    "VARCHAR[]": pl.List(pl.String),
    "INTEGER": pl.Int32,
    "BIGINT": pl.Int64,
    "DOUBLE": pl.Float64,
    "BOOLEAN": pl.Boolean,
    "TIMESTAMP": pl.Datetime("us"),
    "FLOAT[]": pl.List(pl.Float32),
    "UINTEGER[]": pl.List(pl.UInt32),
    "STRUCT(role VARCHAR, content VARCHAR)[]": pl.List(pl.Struct({"role": pl.String, "content": pl.String})),
}


Part: TypeAlias = Mapping[str, object] | pl.DataFrame  # a row of a table, or many


def typed(key: str, tables: Mapping[str, Sequence[Part]], shard: int) -> dict[str, pl.DataFrame]:
    """The rows of each table that has any, typed as it is.

    Raises:
        LakeError: a row does not fit its table.
    """
    try:
        frames = {name: _together(TABLES[name], parts, shard) for name, parts in tables.items()}
    except (pl.exceptions.PolarsError, KeyError, TypeError, OverflowError) as error:
        raise LakeError(f"commit {key} wrote nothing: a row does not fit its table: {error!r}") from error
    return {name: frame for name, frame in frames.items() if len(frame)}


def _together(table: Table, parts: Sequence[Part], shard: int) -> pl.DataFrame:
    rows = [part for part in parts if not isinstance(part, pl.DataFrame)]
    return pl.concat(
        [_frame(table, rows, shard), *(_cast(table, part, shard) for part in parts if isinstance(part, pl.DataFrame))]
    )


def _cast(table: Table, frame: pl.DataFrame, shard: int) -> pl.DataFrame:
    if "shard" not in frame.columns:
        frame = frame.with_columns(shard=pl.lit(shard))
    return frame.select(pl.col(column.name).cast(_POLARS[column.type]) for column in given_columns(table))


def _frame(table: Table, rows: Sequence[Mapping[str, object]], shard: int) -> pl.DataFrame:
    data: dict[str, list[object]] = {column.name: [row[column.name] for row in rows] for column in table.columns}
    data["shard"] = [row.get("shard", shard) for row in rows]
    return pl.DataFrame(
        [
            pl.Series(column.name, data[column.name], dtype=_POLARS[column.type], strict=True)
            for column in given_columns(table)
        ]
    )
