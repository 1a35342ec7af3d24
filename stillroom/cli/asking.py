"""Asks a lake's Prefect server, and tells in a sentence where that goes away or refuses meanwhile."""

from collections.abc import Generator
from contextlib import contextmanager

from stillroom.cli.orchestrator import Orchestrator
from stillroom.errors import RequestError


@contextmanager
def asking(server: Orchestrator, *, else_then: str = "") -> Generator[None]:
    """Speak to the server within the block.

    Args:
        server: as ``find`` found it.
        else_then: what is true all the same where it fails, for the message.

    Raises:
        RequestError: it does not answer any more, refuses, or no longer has what it is asked about.
    """
    from prefect.exceptions import ObjectNotFound, PrefectException

    from tasks.prefect_outage import UNANSWERED, is_outage

    after = f" {else_then}" if else_then else ""
    try:
        yield
    except ObjectNotFound as error:
        raise RequestError(
            f"the Prefect server at {server.api} no longer has what was asked for; somebody removed it there, or its "
            f"database is another one.{after}"
        ) from error
    except UNANSWERED as error:
        if is_outage(error):
            raise RequestError(
                f"the Prefect server at {server.api} does not answer any more ({_first_line(error)}). Look whether "
                f"`stillroom up` still runs, then run this command again.{after}"
            ) from error
        if isinstance(error, RuntimeError):
            raise
        raise RequestError(f"the Prefect server at {server.api} refuses: {_first_line(error)}.{after}") from error
    except PrefectException as error:
        raise RequestError(f"the Prefect server at {server.api} refuses: {_first_line(error)}.{after}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).partition("\n")[0].rstrip(".")
