"""Questions to a lake whose PostgreSQL is started again: those of builds wait, those of commands fail at once."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import polars as pl
import pytest

from stillroom.errors import LakeError
from stillroom.lake import Lake
from stillroom.lake import patience as module
from tests.fakes.postgres import PostgresServer
from tests.fakes.rows import row

COMMITS = "SELECT key FROM lake.commits"
SAMPLES = "SELECT sample_id FROM lake.scores"


@contextmanager
def away(server: PostgresServer, seconds: float) -> Iterator[None]:
    """The server is gone, and comes back after so long."""
    server.stop()
    back = threading.Timer(seconds, server.start)
    back.start()
    try:
        yield
    finally:
        back.join()


def test_a_question_of_a_patient_lake_waits_and_says_so_once(server: PostgresServer, lake: Lake) -> None:
    lines: list[str] = []
    lake.commit("one", {"scores": [row("scores", sample_id="s")]}, run_id="r")
    lake.wait_for_outages(lines.append)
    with away(server, 1.0):
        assert lake.rows(COMMITS) == [{"key": "one"}]
    (line,) = lines
    assert line.startswith("the lake does not answer, and is asked again for 300 s: the query failed: ")
    assert lake.query(COMMITS).height == 1


def test_what_is_read_some_at_a_time_is_waited_for_and_then_needs_the_server_no_more(
    server: PostgresServer, lake: Lake
) -> None:
    """A curation reads what is published so, perhaps after an hour of work."""
    lines: list[str] = []
    frame = pl.DataFrame({name: [value] * 50_000 for name, value in row("scores", sample_id="s").items()})
    lake.commit("one", {"scores": [frame]}, run_id="r")
    lake.wait_for_outages(lines.append)
    with away(server, 1.0):
        batches = lake.batches(SAMPLES, {}, rows=2_048)
        read = len(next(batches))
    assert len(lines) == 1
    with away(server, 0.5):
        assert read + sum(map(len, batches)) == 50_000


def test_what_is_not_read_to_its_end_is_let_go_of_without_the_server(server: PostgresServer, lake: Lake) -> None:
    """DuckDB aborts the process where a connection is closed with a transaction that it cannot end."""
    frame = pl.DataFrame({name: [value] * 50_000 for name, value in row("scores", sample_id="s").items()})
    lake.commit("one", {"scores": [frame]}, run_id="r")
    with closing(lake.batches(SAMPLES, {}, rows=2_048)) as batches:
        next(batches)
        server.stop()
    server.start()
    assert lake.rows(COMMITS) == [{"key": "one"}]


def test_a_question_of_another_lake_fails_at_once(server: PostgresServer, lake: Lake) -> None:
    with away(server, 0.5), pytest.raises(LakeError, match="the query failed"):
        lake.rows(COMMITS)


def test_a_patient_lake_has_an_end_to_its_patience(
    server: PostgresServer, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.3)
    lake.wait_for_outages(lambda line: None)
    with away(server, 2.0), pytest.raises(LakeError, match="See whether the server runs"):
        lake.rows(COMMITS)


def test_a_patient_lake_does_not_ask_again_what_is_refused(lake: Lake) -> None:
    lake.wait_for_outages(lambda line: pytest.fail(line))
    with pytest.raises(LakeError, match="no_such_table"):
        lake.rows("SELECT 1 FROM lake.no_such_table")


def test_within_a_transaction_nothing_is_asked_again(server: PostgresServer, lake: Lake) -> None:
    """It is lost with its connection: what it had seen or written is gone."""
    lake.wait_for_outages(lambda line: pytest.fail(line))
    attempts: list[int] = []

    def rows() -> dict[str, list[dict[str, object]]]:
        attempts.append(1)
        if len(attempts) == 1:
            server.stop()
            server.start()
            lake.rows(COMMITS)
            pytest.fail("what the transaction had written is gone")
        return {"scores": [dict(row("scores", sample_id="s"))]}

    assert lake.commit("one", rows, run_id="r")
    assert len(attempts) == 2
    assert lake.rows(COMMITS) == [{"key": "one"}]
