"""Finds the files of the third-party distributions that a second image carries.

A distribution that is installed here in the version that is asked for is taken as it stands; the others are
fetched by ``uv`` or ``pip``.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath

from stillroom.errors import NoSuchSandbox
from stillroom.records.libraries import Libraries, normal_name
from verifiers.sandbox.rootfs import SITE_HOME

_LEFT_OUT = frozenset(("__pycache__", "tests", "bin"))
INSTALL_SECONDS = 600


def site_files(wanted: Libraries, folder: Path) -> list[tuple[Path, PurePosixPath]]:
    """Every file of the wanted distributions: host path, path in the image.

    Args:
        wanted: names and versions.
        folder: an empty folder for those that have to be fetched.

    Raises:
        NoSuchSandbox: when one is neither installed nor can be fetched.
    """
    installed = {f"{normal_name(each.metadata['Name'])}=={each.version}": each for each in distributions()}
    missing = [pin for pin in wanted if pin not in installed]
    files = [row for pin in wanted if pin in installed for row in _installed_files(installed[pin])]
    if missing:
        _fetch(missing, folder)
        files += [
            (path, SITE_HOME / path.relative_to(folder).as_posix())
            for path in sorted(folder.rglob("*"))
            if path.is_file() and _LEFT_OUT.isdisjoint(path.relative_to(folder).parts)
        ]
    return files


def _installed_files(distribution: Distribution) -> Iterator[tuple[Path, PurePosixPath]]:
    for file in distribution.files or ():
        path = Path(str(file.locate()))
        if ".." not in file.parts and _LEFT_OUT.isdisjoint(file.parts) and path.is_file():
            if file.name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
                continue  # they say where and how it was installed, not what it is
            yield path, SITE_HOME / PurePosixPath(*file.parts)


def _fetch(missing: list[str], folder: Path) -> None:
    options = ["--no-deps", "--only-binary", ":all:", "--target", str(folder)]
    if shutil.which("uv") is not None:
        command = ["uv", "pip", "install", "--python", sys.executable, *options, *missing]
    else:
        command = [sys.executable, "-m", "pip", "install", "--no-compile", *options, *missing]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoSuchSandbox(f"{missing} could not be fetched for the sandbox image: {error}") from error
    if done.returncode != 0:
        raise NoSuchSandbox(f"{missing} could not be fetched for the sandbox image: {done.stderr[-1000:]}")
