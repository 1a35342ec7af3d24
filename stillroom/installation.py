"""What is installed where this process runs, as far as results hang on it: two that differ must not share a run."""

import platform
import socket
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from stillroom.code_version import code_version
from stillroom.errors import RequestError

# They decide bands, vectors and verdicts. Python itself brings the tables by which texts are normalised.
_DECIDING = ("numpy", "polars", "scipy", "tokenizers", "wordllama")
_MISSING = "none"


@cache
def installation() -> dict[str, str]:
    """Versions by name: Stillroom's own code, Python, and the libraries that decide results."""
    return {
        "stillroom": code_version(),
        "python": platform.python_version(),
        **{name: _version(name) for name in _DECIDING},
    }


def refuse_other(found: Mapping[str, str], asked: Mapping[str, str], *, where: str) -> None:
    """Refuse an installation that is not the one that a run is worked on with.

    Args:
        found: what is installed there.
        asked: what the run is worked on with.
        where: names the place.

    Raises:
        RequestError: naming the place, and what differs first.
    """
    for name, ours in asked.items():
        theirs = found.get(name, _MISSING)
        if theirs != ours:
            raise RequestError(
                f"{where} has {name} {theirs}, expected {ours}, which the run is worked on with: its results might be "
                "others. Install the same there, and start it again."
            )


def refuse_ours(asked: Mapping[str, str]) -> None:
    """Refuse to work here for a run that is worked on with another installation.

    Raises:
        RequestError: as ``refuse_other``, naming this machine.
    """
    refuse_other(installation(), asked, where=f"a worker on {socket.gethostname()}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return _MISSING
