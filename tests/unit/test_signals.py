"""A signal that comes in the midst of a query is what its handler makes of it."""

import os
import signal
import threading
from collections.abc import Iterator

import duckdb
import pytest
from prefect.exceptions import TerminationSignal

from tasks.signals import signals_as_raised

LONG = "SELECT sum(hash(a.range)) FROM range(3_000_000) a, range(300) b"  # seconds, where nothing ends it


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Prefect's engine has a handler like this one."""

    def handler(number: int, _: object) -> None:
        raise TerminationSignal(signal=number)

    before = signal.signal(signal.SIGTERM, handler)
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        yield connection
    signal.signal(signal.SIGTERM, before)


def is_told_to_end(connection: duckdb.DuckDBPyConnection) -> None:
    timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    try:
        connection.execute(LONG).fetchall()
    finally:
        timer.join()


def test_a_query_that_a_signal_ends_ends_as_its_handler_has_it(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(TerminationSignal), signals_as_raised():
        is_told_to_end(connection)


def test_by_itself_duckdb_makes_an_error_of_it(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(RuntimeError, match="interrupted"):
        is_told_to_end(connection)


def test_other_errors_are_raised_as_they_are() -> None:
    with pytest.raises(RuntimeError, match="why") as told, signals_as_raised():
        raise RuntimeError("why") from ValueError("because")
    assert isinstance(told.value.__cause__, ValueError)
