"""The teacher that `up` serves: it ends with `up`, or by `down` where that was killed; what ran before stays."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stillroom.home import home
from stillroom.teachers import serving
from stillroom.teachers.models import pull
from stillroom.teachers.serving_port import free_port
from stillroom.teachers.serving_start import start
from stillroom.teachers.serving_state import ServerState, read_state
from tests.deployed.deployment import UP_SECONDS, deployed
from tests.fakes.small_server import FAKE_SERVER
from tests.integration.workbench import ROOT, SEEDS, Workbench

pytestmark = [pytest.mark.teacher, pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]

NAME = "qwen2.5-coder-0.5b-instruct"
IDLE_MINUTES = 15.0
RECIPE = """
dataset: served
capability: code
seeding: {seeds: SEEDS, seed_prompts: 4, new_prompts: 0}
teachers:
  - name: coder
    serve: NAME
sampling: {samples: 2, wave: 2, max_new_tokens: 64}
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A recipe with a teacher to serve, and a place of its own for servers: other models here are left alone."""
    pull(NAME)
    own = tmp_path / "home"
    own.mkdir()
    for one in home().iterdir():
        if one.name != "servers":
            (own / one.name).symlink_to(one)
    bench = Workbench(tmp_path, "http://127.0.0.1:9")
    bench.recipe.write_text(RECIPE.replace("SEEDS", str(SEEDS)).replace("NAME", NAME), encoding="utf-8")
    bench.environment["STILLROOM_HOME"] = str(own)
    monkeypatch.setenv("STILLROOM_HOME", str(own))
    yield bench
    serving.stop(NAME)


def state() -> ServerState:
    found = read_state(NAME)
    assert found is not None
    return found


def started_before(folder: Path, *, idle_minutes: float) -> ServerState:
    """Something that answers as the teacher does, and was not started by any `up`."""
    pulled = pull(NAME)
    spec = serving.ServerSpec(
        name=pulled.name,
        model_path=str(pulled.path),
        revision=pulled.revision,
        device="cpu",
        port=free_port("127.0.0.1"),
    )
    program = folder / "fake.py"
    program.write_text(FAKE_SERVER, encoding="utf-8")
    start(spec, [sys.executable, "-S", str(program), str(spec.port), spec.revision], {}, idle_minutes=idle_minutes)
    return state()


def test_a_teacher_that_ran_before_stays_as_it_was(bench: Workbench, tmp_path: Path) -> None:
    before = started_before(tmp_path, idle_minutes=IDLE_MINUTES)
    with deployed(bench):
        assert state().living_holders()
        assert "ran before" in (bench.lake / "prefect-server" / "up.log").read_text(encoding="utf-8")
    after = state()
    assert after.process == before.process
    assert after.process.is_alive()
    assert after.idle_minutes == IDLE_MINUTES
    assert after.idler is not None
    assert after.idler.is_alive()
    assert not after.living_holders()
    assert bench.run("down", "--json").json == {"ended": []}


def test_ctrl_c_ends_the_teacher_also_that_of_an_earlier_up_that_was_killed(bench: Workbench) -> None:
    with deployed(bench) as first:
        os.kill(first.noted("up"), signal.SIGKILL)
        first.process.wait()
    teacher = state().process
    assert teacher.is_alive()
    with deployed(bench):
        assert state().process == teacher
    assert not teacher.is_alive()
    assert read_state(NAME) is None


def test_down_ends_a_teacher_whose_up_was_killed_while_it_started(bench: Workbench) -> None:
    command = bench.command("up", str(bench.recipe), "--port", str(free_port("127.0.0.1")))
    environment = {**os.environ, **bench.environment}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as up:
        try:
            wait_until(lambda: read_state(NAME) is not None, "no teacher is started")
        finally:
            up.kill()
    teacher = state().process
    assert teacher.is_alive()
    done = bench.run("down", "--json")
    assert f"teacher {NAME}" in json.loads(done.out)["ended"]
    assert not teacher.is_alive()


def wait_until(condition: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + UP_SECONDS
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.05)
