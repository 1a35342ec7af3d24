"""The lake: append-only tables on DuckLake, written one unit of work at a time."""

from stillroom.lake.schema import TABLES
from stillroom.lake.store import NO_SHARD, Lake, Row
from stillroom.lake.table import Column, Table

__all__ = ["NO_SHARD", "TABLES", "Column", "Lake", "Row", "Table"]
