"""Which code this is: the version, and a digest of the source that runs, so that two states of it are told apart."""

import hashlib
from collections.abc import Mapping
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
    found = {name: find_spec(name) for name in _PACKAGES}
    folders = {
        name: Path(spec.submodule_search_locations[0])
        for name, spec in found.items()
        if spec is not None and spec.submodule_search_locations
    }
    return f"{__version__}+{digest_of(folders)}"


def digest_of(packages: Mapping[str, Path]) -> str:
    """Over names and content of all source files in the folders of these packages."""
    digest = hashlib.sha256()
    for package, folder in packages.items():
        for file in sorted(one for one in folder.rglob("*") if one.suffix in _SUFFIXES):
            digest.update(f"{package}/{file.relative_to(folder)}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:_DIGITS]
