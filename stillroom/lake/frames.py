"""Rows as frames with the types of their table, before they are committed."""

from collections.abc import Mapping, Sequence

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


def typed(key: str, tables: Mapping[str, Sequence[Mapping[str, object]]], shard: int) -> dict[str, pl.DataFrame]:
    """The rows of each table that has any, typed as it is.

    Raises:
        LakeError: a row does not fit its table.
    """
    try:
        return {name: _frame(TABLES[name], rows, shard) for name, rows in tables.items() if rows}
    except (pl.exceptions.PolarsError, KeyError, TypeError, OverflowError) as error:
        raise LakeError(f"commit {key} wrote nothing: a row does not fit its table: {error!r}") from error


def _frame(table: Table, rows: Sequence[Mapping[str, object]], shard: int) -> pl.DataFrame:
    data: dict[str, list[object]] = {column.name: [row[column.name] for row in rows] for column in table.columns}
    data["shard"] = [row.get("shard", shard) for row in rows]
    return pl.DataFrame(
        [
            pl.Series(column.name, data[column.name], dtype=_POLARS[column.type], strict=True)
            for column in given_columns(table)
        ]
    )
