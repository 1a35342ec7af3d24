"""Finds where pip gets a build of torch for the CPU: in its own sources, else in one that a setting names.

A plain package index has the build for CUDA under the bare version: half a gigabyte that does not run without its
libraries. CPU builds are called ``+cpu``, which pip prefers where it is shown one. It is asked what it would find
before anything is downloaded, and where that is no CPU build, nothing is. Only torch is looked for in the further
index; all else comes from where it came before.
"""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from stillroom.errors import TeacherError
from stillroom.teachers.programs import bare_environment, program
from stillroom.teachers.progress import Progress

INDEX_VARIABLE = "STILLROOM_TORCH_INDEX"
CONNECT_SECONDS = 5  # pip's patience with a server
ASKING_SECONDS = 20.0  # for all of an answer, looking up the name included
CUDA_MACHINES = ("x86_64",)  # the bare version is the build for CUDA there; on others it has been the one for the CPU
_VERSIONS = re.compile(r"^Available versions: (.*)$", re.MULTILINE)


def torch_options(python: Path, version: str, log: Path, progress: Progress) -> list[str]:
    """What pip's command for torch has to say of where to look, beside its own settings.

    ``STILLROOM_TORCH_INDEX`` names a further index, such as PyTorch's own for the CPU. Where pip does not say what it
    finds, it is left to install what it has, and ``progress`` is told what that may be.

    Args:
        python: one with pip.
        version: that is wanted, without ``+cpu``.
        log: gets pip's answers.
        progress: told where it is not known whether there is a CPU build.

    Raises:
        TeacherError: pip finds builds of torch, but none for the CPU.
    """
    named = os.environ.get(INDEX_VARIABLE, "")
    options = ["--extra-index-url", named] if named else []
    offered = _offered(python, options, log, wanted=f"{version}+cpu")
    if f"{version}+cpu" in offered:
        return options
    asked = f"in pip's own sources and {named}" if named else "in pip's own sources"
    found = (
        f"torch {version}+cpu was not found {asked}. pip takes what is called {version}: most likely the build for "
        "CUDA, half a gigabyte that does not run here"
    )
    way = (
        f"name an index that has CPU builds (PyTorch's page on installing it names one) in {INDEX_VARIABLE} or a "
        "folder with such a wheel in PIP_FIND_LINKS, and try again"
    )
    if version in offered and platform.machine() in CUDA_MACHINES:
        raise TeacherError(f"{found}. So nothing was downloaded: {way}.")
    progress(f"{found}. If so, stop, {way}.")
    return options


def _offered(python: Path, options: Sequence[str], log: Path, *, wanted: str) -> set[str]:
    """The versions of torch that pip finds; where ``wanted`` is not among them, it is asked once more, patiently."""
    first = _asked(python, options, log, retries=0)
    return first if wanted in first else first | _asked(python, options, log, retries=1)


def _asked(python: Path, options: Sequence[str], log: Path, *, retries: int) -> set[str]:
    """The versions of torch that pip finds for this Python; none where it does not say so in time."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", str(retries)]
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
