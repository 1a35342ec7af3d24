"""The Dask cluster of a recipe: worker processes to start beside a run, or the scheduler of a cluster that runs."""

from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from stillroom.errors import RequestError
from stillroom.recipe.addresses import is_address, may_hold_credentials, without_credentials

MOST_PROCESSES = 256
SCHEMES = ("tcp", "tls")
_EXPECTED = (
    f"expected how many worker processes to start on this machine, 1 to {MOST_PROCESSES}, or the address of a running "
    "scheduler without credentials, tcp://HOST:PORT or tls://HOST:PORT"
)


def _cluster(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_PROCESSES:
        return value
    if isinstance(value, str) and is_address(value, SCHEMES, needs_port=True) and not may_hold_credentials(value):
        return value
    raise ValueError(_EXPECTED)


def read_cluster(text: str) -> int | str | None:
    """The cluster that a person names on the command line; None for "0", which is none.

    Raises:
        RequestError: it is neither a number of processes nor an address.
    """
    try:
        number = int(text) if text.isascii() and text.isdigit() else None
        return None if number == 0 else _cluster(text if number is None else number)
    except ValueError as error:
        raise RequestError(f"{without_credentials(text)!r} names no Dask cluster: {error}, or 0 for none") from error


DaskCluster = Annotated[
    int | str | None,
    PlainValidator(lambda value: None if value is None else _cluster(value)),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MOST_PROCESSES},
                {"type": "string", "pattern": "^(tcp|tls)://[^/?#@]+:[0-9]+$"},
                {"type": "null"},
            ]
        }
    ),
]
"""How many worker processes to start on this machine, or the address of a scheduler (tcp://HOST:PORT); or none."""
