"""The environment of a build's own Prefect: none of the settings that a person has for theirs.

Prefect takes variables ahead of its home. With the address of somebody's database among them, our server would migrate
that database and write into it; their passwords and profiles would hold for ours.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from stillroom.loopback import without_proxies

_PREFIX = "prefect_"  # in lower case: Prefect reads its variables in any


def own_environment(home: Path, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with all of Prefect's variables replaced by our own.

    A process that is started with it is to stand in ``home`` too: Prefect also reads ``.env``, ``prefect.toml`` and
    ``pyproject.toml`` of the working directory.

    Args:
        home: Prefect's home, where its database is.
        settings: further variables, Prefect's or not.
    """
    home = home.resolve()
    return {
        **{name: value for name, value in os.environ.items() if not name.lower().startswith(_PREFIX)},
        **without_proxies(os.environ),
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),  # which is not there: a file could name another
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",  # Prefect's client says so on the terminal otherwise
        **(settings or {}),
    }


def adopt(environment: Mapping[str, str]) -> None:
    """Make ``environment`` this process's own, for good: threads of Prefect's client live to the process's end."""
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)
