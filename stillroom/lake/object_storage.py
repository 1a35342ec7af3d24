"""How DuckDB reaches data files in S3-compatible storage: by what AWS's own environment variables say."""

import os
from collections.abc import Callable
from urllib.parse import urlsplit

from stillroom.errors import RequestError

SECRET = "stillroom_data"  # noqa: S105 - its name
NOWHERE = "http://127.0.0.1:1"  # an address where nobody listens, and the kernel says so at once
_KEYS = {
    "KEY_ID": "AWS_ACCESS_KEY_ID",
    "SECRET": "AWS_SECRET_ACCESS_KEY",
    "SESSION_TOKEN": "AWS_SESSION_TOKEN",
}


def is_object_storage(data: object) -> bool:
    """Whether data files are objects rather than files of a folder."""
    return str(data).startswith("s3://")


def secret_statement(data: str, *, endpoint: str | None = None) -> str:
    """The statement that lets a DuckDB of this process reach ``data``; it holds the keys and is not to be kept.

    Args:
        data: ``s3://bucket/prefix``.
        endpoint: another address than the environment's.

    Raises:
        RequestError: the environment has no keys.
    """
    missing = [name for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if not os.environ.get(name)]
    if missing:
        raise RequestError(
            f"the lake's data files are at {data}, and {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not set. Set them in the environment (with AWS_REGION, and "
            "AWS_ENDPOINT_URL for storage that is not Amazon's)."
        )
    return _statement(data, lambda variable: _quoted(os.environ[variable]), endpoint)


def script_secret_statement(data: str) -> str:
    """The same for the duckdb shell, which reads the keys from its own environment."""
    return _statement(data, lambda variable: f"getenv({_quoted(variable)})", None)


def _statement(data: str, value: Callable[[str], str], endpoint: str | None) -> str:
    options = ["TYPE s3", f"SCOPE {_quoted('s3://' + urlsplit(data).netloc)}"]
    options += [f"{name} {value(variable)}" for name, variable in _KEYS.items() if os.environ.get(variable)]
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    options.append(f"REGION {_quoted(region)}")
    address = endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if address:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        options += [
            f"ENDPOINT {_quoted(parts.netloc + parts.path.rstrip('/'))}",
            "URL_STYLE 'path'",
            f"USE_SSL {'true' if parts.scheme == 'https' else 'false'}",
        ]
    return f"CREATE OR REPLACE SECRET {SECRET} ({', '.join(options)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
