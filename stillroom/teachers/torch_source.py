"""Finds where pip gets a build of torch for the CPU: in its own sources, else in one that a setting names.

A plain package index has the build for CUDA under the bare version: half a gigabyte that does not run without its
libraries. CPU builds are called ``+cpu``, which pip prefers where it is shown one. It is asked what it would find
before anything is downloaded. Only torch is looked for in the further index; all else comes from where it came before.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from stillroom.teachers.programs import bare_environment, program
from stillroom.teachers.progress import Progress

INDEX_VARIABLE = "STILLROOM_TORCH_INDEX"
CONNECT_SECONDS = 5  # pip's patience with a server; it tries once
ASKING_SECONDS = 20.0  # for all of an answer, looking up the name included
_VERSIONS = re.compile(r"^Available versions: (.*)$", re.MULTILINE)


def torch_options(python: Path, version: str, log: Path, progress: Progress) -> list[str]:
    """What pip's command for torch has to say of where to look, beside its own settings.

    ``STILLROOM_TORCH_INDEX`` names a further index, such as PyTorch's own for the CPU. One that cannot be reached is no
    error: pip installs what its own sources have, and ``progress`` is told what it is.

    Args:
        python: one with pip.
        version: that is wanted, without ``+cpu``.
        log: gets pip's answers.
        progress: told where there is no CPU build.
    """
    named = os.environ.get(INDEX_VARIABLE, "")
    options = ["--extra-index-url", named] if named else []
    wanted = f"{version}+cpu"
    if wanted in _offered(python, options, log):
        return options
    asked = f"in pip's own sources and {named}" if named else "in pip's own sources"
    progress(
        f"torch {wanted} was not found {asked}. pip takes what is called {version}: most likely the build for CUDA, "
        f"half a gigabyte that does not run here. If so, stop, name an index that has CPU builds (PyTorch's page on "
        f"installing it names one) in {INDEX_VARIABLE} or a folder with such a wheel in PIP_FIND_LINKS, and try again."
    )
    return options


def _offered(python: Path, options: Sequence[str], log: Path) -> set[str]:
    """The versions of torch that pip finds for this Python; none where it does not say so in time."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "0"]
    command += ["--timeout", str(CONNECT_SECONDS), "index", "versions", "torch", *options]
    try:
        with program(command, environment=bare_environment()) as process:
            told = process.communicate(timeout=ASKING_SECONDS)[0]
    except subprocess.TimeoutExpired:
        told = f"pip index versions {' '.join(options)}: no answer within {ASKING_SECONDS:.0f} s\n"
    with log.open("a", encoding="utf-8") as sink:
        sink.write(told)
    found = _VERSIONS.search(told)
    return set(found[1].split(", ")) if found else set()
