"""What ends by itself is started again; what ends again and again is an error; an end takes all children with it."""

import sys
import time
from pathlib import Path

import pytest

from stillroom.cli import supervising
from stillroom.cli.supervising import ProcessFailed, Supervised, look_after
from tests.fakes.processes import is_running


def supervised(folder: Path, code: str) -> Supervised:
    command = [sys.executable, "-S", "-c", code]
    return Supervised(name="it", command=command, environment={"GIVEN": "yes"}, folder=folder, log=folder / "log")


def lines(file: Path, wanted: int) -> list[str]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = file.read_text().splitlines() if file.exists() else []
        if len(found) >= wanted:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{file} has no {wanted} lines")


def test_it_gets_its_environment_and_its_log(tmp_path: Path) -> None:
    one = supervised(tmp_path, "import os; print(os.environ['GIVEN'], flush=True); import time; time.sleep(600)")
    one.start()
    assert lines(tmp_path / "log", 1) == ["yes"]
    assert not one.has_ended
    one.end(5.0)
    assert one.has_ended


def test_what_it_had_started_ends_before_it_is_started_again_and_with_it(tmp_path: Path) -> None:
    code = "import os, time\nif os.fork() == 0:\n    print(os.getpid(), flush=True); time.sleep(600)\ntime.sleep(600)"
    one = supervised(tmp_path, code)
    one.start()
    (first,) = lines(tmp_path / "log", 1)
    assert one.process is not None
    one.process.kill()
    one.process.wait()
    assert Path(f"/proc/{first}").exists()
    one.start_again()
    assert not is_running(first)
    _, second = lines(tmp_path / "log", 2)
    one.end(5.0)
    assert not is_running(second)


def test_what_ends_again_and_again_is_an_error_that_names_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "LOOK_SECONDS", 0.01)
    one = supervised(tmp_path, "print('began', flush=True)")
    one.start()
    again: list[str] = []
    with pytest.raises(ProcessFailed, match=f"it ends again and again.*{tmp_path / 'log'}"):
        look_after([one], lambda ended: again.append(ended.name))
    assert again == ["it"] * (supervising.MOST_FAILED_STARTS - 1)
    assert len(lines(tmp_path / "log", 3)) == supervising.MOST_FAILED_STARTS
