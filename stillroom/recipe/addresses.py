"""Addresses of servers in a recipe: which are some, and what of them must not be written down."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from pydantic import WithJsonSchema

RECORDED = "recorded"  # in the context of validation: an earlier version has accepted this recipe
_CREDENTIALS = re.compile(r"//[^\s'\"]*@")
_QUERY = re.compile(r"(//[^\s'\"?#]*[?#]).*", re.DOTALL)


def without_credentials(text: str) -> str:
    """The text, with what stands before the host of an address in it left out, and all from an address's query on."""
    return _QUERY.sub(r"\1...", _CREDENTIALS.sub("//...@", text))


def may_hold_credentials(url: str) -> bool:
    """Whether it says more than where a server is; a query, such as ``?api_key=...``, means nothing to SGLang."""
    return "@" in urlsplit(url).netloc or "?" in url or "#" in url


def is_address(url: str, schemes: Sequence[str] = ("http", "https"), *, needs_port: bool = False) -> bool:
    """Whether it is an address of one of these schemes, http(s) by default, with a host and maybe a port."""
    try:
        parts = urlsplit(url)
        has_port = parts.port is not None or not needs_port
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0 and has_port
    except ValueError:  # a port that is no number
        return False


# What the form of a deployment checks: a flow run that is refused later has its parameters written down already.
ADDRESS = WithJsonSchema({"type": "string", "pattern": "^https?://[^/?#@]+(/[^?#]*)?$"})
