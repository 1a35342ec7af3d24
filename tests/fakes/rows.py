"""Rows of the lake for tests: any table, every column filled."""

from datetime import UTC, datetime

from stillroom.lake import TABLES, Row

_VALUES: dict[str, object] = {
    "VARCHAR": "text",
    "VARCHAR[]": ["a", "b"],
    "INTEGER": 3,
    "BIGINT": 4,
    "DOUBLE": 0.5,
    "BOOLEAN": True,
    "UINTEGER[]": [1, 2**32 - 1],
    "FLOAT[]": [0.5, -0.25],
    "STRUCT(role VARCHAR, content VARCHAR)[]": [{"role": "user", "content": "hello"}],
}


def row(table: str, **values: object) -> Row:
    """A row of ``table`` with these values and something in every other column."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None)
    filled = {column.name: {**_VALUES, "TIMESTAMP": moment}[column.type] for column in TABLES[table].columns}
    assert set(values) <= {*filled, "shard"}
    return {**filled, **values}
