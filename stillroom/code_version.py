"""Which code this is: the version, and a digest of the source that runs, so that two states of it are told apart."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from stillroom import __version__

_PACKAGES = ("stillroom", "verifiers", "tasks", "flows")
_SUFFIXES = frozenset((".py", ".sql", ".c", ".json"))
_DIGITS = 12


@cache
def code_version() -> str:
    """VERSION+DIGEST of the source as it was when this process first asked."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        spec = find_spec(package)
        for folder in spec.submodule_search_locations or () if spec else ():
            root = Path(folder)
            for file in sorted(one for one in root.rglob("*") if one.suffix in _SUFFIXES):
                digest.update(f"{package}/{file.relative_to(root)}\0".encode())
                digest.update(file.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:_DIGITS]}"
