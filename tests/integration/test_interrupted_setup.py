"""Ctrl-C ends set-up at once, whatever is being downloaded, and no program of its goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AT_MOST_SECONDS = 5.0  # of which most is a busy machine's
RECIPE = """
dataset: d
capability: code
prompts: p.jsonl
teachers: [{name: t, serve: tiny}]
"""


def lines(folder: Path) -> list[str]:
    file = folder / "begun"
    return file.read_text(encoding="utf-8").split() if file.exists() else []


def living(folder: Path) -> list[str]:
    """The command lines of programs that have this folder in them."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if str(folder / "python") in words and "slow_models" not in words:
            found.append(words)
    return found


@pytest.mark.parametrize("whom", ["all", "stillroom"], ids=["as a terminal does", "only itself"])
@pytest.mark.parametrize(
    ("source", "begun"), [pytest.param("hub", 1, id="a hub's download"), pytest.param("wheels", 3, id="three pips")]
)
@pytest.mark.parametrize("command", ["models pull tiny", "setup recipe.yaml"])
def test_an_interrupt_ends_set_up_at_once(tmp_path: Path, command: str, source: str, begun: int, whom: str) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    arguments = [str(tmp_path / word) if word.endswith(".yaml") else word for word in command.split()]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.slow_models", str(tmp_path), source, *arguments],
        cwd=ROOT,
        env={**os.environ, "STILLROOM_HOME": str(tmp_path / "home")},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            deadline = time.monotonic() + 60
            while len(lines(tmp_path)) < begun:
                assert process.poll() is None, process.communicate()[1]
                assert time.monotonic() < deadline, "no download was begun"
                time.sleep(0.02)
            asked = time.monotonic()
            if whom == "all":
                os.killpg(process.pid, signal.SIGINT)
            else:
                process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert time.monotonic() - asked < AT_MOST_SECONDS
    assert process.returncode == 1, said
    assert "goes on from here" in said
    assert "Traceback" not in said
    assert len(lines(tmp_path)) == begun, "another download was begun after the interrupt"
    assert living(tmp_path) == []
