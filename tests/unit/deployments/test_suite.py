"""The script of the whole suite sets up, beside the unit tests, what these do not need, and waits for it after them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "deployments" / "test.sh"


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def suite(folder: Path, *, setup: str, unit: str = "exit 0") -> tuple[int, list[str], str]:
    """Run a copy of the script with programs of the test's; returns its exit code, what it started, and stderr."""
    log = folder / "log"
    (folder / "deployments").mkdir()
    shutil.copy(SCRIPT, folder / "deployments")
    program(folder / ".venv" / "bin" / "stillroom", f'echo "setup $*" >>"{log}"; {setup}')
    program(folder / "bin" / "uv", f'echo "$4" >>"{log}"; [ "$4" != tests/unit ] || {{ {unit}; }}')
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    command = ["bash", str(folder / "deployments" / "test.sh"), "r.yaml"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, log.read_text(encoding="utf-8").splitlines(), done.stderr


def test_all_parts_run_and_those_of_whole_processes_when_all_is_set_up(tmp_path: Path) -> None:
    done = tmp_path / "done"
    code, started, said = suite(tmp_path, setup=f"echo bringing it; sleep 1; echo set up; touch {done}")

    assert code == 0, said
    assert sorted(started[:2]) == ["setup setup r.yaml", "tests/unit"]
    assert started[2:] == ["tests/lake", "tests/fakes", "tests/deployed", "tests/sandbox"]
    assert done.exists()
    assert said.splitlines() == ["bringing it", "set up"]


@pytest.mark.parametrize(
    ("setup", "unit", "code", "words"),
    [
        pytest.param("echo no room >&2; exit 3", "exit 0", 3, "no room", id="what cannot be set up"),
        pytest.param("exec sleep 50", "exit 1", 1, "", id="a unit test that fails"),
    ],
)
def test_nothing_more_is_begun_after(tmp_path: Path, setup: str, unit: str, code: int, words: str) -> None:
    ended, started, said = suite(tmp_path, setup=setup, unit=unit)

    assert (ended, words in said) == (code, True)
    assert "tests/lake" not in started
