"""How servers are spoken to: without the machine's proxies, and with certificates that are read once a process."""

import ssl
from functools import cache

import certifi
import httpx2

_QUICK = httpx2.Timeout(5.0)
IDLE_SECONDS = 2.0  # SGLang's server closes what was idle for 5: a request sent just then is lost, and seems an outage


def open_client(*, timeout: httpx2.Timeout = _QUICK, kept: int | None = None) -> httpx2.AsyncClient:
    """A client. Proxies of the environment are for the internet, not for a teacher.

    Args:
        timeout: of each request.
        kept: how many idle connections are kept for later requests, for ``IDLE_SECONDS``; None for any number.
    """
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=kept, keepalive_expiry=IDLE_SECONDS)
    return httpx2.AsyncClient(verify=_certificates(), trust_env=False, timeout=timeout, limits=limits)


def open_plain_client(*, timeout: httpx2.Timeout, at_once: int) -> httpx2.Client:
    """The same for plain code, whose threads may share it.

    Args:
        timeout: of each request.
        at_once: most requests at a time; the others wait.
    """
    limits = httpx2.Limits(max_connections=at_once, max_keepalive_connections=at_once, keepalive_expiry=IDLE_SECONDS)
    return httpx2.Client(verify=_certificates(), trust_env=False, timeout=timeout, limits=limits)


def get(url: str, *, timeout_seconds: float) -> httpx2.Response:
    """What a server says, as plain code asks it.

    Raises:
        httpx2.HTTPError: it cannot be reached, or not in time.
    """
    return httpx2.get(url, verify=_certificates(), trust_env=False, timeout=timeout_seconds)


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities of certifi, which take some 40 ms to read, for every client the same."""
    return ssl.create_default_context(cafile=certifi.where())
