"""Finds the few rows that have some ids: in their files themselves where nothing in the lake can change."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import duckdb

from stillroom.lake.questions import Questions
from stillroom.lake.still import StillFiles, reading_of
from stillroom.lake.writing import Writing

_SELECTION = "SELECT {columns} FROM {source}"


class Finding(Questions):
    """Questions, and rows by their ids.

    Args:
        root: the lake's folder.
        connection: with the lake attached.
        writing: where it is, and what of its failures passes.
        still: its files, where it is read by a catalogue that does not change.
    """

    def __init__(
        self, root: Path, *, connection: duckdb.DuckDBPyConnection, writing: Writing, still: StillFiles | None
    ) -> None:
        super().__init__(root, connection=connection, writing=writing)
        self._still = still

    def holds(self, table: str, column: str | None = None) -> bool:
        """As ``Questions.holds``."""
        is_known = column is None and self._still is not None and self._still.are_all_of(table)
        return is_known or super().holds(table, column)

    def find(self, table: str, columns: str = "*", **keys: str) -> list[dict[str, Any]]:
        """The rows of a table that have these texts in these columns; raises as ``rows`` does.

        Args:
            table: a table that is there.
            columns: what to select; few, where few are needed: each is a sixth of a millisecond in a large lake.
            keys: what rows are chosen by; ids of ``still.KEYS`` say which files have to be read.
        """
        selection = self.selection(table, columns, keys)
        chosen = " AND ".join(f'"{key}" = ?' for key in keys)
        return self.rows(f"{selection} WHERE {chosen}", list(keys.values())) if selection else []

    def selection(
        self,
        table: str,
        columns: str = "*",
        keys: Mapping[str, str] | None = None,
        *,
        without: Collection[str] = (),
        files: Collection[str] | None = None,
    ) -> str:
        """SELECT and FROM for a table of which few rows are sought: without DuckLake where nothing can change.

        Args:
            table: a table that is there.
            columns: what to select; the column ``filename`` is there as well.
            keys: values that these rows have; they are still to be chosen by them, since others may come, too.
            without: of ``*``, what not to select.
            files: where all of the rows are, by ``filename``, if that is known.

        Returns:
            SQL; "" where there are no such rows.
        """
        if self._still is None or not self._still.are_all_of(table):
            left_out = f" EXCLUDE ({', '.join(without)})" if without else ""
            return _SELECTION.format(columns=f"{columns}{left_out}", source=f'lake."{table}"')
        there = self._still.files(table, keys or {})
        wanted = there if files is None else [one for one in there if one in files]
        if not wanted:
            return ""
        every = ", ".join(f'"{name}"' for name in self._still.columns(table) if name not in without)
        return _SELECTION.format(columns=every if columns == "*" else columns, source=reading_of(wanted))

    def files(self, table: str) -> list[str] | None:
        """The paths of the files that a ``selection`` of a table reads by itself; None where DuckLake is asked."""
        if self._still is None or not self._still.are_all_of(table):
            return None
        return self._still.files(table)
