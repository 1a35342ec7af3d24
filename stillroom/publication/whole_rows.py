"""Holds a version's rows in the lake against its frozen copy, column by column: the content hash knows three of them.

What ``lineage``, ``blast-radius`` and retractions go by are the others. The copy has them as they were when the version
was frozen, under a seal, so a version of any age can be held against it.
"""

from typing import Any

from stillroom.lake import Lake
from stillroom.publication.frozen import ROWS
from stillroom.publication.publish import Snapshot
from stillroom.publication.sealing import EXAMPLES_FILE, Comparison

WHAT = f"rows of the lake against {EXAMPLES_FILE}, column by column"
_COPY = "SELECT * FROM read_parquet($file)"
_COUNTS = """
SELECT {counts}
FROM (SELECT {columns} FROM ({rows})) l FULL JOIN (SELECT {columns} FROM ({copy})) c ON c.example_id = l.example_id
"""
_KEY = "example_id"
_WHEN = "created_at"  # a catalogue that was put back publishes the same rows once more, beside the copy that stands
_WIDE = ("messages", "answer")  # compared by DuckDB's hash: a GB for 250,000 rows; the content hash has them whole


def against_copy(lake: Lake, snapshot: Snapshot) -> Comparison:
    """Whether each row is in both, and the same in all columns that both have but when it was written; names which not.

    An earlier Stillroom froze fewer columns; those that came since say nothing of then.

    Args:
        lake: where the version is.
        snapshot: a version whose frozen copy is there, with the bytes that were sealed.

    Raises:
        LakeError: one of the two cannot be read.
    """
    of_version = {"name": snapshot.name, "version": snapshot.version}
    copy = {"file": str(lake.root / snapshot.path / EXAMPLES_FILE)}
    frozen = _columns(lake, _COPY, copy)
    columns = [one for one in _columns(lake, ROWS, of_version) if one in frozen and one not in (_KEY, _WHEN)]
    differing = {column: f'c."{column}" IS DISTINCT FROM l."{column}"' for column in columns}
    compared = [f'hash("{column}") AS "{column}"' if column in _WIDE else f'"{column}"' for column in columns]
    where = {
        f"of the lake are not in {EXAMPLES_FILE}": f"c.{_KEY} IS NULL",
        f"of {EXAMPLES_FILE} are not in the lake": f"l.{_KEY} IS NULL",
        **{f"differ in {column}": f"c.{_KEY} = l.{_KEY} AND {one}" for column, one in differing.items()},
    }
    counts = [
        f"count(*) FILTER (WHERE {condition}) AS rows_{number}, "
        f"min(coalesce(l.{_KEY}, c.{_KEY})) FILTER (WHERE {condition}) AS first_{number}"
        for number, condition in enumerate(where.values())
    ]
    names = ", ".join([_KEY, *compared])
    asked = _COUNTS.format(counts=", ".join(counts), columns=names, rows=ROWS, copy=_COPY)
    (found,) = lake.rows(asked, {**of_version, **copy})
    said = [_said(found, number, what) for number, what in enumerate(where) if found[f"rows_{number}"]]
    return Comparison(what=WHAT, is_same=not said, found="; ".join(said))


def _columns(lake: Lake, query: str, parameters: dict[str, Any]) -> list[str]:
    return [row["column_name"] for row in lake.rows(f"DESCRIBE {query}", parameters)]


def _said(found: dict[str, Any], number: int, what: str) -> str:
    return f"{found[f'rows_{number}']:,} rows {what}, first {found[f'first_{number}']}"
