"""How servers are spoken to: without the machine's proxies, and with certificates that are read once a process."""

import ssl
from functools import cache

import httpx

_QUICK = httpx.Timeout(5.0)
IDLE_SECONDS = 2.0  # SGLang's server closes what was idle for 5: a request sent just then is lost, and seems an outage


def open_client(*, timeout: httpx.Timeout = _QUICK, kept: int | None = None) -> httpx.AsyncClient:
    """A client. Proxies of the environment are for the internet, not for a teacher.

    Args:
        timeout: of each request.
        kept: how many idle connections are kept for later requests, for ``IDLE_SECONDS``; None for any number.
    """
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=kept, keepalive_expiry=IDLE_SECONDS)
    return httpx.AsyncClient(verify=_certificates(), trust_env=False, timeout=timeout, limits=limits)


def open_plain_client(*, timeout: httpx.Timeout, at_once: int) -> httpx.Client:
    """The same for plain code, whose threads may share it.

    Args:
        timeout: of each request.
        at_once: most requests at a time; the others wait.
    """
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once, keepalive_expiry=IDLE_SECONDS)
    return httpx.Client(verify=_certificates(), trust_env=False, timeout=timeout, limits=limits)


def get(url: str, *, timeout_seconds: float) -> httpx.Response:
    """What a server says, as plain code asks it.

    Raises:
        httpx.HTTPError: it cannot be reached, or not in time.
    """
    return httpx.get(url, verify=_certificates(), trust_env=False, timeout=timeout_seconds)


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities that httpx ships, which take some 40 ms to read, for every client the same."""
    return httpx.create_ssl_context(trust_env=False)
