"""Libraries that do what the search for duplicates does, in an environment of their own: they pin other versions.

uv makes it from `dedup_references.txt`, which pins all packages, and it stays below `benchmarks/.references`.
"""

import json
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PACKAGES, SCRIPT, ENVIRONMENTS = HERE / "dedup_references.txt", HERE / "dedup_peers.py", HERE / ".references"


def run_reference(name: str, folder: Path) -> dict[str, Any]:
    """What a reference says of its work on the files of this folder: ``cpu_seconds``, and ``scores`` of pairs."""
    command = [str(_python()), str(SCRIPT), name, str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"the reference {name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def _python() -> Path:
    """The interpreter of the environment, which is made where it is missing."""
    place = ENVIRONMENTS / sha256(PACKAGES.read_bytes()).hexdigest()[:16]
    if not (place / "whole").exists():
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(place)], check=True)
        install = ["uv", "pip", "install", "--quiet", "--no-deps", "--python", str(place / "bin" / "python")]
        subprocess.run([*install, "-r", str(PACKAGES)], check=True)
        (place / "whole").touch()
    return place / "bin" / "python"
