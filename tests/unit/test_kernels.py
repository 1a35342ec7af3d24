import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stillroom.curation import bucket_kernels, mark_kernels, pair_kernels, sought_kernels, text_kernels, word_kernels
from stillroom.kernels import Kernel

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
while not counted.total.is_compiled:
    time.sleep(0.01)
while threading.active_count() > 1:
    time.sleep(0.01)
load([counted.total])
print(began, threading.active_count(), counted.total(counted.np.arange(4)))
"""
TWICE = """
import threading
import numba
import counted
made = []
njit = numba.njit
numba.njit = lambda *given, **named: made.append(named) or njit(*given, **named)
both = [threading.Thread(target=lambda: counted.total.compiled) for _ in range(2)]
for each in both:
    each.start()
for each in both:
    each.join()
print(sum("cache" in named for named in made))
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


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("left", [b"", b"0.68.1\n", b"\x80\x04\x8c\xff\xff", b"\0" * 5000])
def test_what_is_damaged_of_a_cache_is_written_anew(module: Path, kind: str, left: bytes) -> None:
    run(module, RUN)
    for kept in (module / "__pycache__").glob(f"counted.*.{kind}"):
        kept.write_bytes(left)
    assert run(module, RUN) == "18 0"
    assert run(module, RUN) == "18 1"


def test_what_was_compiled_of_an_older_source_is_never_run(module: Path) -> None:
    """The index of numba's cache is written before the code that it names, which may be as far as it gets."""
    assert run(module, RUN) == "18 0"
    (module / "counted.py").write_text(MODULE.replace("_STEP = 3", "_STEP = 4"))
    full = "import numba.core.caching as caching\n"
    full += f"def no_room(*_):\n    raise OSError({errno.ENOSPC}, 'no room')\n"
    full += "caching.IndexDataCacheFile._save_data = no_room\n"
    assert run(module, RUN.replace("print(", full + "print(")) == "22 0"
    assert run(module, RUN) == "22 0"
    assert run(module, RUN) == "22 1"


def test_what_a_kernel_names_from_another_file_is_part_of_what_was_compiled(module: Path) -> None:
    (module / "steps.py").write_text("_STEP = 3\n")
    (module / "counted.py").write_text(MODULE.replace("_STEP = 3", "from steps import _STEP"))
    assert run(module, RUN) == "18 0"
    (module / "steps.py").write_text("_STEP = 40\n")
    assert run(module, RUN) == "166 0"


def test_a_kernel_that_names_what_may_change_unseen_is_refused(module: Path) -> None:
    (module / "counted.py").write_text(MODULE.replace("_STEP = 3", "_STEP = [3]"))
    said = run(module, "import counted\ntry:\n    counted.total.digest\nexcept TypeError as error:\n    print(error)\n")
    assert said == "a kernel names _STEP, which is list: expected a number, an array or a kernel"


def test_kernels_of_the_package_name_what_they_are_compiled_from() -> None:
    for module in (bucket_kernels, mark_kernels, pair_kernels, sought_kernels, text_kernels, word_kernels):
        kernels = [each for each in vars(module).values() if isinstance(each, Kernel)]
        assert len({each.digest for each in kernels}) == len(kernels)


def test_two_threads_compile_a_kernel_once(module: Path) -> None:
    assert run(module, TWICE) == "1"


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
