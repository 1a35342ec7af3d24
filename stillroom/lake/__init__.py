"""The lake: append-only tables on DuckLake, written one unit of work at a time."""

from stillroom.lake.schema import TABLES, Column, Table
from stillroom.lake.store import NO_SHARD, Lake, Row

__all__ = ["NO_SHARD", "TABLES", "Column", "Lake", "Row", "Table"]
