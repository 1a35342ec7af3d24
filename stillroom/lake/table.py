"""What a table of the lake is: its columns, and how its files are parted and ordered."""

from dataclasses import dataclass

ROW_GROUP = 2_048  # rows, the least there is


@dataclass(frozen=True, slots=True)
class Column:
    """One typed column; ``type`` is a DuckDB type."""

    name: str
    type: str
    doc: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        partitioned_by: columns whose values part its files. Not the shard: files of several shards could never be
            merged, and a file that one shard wrote is found by its smallest and largest shard just as well.
        sorted_by: the id that its rows are looked up by, and the order of the rows in each file: of a large file, an
            id's row group alone is read.
        row_group: rows of each part of a file that is read or passed over as a whole. The least there is, where a
            row is wide: one id costs little to look up, and files grow by 0.3 %. More of narrow rows, of which the
            bounds of all parts take longer to look through than a part to read.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    partitioned_by: tuple[str, ...] = ()
    sorted_by: str = ""
    row_group: int = ROW_GROUP

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The table's own columns and those that every table has."""
        return self.columns + COMMON_COLUMNS


SHARD_COLUMN = Column("shard", "INTEGER", "the shard it belongs to, -1 where it belongs to none")
COMMON_COLUMNS = (
    Column("run_id", "VARCHAR", "the run that wrote the row"),
    SHARD_COLUMN,
    Column(
        "created_at",
        "TIMESTAMP",
        "when it was committed, UTC; later than every commit before it, also where a clock was set back",
    ),
)


def columns_from(text: str) -> tuple[Column, ...]:
    """Columns from lines of ``name type | doc``."""
    rows = (line.strip().partition("|") for line in text.strip().splitlines())
    split = (([*left.split(None, 1)], doc) for left, _, doc in rows)
    return tuple(Column(name, type_.strip(), doc.strip()) for (name, type_), doc in split)


def given_columns(table: Table) -> tuple[Column, ...]:
    """The columns that rows come with; ``commit`` fills in the others."""
    return (*table.columns, SHARD_COLUMN)
