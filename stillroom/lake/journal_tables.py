"""The table of a lake's journals in PostgreSQL, beside DuckLake's; it is there or not from the lake's beginning.

Who forgets the setting, or sets it for a lake that does without, would look for journals where there are none and pay
for everything once more. So the database itself says which it is.
"""

import psycopg
from psycopg import sql

from stillroom.errors import RequestError

RECORDS = "journal_records"
"""One row a record. ``opening`` tells apart what two processes wrote that both took themselves for the only one."""
_MAKE = """
CREATE TABLE IF NOT EXISTS {schema}.journal_records (
    journal TEXT NOT NULL,
    position BIGINT NOT NULL,
    opening UUID NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (journal, position, opening)
)
"""
_THERE = "SELECT to_regclass(%s) IS NOT NULL, to_regclass(%s) IS NOT NULL"


def settle_journals(connection: psycopg.Connection, schema: str, variable: str, *, are_wanted: bool) -> None:
    """Make the table of a lake that is about to be made; of one that is there, hold the setting against it.

    Args:
        connection: in autocommit mode, of whoever has the turn.
        schema: of DuckLake's tables.
        variable: the setting, for a person.
        are_wanted: whether the setting asks for journals in the database.

    Raises:
        RequestError: the lake has its journals where the setting does not say.
    """
    found = connection.execute(_THERE, [f"{schema}.{RECORDS}", f"{schema}.ducklake_snapshot"]).fetchone()
    are_there, is_lake_there = found or (False, False)
    if are_there and not are_wanted:
        raise RequestError(
            "this lake keeps its journals in its database, where workers with other folders look for them. "
            f"Set {variable}=catalogue where a folder does not remember it yet."
        )
    if are_wanted and not are_there:
        if is_lake_there:
            raise RequestError(
                f"{variable}=catalogue asks for journals in the database, but this lake was made with journals in its "
                f"folder. Unset {variable} and share that folder, or make another lake."
            )
        connection.execute(sql.SQL(_MAKE).format(schema=sql.Identifier(schema)))
