"""What can be asked of a lake: queries in SQL, as frames or rows, at once or as of one moment."""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.connection import bound_memory
from stillroom.lake.creation import COLUMN_NAMES, TABLE_NAMES
from stillroom.lake.damage import damage
from stillroom.lake.data_place import MissingFile, data_place, missing_from
from stillroom.lake.full_disk import told
from stillroom.lake.patience import patiently
from stillroom.lake.writing import Writing
from stillroom.side_by_side import attend, begin

if TYPE_CHECKING:
    import polars as pl

One = TypeVar("One")

_FREED_SECONDS = 10.0
_AHEAD = "64MB"  # read before they are asked for; with less, DuckDB's threads stand still for most of the time
_NEVER_FREED = "SELECT coalesce(sum(memory_usage_bytes), 0)::BIGINT FROM duckdb_memory() WHERE tag = 'OBJECT_CACHE'"


class Questions:
    """The way out of a lake; safe to use from several threads, one of which asks at a time.

    Args:
        root: the lake's folder.
        connection: with the lake attached.
        writing: where it is, and what of its failures passes.
    """

    def __init__(self, root: Path, *, connection: duckdb.DuckDBPyConnection, writing: Writing) -> None:
        self.root = root
        self._connection = connection
        self._writing = writing
        self._thread_lock = threading.RLock()
        self._say: Callable[[str], None] | None = None
        self._is_in_transaction = False

    def query(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> "pl.DataFrame":
        """Rows of a query as a frame; ``parameters`` bind ``?`` or ``$name``.

        Raises:
            LakeError: DuckDB refused the query or could not read the lake; names a data file that is missing.
        """
        return self._asked(sql, parameters, lambda answer: answer.pl())

    def rows(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[dict[str, Any]]:
        """Rows of a query as dictionaries; raises as ``query`` does, and needs neither polars nor Arrow."""
        return self._asked(sql, parameters, _dictionaries)

    def batches(self, sql: str, parameters: Mapping[str, object], *, rows: int) -> "Generator[pl.DataFrame]":
        """Rows of a query as frames, about so many at a time: others may be asked in between.

        The next ones are read while the caller works on those that came. A patient lake waits as it does for other
        questions: what the catalogue is asked for it has when the first of
        them comes. After that only data files are read.

        Raises:
            LakeError: as ``query``.
        """
        import polars as pl  # whoever only reads few rows does not wait for polars

        with ExitStack() as held:
            batches = self._patiently(lambda: self._begun(held, sql, parameters, rows))
            coming = begin([lambda: next(batches, None)])
            held.callback(wait, coming)  # before what it reads from is closed
            while True:
                try:
                    (batch,) = attend(coming)
                except (duckdb.Error, OSError) as error:  # OSError: pyarrow's, of all that DuckDB says
                    raise self._failed(error) from error
                if batch is None:
                    return
                coming[:] = begin([lambda: next(batches, None)])
                yield pl.DataFrame(batch)

    def _begun(self, held: ExitStack, sql: str, parameters: Mapping[str, object], rows: int) -> Iterator[Any]:
        """The batches of a query, the first of which is there; on a connection of their own, open for as ``held`` is.

        They are of pyarrow, which has no types.
        """
        held.close()  # of an attempt before
        try:
            with self._thread_lock:
                beside = held.enter_context(closing(self._connection.cursor()))
            beside.execute("USE lake")
            beside.execute(f"SET streaming_buffer_size = '{_AHEAD}'")
            beside.begin()  # by itself the last batch would end in a commit, which needs the catalogue
            held.callback(_let_go, beside)
            found: Any = beside.execute(sql, parameters)
            batches = iter(found.to_arrow_reader(rows))
            first = [*islice(batches, 1)]
        except (duckdb.Error, OSError) as error:
            raise self._failed(error) from error
        return chain(first, batches)

    def wait_for_outages(self, say: Callable[[str], None]) -> None:
        """From now on questions wait as long as commits do for what passes, such as a restart of PostgreSQL.

        Not those within a transaction, which is lost then.

        Args:
            say: is told, once for each question that has to wait.
        """
        self._say = say

    def _asked(
        self,
        sql: str,
        parameters: Sequence[object] | Mapping[str, object],
        taken: Callable[[duckdb.DuckDBPyConnection], One],
    ) -> One:
        def ask() -> One:
            try:
                return taken(self._connection.execute(sql, parameters or None))
            except duckdb.Error as error:
                raise self._failed(error) from error

        with self._thread_lock:
            return self._patiently(ask)

    def _patiently(self, ask: Callable[[], One]) -> One:
        if self._say is None or self._is_in_transaction:
            return ask()
        return patiently(ask, self._writing, self._say)

    def _failed(self, error: duckdb.Error | OSError) -> LakeError:
        return damage(error, self._writing.data) or LakeError(f"the query failed: {told(error, *self._places)}")

    @contextmanager
    def moment(self) -> Generator[None]:
        """The lake as it is now, for all queries of the block; none of them asks anew what is in it."""
        with self._thread_lock:
            self._connection.execute("BEGIN TRANSACTION")
            self._is_in_transaction = True
            try:
                yield
            finally:
                self._is_in_transaction = False
                self._connection.execute("ROLLBACK")

    @contextmanager
    def within(self, memory_bytes: int) -> Generator[None]:
        """In the block queries hold at most so much, and spill the rest to the lake's folder ``tmp``.

        DuckDB counts to a limit what it keeps of the catalogues it has read, some KB for each commit, and gives none of
        it back: that stands beside the bound.
        """
        with self._thread_lock:
            self._bound(memory_bytes)
        try:
            yield
        finally:
            with self._thread_lock:
                bound_memory(self._connection)

    def _bound(self, memory_bytes: int) -> None:
        """DuckDB refuses a limit for as long as its own threads hold more, which they do some moments after a query."""
        deadline = time.monotonic() + _FREED_SECONDS
        while True:
            ((kept,),) = self._connection.execute(_NEVER_FREED).fetchall()
            try:
                self._connection.execute(f"SET memory_limit = '{(memory_bytes + kept) // 1024:d}KiB'")
            except duckdb.OutOfMemoryException as error:
                if time.monotonic() > deadline:
                    raise self._failed(error) from error
                time.sleep(_FREED_SECONDS / 100)
            else:
                return

    def holds(self, table: str, column: str | None = None) -> bool:
        """Whether the lake has this table, with this column; that of an earlier Stillroom may lack it."""
        if column is None:
            return bool(self.rows(f"{TABLE_NAMES} AND table_name = ?", [table]))
        return bool(self.rows(f"{COLUMN_NAMES} AND table_name = ? AND column_name = ?", [table, column]))

    def missing_files(self) -> list[MissingFile]:
        """Data files that the catalogue names and that are not there, or have another size.

        Raises:
            LakeError: the place of the data files cannot be reached.
        """
        with self._thread_lock:
            return missing_from(data_place(self._writing.data, self._connection), self._connection)

    @property
    def _places(self) -> tuple[Path | str, ...]:
        """Where a disk may be full."""
        return self.root, self._writing.data


def _let_go(reading: duckdb.DuckDBPyConnection) -> None:
    """End a transaction that has only read, also where the catalogue is away: closed in one, DuckDB aborts."""
    with suppress(duckdb.Error):
        reading.rollback()


def _dictionaries(answer: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
