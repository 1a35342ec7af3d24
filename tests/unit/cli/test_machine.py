import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stillroom import doctor
from stillroom.cli.app import make_app
from stillroom.doctor import Finding, State, examine
from stillroom.errors import SandboxError


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch, tmp_path):
    """No daemon answers, nothing was set up."""
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DOCKER_HOST", raising=False)

    def connect() -> None:
        raise SandboxError("no Docker daemon answers")

    monkeypatch.setattr(doctor.daemon, "connect", connect)


def finding(name: str, lake_root: Path) -> Finding:
    return next(one for one in examine(lake_root) if one.name == name)


def test_what_is_missing_and_can_be_made_will_be_set_up(tmp_path):
    states = {one.name: one.state for one in examine(tmp_path / "lake")}
    assert states["model qwen2.5-coder-0.5b-instruct"] is State.SET_UP
    assert states["teacher environment"] is State.SET_UP
    assert states["lake"] is State.SET_UP


def test_a_teacher_environment_that_is_to_be_made_names_its_need_of_a_cpu_build_of_torch(tmp_path):
    assert "a CPU build of torch" in finding("teacher environment", tmp_path).todo


@pytest.mark.parametrize(
    ("user", "installed", "state"),
    [(0, True, State.SET_UP), (0, False, State.SET_UP), (1000, True, State.PROBLEM), (1000, False, State.PROBLEM)],
    ids=["root with dockerd", "root without", "user with dockerd", "user without"],
)
def test_docker_that_nobody_may_start_is_a_problem(monkeypatch, tmp_path, user, installed, state):
    monkeypatch.setattr(doctor.os, "geteuid", lambda: user)
    there = {"apt-get", "dockerd"} if installed else {"apt-get"}
    monkeypatch.setattr(doctor.shutil, "which", lambda name: name if name in there else None)
    found = finding("Docker", tmp_path)
    assert found.state is state
    assert found.todo


def test_too_little_disk_space_is_a_problem(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "NEEDED_BYTES", 10**18)
    found = finding("disk space", tmp_path)
    assert found.state is State.PROBLEM
    assert "STILLROOM_HOME" in found.todo


SMALL, LARGE = "qwen2.5-coder-0.5b-instruct", "Qwen/Qwen2.5-Coder-1.5B-Instruct"


@pytest.mark.parametrize(
    ("models", "gigabytes", "state", "said"),
    [
        pytest.param((), 4, State.OK, "4.0 GB", id="none is served here"),
        pytest.param(
            (), 0.5, State.PROBLEM, "the pipeline takes 0.9 GB; use a larger machine", id="not even a pipeline"
        ),
        pytest.param((SMALL,), 4, State.PROBLEM, f"the pipeline and {SMALL} take 4.4 GB", id="too small for the small"),
        pytest.param((SMALL,), 5, State.OK, "5.0 GB", id="enough for the small"),
        pytest.param((LARGE,), 5, State.PROBLEM, "take 6.6 GB; serve a smaller model", id="too small for the large"),
        pytest.param((LARGE,), 7, State.OK, "7.0 GB", id="enough for the large"),
        pytest.param((SMALL, LARGE), 8, State.PROBLEM, "take 10.1 GB", id="two side by side"),
        pytest.param((LARGE, LARGE), 7, State.OK, "7.0 GB", id="one server for two teachers"),
        pytest.param(("Owner/Other",), 4, State.OK, "what Owner/Other takes is not known", id="nobody measured it"),
    ],
)
def test_memory_is_enough_or_not_for_what_the_recipe_serves_here(monkeypatch, models, gigabytes, state, said):
    monkeypatch.setattr(doctor, "memory_bytes", lambda: int(gigabytes * doctor.GIB))
    found = doctor._memory(models)
    assert found.state is state
    assert said in found.found + found.todo


def test_a_recipe_that_serves_nothing_here_needs_nothing_of_a_server(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "NEEDED_BYTES", 10**18)
    monkeypatch.setattr(doctor, "memory_bytes", lambda: 4 * doctor.GIB)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "dataset: d\ncapability: code\nprompts: p.jsonl\n"
        "teachers: [{name: t, urls: ['http://127.0.0.1:9'], model: m}]\n"
    )
    result = CliRunner().invoke(make_app(), ["--lake", str(tmp_path / "lake"), "doctor", str(recipe), "--json"])
    states = {one["name"]: one["state"] for one in json.loads(result.stdout)}
    assert not [name for name in states if "teacher" in name or "model" in name]
    assert (states["disk space"], states["memory"]) == ("ok", "ok")


def test_a_lake_that_cannot_be_opened_is_a_problem(tmp_path):
    (tmp_path / "catalogue.sqlite").write_text("not a database")
    assert finding("lake", tmp_path).state is State.PROBLEM


def test_a_problem_makes_the_exit_code_1(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "PYTHONS", ((3, 99),))
    result = CliRunner().invoke(make_app(), ["--lake", str(tmp_path / "lake"), "doctor"])
    assert result.exit_code == 1
    assert "install Python 3.11 or 3.12" in result.stdout


def test_a_file_where_the_lake_should_be_is_a_problem(tmp_path):
    (tmp_path / "lake").write_text("no folder")
    found = finding("lake", tmp_path / "lake")
    assert (found.state, found.todo) == (State.PROBLEM, "name a folder with --lake")


def test_a_missing_compiler_is_a_problem_with_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("CC", "no-such-compiler")
    found = finding("C compiler", tmp_path / "lake")
    assert found.state is State.PROBLEM
    assert "apt-get install gcc" in found.todo


class Daemon:
    """A daemon that knows some runtimes."""

    def __init__(self, *runtimes: str) -> None:
        self.runtimes = runtimes

    def info(self) -> dict[str, object]:
        return {"Runtimes": {name: {} for name in self.runtimes}}

    def close(self) -> None: ...


@pytest.mark.parametrize(
    ("runtimes", "wanted", "state", "said"),
    [
        (("runc",), "", State.OK, "gVisor (runsc) is not installed, and not needed"),
        (("runc", "runsc"), "", State.OK, "gVisor (runsc) is installed"),
        (("runc", "runsc"), "runsc", State.OK, "runsc; gVisor"),
        (("runc",), "runsc", State.PROBLEM, "Docker knows only the runtimes runc. Install gVisor"),
    ],
)
def test_gvisor_is_told_of_and_is_a_problem_only_where_it_is_asked_for(
    monkeypatch, tmp_path, runtimes, wanted, state, said
):
    monkeypatch.setattr(doctor.daemon, "connect", lambda: Daemon(*runtimes))
    monkeypatch.setenv("STILLROOM_SANDBOX_RUNTIME", wanted)
    found = doctor._guarded("sandbox runtime", doctor._runtime)
    assert found.state is state
    assert said in found.found + found.todo


@pytest.mark.parametrize("command", [["runs"], ["build", "recipe.yaml"]])
def test_a_lake_that_is_a_file_is_refused_in_a_sentence(tmp_path, command):
    (tmp_path / "lake").write_text("no folder")
    (tmp_path / "recipe.yaml").write_text(
        "dataset: d\ncapability: code\nprompts: p.jsonl\n"
        "teachers: [{name: t, urls: ['http://127.0.0.1:9'], model: m}]\n"
    )
    command = [str(tmp_path / word) if word.endswith(".yaml") else word for word in command]
    result = CliRunner().invoke(make_app(), ["--lake", str(tmp_path / "lake"), *command])
    assert result.exit_code == 2
    assert "is a file. Name a folder with --lake" in result.stderr
