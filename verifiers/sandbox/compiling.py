"""Compiles our C files with the host's compiler: the same bytes for the same source and compiler."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from stillroom.errors import SandboxError

COMPILERS = ("cc", "gcc", "clang")
# No build id, no debug information: nothing that differs between two builds or names this machine.
FLAGS = ("-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-g0", "-Wl,--build-id=none")
TIMEOUT_SECONDS = 60.0


def find_compiler() -> str | None:
    """The path of ``$CC``, or of the first compiler that is installed."""
    wanted = os.environ.get("CC")
    return next(filter(None, map(shutil.which, [wanted] if wanted else COMPILERS)), None)


def compile_shared(*sources: Path) -> bytes:
    """The shared object that ``sources`` make.

    Raises:
        SandboxError: where there is no C compiler, or it refuses.
    """
    compiler = find_compiler()
    if compiler is None:
        tried = os.environ.get("CC") or ", ".join(COMPILERS)
        raise SandboxError(
            f"the sandbox image needs a C compiler and found none (looked for {tried}). Install one (Debian and "
            "Ubuntu: `apt-get install gcc libc6-dev`) and run this again; it is used once for each image."
        )
    with tempfile.TemporaryDirectory() as folder:
        names = [source.name for source in sources]
        for source in sources:
            shutil.copyfile(source, Path(folder) / source.name)
        made = "made.so"
        done = subprocess.run(
            [compiler, *FLAGS, "-o", made, *names],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode:
            raise SandboxError(
                f"{compiler} could not compile {', '.join(names)} for the sandbox image; are the C library's headers "
                f"installed (Debian and Ubuntu: libc6-dev)? It said:\n{done.stderr[:2000]}"
            )
        return (Path(folder) / made).read_bytes()
