"""Lets processes of this machine reach each other directly, whatever proxy the machine has for the internet."""

from collections.abc import Mapping

NAMES = ("127.0.0.1", "localhost")
_SPELLINGS = ("NO_PROXY", "no_proxy")  # some programs read only one of them, and most prefer the second
_EVERYTHING = "*"


def without_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables beside ``environ`` that keep HTTP to this machine's own addresses away from its proxies.

    What ``environ`` already keeps away from them stays so. A lone ``*`` stays alone: in a list it would mean nothing.
    """
    said = next((environ[name] for name in reversed(_SPELLINGS) if name in environ), "")
    found: dict[str, str] = {}
    for name in _SPELLINGS:
        kept = [host for one in environ.get(name, said).split(",") if (host := one.strip())]
        found[name] = _EVERYTHING if kept == [_EVERYTHING] else ",".join(dict.fromkeys((*kept, *NAMES)))
    return found
