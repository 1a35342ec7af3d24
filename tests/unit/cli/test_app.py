import errno
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stillroom.cli.app import make_app
from stillroom.errors import GateError

HEAVY = {"duckdb", "polars", "prefect", "transformers", "docker", "pydantic", "httpx", "httpx2", "rich.markdown"}


def test_help_imports_nothing_heavy():
    code = "import sys; from stillroom.cli.app import make_app; make_app(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_help_takes_less_than_half_a_second_of_cpu():
    taken: list[float] = []
    for _ in range(3):  # caches that other work fills make it slower at times
        before = children_seconds()
        subprocess.run([sys.executable, "-m", "stillroom", "--help"], capture_output=True, check=True)
        taken.append(children_seconds() - before)
    assert min(taken) < 0.5


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("before", [True, False], ids=["before the command", "after it"])
def test_the_lake_may_be_named_before_and_after_the_command(before, tmp_path):
    lake = ["--lake", str(tmp_path / "none")]
    result = CliRunner().invoke(make_app(), [*lake, "snapshots"] if before else ["snapshots", *lake])
    assert result.exit_code == 2
    assert f"there is no lake at {tmp_path / 'none'}" in result.stderr


def test_the_lake_may_be_named_in_the_environment(tmp_path):
    result = CliRunner().invoke(make_app(), ["snapshots"], env={"STILLROOM_LAKE": str(tmp_path / "other")})
    assert str(tmp_path / "other") in result.stderr


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        pytest.param(GateError("not good enough"), 1, "Error: not good enough", id="the work failed"),
        pytest.param(KeyboardInterrupt(), 1, "Stopped.", id="Ctrl-C"),
        pytest.param(BrokenPipeError(errno.EPIPE, "gone"), 1, "", id="the reader left"),
        pytest.param(
            OSError(errno.ENOSPC, "No space left on device", "/lake/data"),
            1,
            "Error: No space left on device: /lake/data. Found ",
            id="a full disk",
        ),
        pytest.param(OSError(errno.ENOSPC, "No space left on device"), 1, "MB free for ", id="nobody knows which file"),
        pytest.param(
            PermissionError(errno.EACCES, "Permission denied", "/lake/data"),
            1,
            "Error: Permission denied: /lake/data. Give this user the right",
            id="a folder of somebody else's",
        ),
        pytest.param(FileNotFoundError("No usable temporary directory"), 1, "--debug", id="without a number"),
    ],
)
def test_failures_are_one_message_and_an_exit_code(monkeypatch, error, code, said):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("stillroom.cli.session.Path.resolve", fail)
    result = CliRunner().invoke(make_app(), ["snapshots"])
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("error", [GateError("not good enough"), OSError(errno.ENOSPC, "No space left on device")])
def test_debug_shows_the_traceback(monkeypatch, error):
    def fail(*_: object) -> Path:
        raise error

    monkeypatch.setattr("stillroom.cli.session.Path.resolve", fail)
    assert CliRunner().invoke(make_app(), ["--debug", "snapshots"]).exception is error
