"""A driver that is killed amid 2,000 programs leaves nothing behind, and a second run judges each of them once."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from verifiers.sandbox import ensure_docker
from verifiers.sandbox.container import DRIVER_LABEL, LABEL, sweep
from verifiers.sandbox.door import OWNER, PREFIX

pytestmark = [pytest.mark.docker, pytest.mark.timeout(280)]

ROOT = Path(__file__).parents[2]
PROGRAMS = 2_000
BEFORE_THE_KILL = 300  # verdicts written


def _rows(file: Path) -> None:
    with file.open("w", encoding="utf-8") as rows:
        for i in range(PROGRAMS):
            right = i % 3 != 0
            source = f"def f(x):\n    return x * {i if right else i + 1}\n"
            in_process = "import random\n" if i % 10 == 0 else ""
            row = {"id": i, "completion": source, "tests": f"{in_process}assert f(2) == {2 * i}", "entry_point": "f"}
            rows.write(json.dumps(row) + "\n")


def _verify(rows: Path, verdicts: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "stillroom", "verify", str(rows), "--capability", "code"]
    with verdicts.open("wb") as out:
        return subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, cwd=ROOT)


def _written(verdicts: Path) -> list[dict[str, object]]:
    """The whole lines of a file of verdicts; a line that was cut off by a kill is none."""
    whole, newline, _ = verdicts.read_text(encoding="utf-8").rpartition("\n")
    return [json.loads(line) for line in whole.split("\n")] if newline else []


def _containers_of(pid: int) -> list[str]:
    client = ensure_docker()
    try:
        found = client.containers.list(all=True, ignore_removed=True, filters={"label": LABEL})
        return [each.id for each in found if f":{pid}:" in each.labels[DRIVER_LABEL]]
    finally:
        client.close()


def _doors_of(pid: int) -> list[Path]:
    doors = Path(tempfile.gettempdir()).glob(f"{PREFIX}*")
    return [home for home in doors if (home / OWNER).exists() and f":{pid}:" in (home / OWNER).read_text()]


def _right(verdicts: list[dict[str, object]]) -> bool:
    return all(
        each["id"] == i and each["outcome"] == ("fail" if i % 3 == 0 else "pass") for i, each in enumerate(verdicts)
    )


def test_a_driver_killed_amid_its_work_leaves_no_container_and_a_second_run_judges_each_program_once(tmp_path):
    rows, first, second = tmp_path / "rows.jsonl", tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    _rows(rows)
    driver = _verify(rows, first)
    deadline = time.monotonic() + 120
    while len(_written(first)) < BEFORE_THE_KILL:
        assert driver.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline, "no verdicts were written"
        time.sleep(0.02)
    assert len(_containers_of(driver.pid)) == 1
    driver.kill()
    driver.wait()

    written = _written(first)
    assert BEFORE_THE_KILL <= len(written) < PROGRAMS
    assert _right(written)
    deadline = time.monotonic() + 20
    while _containers_of(driver.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _containers_of(driver.pid) == []
    client = ensure_docker()
    sweep(client)
    client.close()
    assert _doors_of(driver.pid) == []

    again = _verify(rows, second)
    assert again.wait(timeout=150) == 0
    verdicts = _written(second)
    assert [each["id"] for each in verdicts] == list(range(PROGRAMS))
    assert _right(verdicts)
    unchanged = [(each["id"], each["outcome"], each["reason"], each["tests_passed"]) for each in verdicts]
    assert unchanged[: len(written)] == [
        (each["id"], each["outcome"], each["reason"], each["tests_passed"]) for each in written
    ]
    assert _containers_of(again.pid) == []
    assert _doors_of(again.pid) == []
    assert os.path.getsize(first) < os.path.getsize(second)
