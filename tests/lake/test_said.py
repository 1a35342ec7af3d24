"""What is done about a database's failure hangs on the database's words, never on texts of users in its statement."""

import duckdb
import pytest

from stillroom.errors import LakeError
from stillroom.lake.full_disk import told
from stillroom.lake.passing import is_passing
from stillroom.lake.said import said

CLOSED = "server closed the connection unexpectedly"
TEXTS = (
    "Return -1 if the element does not exist",
    'say "hi": connection refused',
    'a log line": ERROR: permission denied',
    "the disk is full, no space left on device",
    "could not extend file",
)


def failed(statement: str, words: str) -> LakeError:
    """A failed commit as the lake raises it."""
    cause = duckdb.IOException(f'Failed to commit: Failed to execute query "{statement}": {words}')
    error = LakeError(f"commit shard:1 was rolled back, nothing was written: {cause}")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("words", "passes"),
    [
        (CLOSED, True),
        ('ERROR: duplicate key value violates unique constraint "ducklake_snapshot_pkey"', True),
        ("FATAL: the database system is starting up", True),
        ('ERROR: relation "ducklake_table" does not exist', False),
        ("ERROR: permission denied for table ducklake_table", False),
        ('ERROR: could not extend file "base/1/2": No space left on device', False),
    ],
)
def test_texts_of_users_decide_nothing(text: str, words: str, passes: bool) -> None:
    error = failed(f"INSERT INTO ducklake_file_column_stats VALUES ('{text}', 'zzz'); COMMIT", words)

    assert is_passing(error) is passes
    assert said(error) == f"failed to commit: failed to {words.lower()}"


@pytest.mark.parametrize(
    ("words", "passes"),
    [
        ('ERROR: duplicate key value violates unique constraint "ducklake_snapshot_pkey"', True),
        ('ERROR:  could not extend file "pg_tblspc/16385/16384/16463": No space left on device', False),
    ],
)
def test_that_ducklake_tried_as_often_as_it_may_says_nothing_of_the_disk(words: str, passes: bool) -> None:
    often = (
        "Exceeded the maximum retry count of 0 set by the ducklake_max_retry_count setting.\nFailed to flush changes"
    )
    error = LakeError("commit shard:1 was rolled back")
    error.__cause__ = duckdb.TransactionException(
        f'{often}: Failed to execute query "INSERT INTO t VALUES (1)": {words}'
    )
    assert is_passing(error) is passes


def test_a_rollback_that_finds_no_connection_passes() -> None:
    assert is_passing(failed("ROLLBACK", "no more connection"))


@pytest.mark.parametrize("text", TEXTS)
def test_texts_of_users_make_no_disk_full(text: str) -> None:
    cause = failed(f"INSERT INTO t VALUES ('{text}')", CLOSED).__cause__
    assert isinstance(cause, duckdb.Error)
    assert told(cause, "s3://bucket/prefix") == str(cause)


def test_a_full_postgres_is_not_told_by_the_room_beside_the_lake() -> None:
    words = 'ERROR: could not extend file "base/16384/2619": No space left on device'
    cause = failed("COMMIT", words).__cause__
    assert isinstance(cause, duckdb.Error)

    assert told(cause, "s3://bucket/prefix").endswith(
        "PostgreSQL's own disk has no space left. Free some on its server, then try again."
    )


def test_a_question_in_a_transaction_that_was_lost_before_passes() -> None:
    """As DuckDB says it of what comes after a restart of PostgreSQL, now and then."""
    error = LakeError("the query failed")
    error.__cause__ = duckdb.TransactionException(
        "TransactionContext Error: Failed to get data file list from DuckLake: "
        "Current transaction is aborted (please ROLLBACK)"
    )
    assert is_passing(error)
