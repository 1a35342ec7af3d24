"""The lake: one way in (``commit``), one way out (``query``)."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from stillroom import __version__
from stillroom.errors import LakeError
from stillroom.fingerprint import canonical_json
from stillroom.lake.finding import Finding
from stillroom.lake.full_disk import told
from stillroom.lake.opening import open_to_write
from stillroom.lake.patience import patiently
from stillroom.lake.presence import Presence
from stillroom.lake.receipts import receipts
from stillroom.lake.schema import TABLES
from stillroom.lake.still import StillFiles
from stillroom.lake.table import Table, given_columns
from stillroom.lake.writing import FileWriting, Writing

if TYPE_CHECKING:
    import polars as pl

Row = Mapping[str, object]
One = TypeVar("One")
Other = TypeVar("Other")
Third = TypeVar("Third")
NO_SHARD = -1


class Lake(Finding):
    """A lake: DuckLake catalogue, Parquet data, and a folder for journals, leases and frozen snapshots.

    Safe to use from several threads and several processes: commits come one after another (``writing``).
    """

    def __init__(
        self,
        root: Path,
        *,
        connection: duckdb.DuckDBPyConnection,
        writing: Writing | None = None,
        presence: Presence | None = None,
        still: StillFiles | None = None,
    ) -> None:
        super().__init__(root, connection=connection, writing=writing or FileWriting(root), still=still)
        self._presence = presence

    @classmethod
    def open(cls, root: Path, *, create: bool = False) -> "Lake":
        """Open the lake of the folder ``root``, creating it where ``create`` says so.

        Raises:
            RequestError: there is no lake and none was to be made, or a setting does not fit where it is; or its data
                files are, or would be, in the place of another lake.
            LeaseHeld: housekeeping has the lake to itself.
            LakeError: the catalogue cannot be opened or written, or is of another schema version.
        """
        root = root.expanduser().resolve()
        opened = open_to_write(root, create=create)
        return cls(root, connection=opened.connection, writing=opened.writing, presence=opened.presence)

    def close(self) -> None:
        """Close the connection; nothing is pending between commits."""
        self._connection.close()
        self._writing.close()
        if self._presence is not None:
            self._presence.leave()
            self._presence = None

    def holds(self, table: str, column: str | None = None) -> bool:
        """As ``Questions.holds``: one that is open to be written was given all that this Stillroom has."""
        return self._presence is not None or super().holds(table, column)

    def both(
        self,
        one: "Callable[[Lake], One]",
        other: "Callable[[Lake], Other]",
        rest: "Sequence[Callable[[Lake], Third]]" = (),
    ) -> tuple[One, Other, list[Third]]:
        """What several questions come to, asked within a ``moment``: at once where nothing in the lake can change.

        It is best opened for two askers (``reading.opened``). Tables are to be named by ``lake.``.

        Args:
            one: asked by this thread.
            other: asked by another one.
            rest: by whichever is done first; the last of them first.
        """
        left, answers = [*enumerate(rest)], dict[int, Third]()
        taking = threading.Lock()

        def ask_rest(asker: Lake) -> None:
            while True:
                with taking:
                    if not left:
                        return
                    number, ask = left.pop()
                answers[number] = ask(asker)

        def ask_other(asker: Lake) -> Other:
            answer = other(asker)
            ask_rest(asker)
            return answer

        def ask_beside() -> Other:
            with beside.moment():
                return ask_other(beside)

        if self._still is None:
            first, second = one(self), ask_other(self)
        else:
            beside = Lake(self.root, connection=self._connection.cursor(), writing=self._writing, still=self._still)
            try:
                with ThreadPoolExecutor(1) as thread:
                    later = thread.submit(ask_beside)
                    first = one(self)
                    ask_rest(self)
                    second = later.result()
            finally:
                beside._connection.close()
        return first, second, [answers[number] for number in range(len(rest))]

    def committed(self, key: str) -> bool:
        """Whether the unit of work ``key`` has been committed."""
        return bool(self.rows("SELECT 1 FROM lake.commits WHERE key = ? LIMIT 1", [key]))

    def commit(
        self,
        key: str,
        tables: "Mapping[str, Sequence[Row | pl.DataFrame]] | Callable[[], Mapping[str, Sequence[Row]]]",
        *,
        run_id: str,
        shard: int = NO_SHARD,
    ) -> bool:
        """Write all rows of one unit of work atomically, once.

        Args:
            key: identity of the unit of work.
            tables: rows by table name, each by itself or many as a frame, without the common columns; or a function
                that gives them, called inside the transaction, for values that depend on what is committed (a
                snapshot's number).
            run_id: the run that wrote the rows.
            shard: the shard that wrote them; a row may name another in its own `shard`.

        Returns:
            False where the key had been committed before, and nothing was written.

        Raises:
            LakeError: nothing was written; the message says why.
        """
        from stillroom.lake.frames import typed  # whoever only reads does not wait for polars

        unsure: set[datetime] = set()
        ready = None if callable(tables) else typed(key, tables, shard)  # before the turn that others wait for

        def frames() -> Mapping[str, "pl.DataFrame"]:
            return typed(key, tables(), shard) if callable(tables) else ready or {}

        def attempt() -> bool:
            if self._presence is not None:
                self._presence.assure()
            with self._writing.turn():
                return self._commit(key, frames, run_id, shard, unsure)

        with self._thread_lock:
            return patiently(attempt, self._writing)

    def _commit(
        self,
        key: str,
        frames: Callable[[], Mapping[str, "pl.DataFrame"]],
        run_id: str,
        shard: int,
        unsure: set[datetime],
    ) -> bool:
        """One attempt; ``unsure`` are times of earlier ones, which may have succeeded though they failed for us."""
        from stillroom.lake.frames import typed

        self._is_in_transaction = True
        try:
            self._connection.execute("BEGIN TRANSACTION")
            self._connection.execute("FROM lake.current_snapshot()")  # whoever commits from now on makes this one fail
            known = receipts(self._connection, key, self._writing.catalogue_query)
            found = self._receipt(key) if known.may_hold else []
            if found:
                self._connection.execute("ROLLBACK")
                return found[0]["created_at"] in unsure
            given = frames()
            counts = {name: frame.height for name, frame in given.items()}
            receipt: Row = {"key": key, "row_counts": canonical_json(counts), "code_version": __version__}
            created_at = _after(known.newest or self._newest())
            for name, frame in {**given, **typed(key, {"commits": [receipt]}, shard)}.items():
                self._insert(TABLES[name], frame, run_id=run_id, created_at=created_at)
            self._connection.execute("CALL lake.set_commit_message('stillroom', ?)", [key])
            unsure.add(created_at)
            with self._writing.landing(self._connection):
                self._connection.execute("COMMIT")
        except BaseException as error:
            self._roll_back()
            if isinstance(error, duckdb.Error):
                raise LakeError(
                    f"commit {key} was rolled back, nothing was written: {told(error, *self._places)}"
                ) from error
            raise
        finally:
            self._is_in_transaction = False
        return True

    def _newest(self) -> datetime | None:
        found = self.rows("SELECT max(created_at) AS newest FROM lake.commits")[0]["newest"]
        return found if isinstance(found, datetime) else None

    def _receipt(self, key: str) -> list[dict[str, Any]]:
        return self.rows("SELECT created_at FROM lake.commits WHERE key = ? LIMIT 1", [key])

    def _insert(self, table: Table, incoming: "pl.DataFrame", *, run_id: str, created_at: datetime) -> None:
        names = [column.name for column in table.columns]
        casts = ", ".join(f'CAST("{column.name}" AS {column.type})' for column in given_columns(table))
        columns = ", ".join(f'"{name}"' for name in (*names, "shard", "run_id", "created_at"))
        self._connection.register("incoming", incoming)
        try:
            self._connection.execute(
                f'INSERT INTO lake."{table.name}" ({columns}) SELECT {casts}, ?, ? FROM incoming',  # noqa: S608 - names from the schema
                [run_id, created_at],
            )
        finally:
            self._connection.unregister("incoming")

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except duckdb.Error:
            return  # no transaction was open: BEGIN itself had failed


def _after(newest: datetime | None) -> datetime:
    """Now, or just after ``newest``: rows are ordered by the times of their commits, and clocks are set back."""
    now = _utc_now()
    return now if newest is None or newest < now else newest + timedelta(microseconds=1)


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
