import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
import numpy as np
from stillroom.kernels import kernel
_STEP = 3

@kernel()
def _stepped(number):
    return number + _STEP

@kernel("int64(int64[::1])")
def total(numbers):
    result = 0
    for number in numbers:
        result += _stepped(number)
    return result
"""
RUN = """
import sys
import counted
assert "numba" not in sys.modules
print(counted.total(counted.np.arange(4)), sum(counted.total.compiled.stats.cache_hits.values()))
"""
LOADED_ASIDE = """
import sys, threading, time
import counted
from stillroom.kernels import load
load([counted.total])
began = threading.active_count()
while "compiled" not in vars(counted.total):
    time.sleep(0.01)
while threading.active_count() > 1:
    time.sleep(0.01)
load([counted.total])
print(began, threading.active_count(), counted.total(counted.np.arange(4)))
"""
LOOK = """
import sys
import flows.build, flows.deployed, stillroom.cli, stillroom.runs.curating, stillroom.curation
print("numba" in sys.modules)
"""


def run(folder: Path, program: str, **environment: str) -> str:
    """What it prints where modules lie in a folder, and caches only where this says."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "XDG"))}
    path = os.pathsep.join([str(folder), *sys.path])
    command = [sys.executable, "-W", "error", "-c", program]
    ended = subprocess.run(
        command, env=known | {"PYTHONPATH": path} | environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "counted.py").write_text(MODULE)
    return folder


def block(folder: Path) -> None:
    """Leave no room for compiled code there, for root neither: a file has the folder's name."""
    (folder / "__pycache__").write_text("")


def test_what_one_process_compiled_the_next_one_reads(module: Path) -> None:
    assert run(module, RUN) == "18 0"
    assert run(module, RUN) == "18 1"


def test_a_changed_module_is_compiled_again(module: Path) -> None:
    assert run(module, RUN) == "18 0"
    (module / "counted.py").write_text(MODULE.replace("_STEP = 3", "_STEP = 4"))
    assert run(module, RUN) == "22 0"


def test_the_cache_is_the_users_where_the_package_cannot_be_written_to(module: Path, tmp_path: Path) -> None:
    block(module)
    assert run(module, RUN, XDG_CACHE_HOME=str(tmp_path / "cache")) == "18 0"
    assert run(module, RUN, XDG_CACHE_HOME=str(tmp_path / "cache")) == "18 1"


def test_it_works_without_any_cache(module: Path, tmp_path: Path) -> None:
    block(module)
    (tmp_path / "file").write_text("")
    for _ in range(2):
        assert run(module, RUN, XDG_CACHE_HOME=str(tmp_path / "file")) == "18 0"


def test_a_cache_that_was_cut_short_is_none(module: Path) -> None:
    run(module, RUN)
    for kept in (module / "__pycache__").glob("counted.*.nb*"):
        kept.write_bytes(kept.read_bytes()[:20])
    assert run(module, RUN) == "18 0"


def test_a_full_disk_is_no_cache_either(module: Path) -> None:
    full = "import numba.core.caching as caching\n"
    full += f"def no_room(*_):\n    raise OSError({errno.ENOSPC}, 'no room')\n"
    full += "caching.IndexDataCacheFile.save = no_room\n"
    assert run(module, RUN.replace("print(", full + "print(")) == "18 0"


def test_no_start_imports_numba(tmp_path: Path) -> None:
    assert run(tmp_path, LOOK) == "False"


def test_kernels_are_loaded_while_their_caller_does_something_else(module: Path, tmp_path: Path) -> None:
    said = run(module, LOADED_ASIDE, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert said == "2 1 18"
