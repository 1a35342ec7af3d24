"""What passes: failures of a lake's catalogue that the same work may not meet again a moment later."""

from stillroom.lake.full_disk import FULL, OF_POSTGRES
from stillroom.lake.said import is_of_rollback, said

PASSING = (
    "_pkey",  # another commit took the number
    "maximum retry count",
    "could not serialize access",
    "deadlock detected",
    "current transaction is aborted",  # by what went before, such as a server that was started again
    "closed the connection",
    "connection is closed",
    "connection to server",
    "connection refused",
    "connection reset",
    "connection timed out",
    "consuming input failed",
    "broken pipe",
    "no connection to the server",
    "could not receive data",
    "could not send data",
    "terminating connection",
    "unable to connect to postgres",
    "too many clients",
    "remaining connection slots",
    "is starting up",
    "is shutting down",
    "in recovery mode",
    "not yet accepting connections",
)
"""What PostgreSQL, libpq or DuckLake say, in lower case, when the same commit may well succeed a moment later."""
LASTING = (
    "authentication failed",
    "no password supplied",
    "pg_hba.conf",
    "does not exist",
    "permission denied",
    *FULL,
    *OF_POSTGRES,
)
"""What they say, beside one of those, when it will not: DuckLake says of every commit that fails that it has been tried
the "maximum retry count".
"""


def is_passing(error: Exception) -> bool:
    """Whether a failure of PostgreSQL is one that the same work may not meet again a moment later."""
    text = said(error)
    passes = is_of_rollback(error) or any(phrase in text for phrase in PASSING)
    return passes and not any(phrase in text for phrase in LASTING)


def is_locked(error: Exception) -> bool:
    """Whether another program has a catalogue in a file to itself."""
    return "database is locked" in said(error)
