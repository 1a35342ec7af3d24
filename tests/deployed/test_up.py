"""`up` says what is in its way, ends everything with one Ctrl-C, and `down` cleans up after one that was killed."""

import json
import os
import signal
import socket

import pytest

from tests.deployed.conftest import Start
from tests.deployed.deployment import deployed
from tests.fakes.processes import is_running
from tests.integration.workbench import Workbench

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_port_in_use_is_named_before_anything_is_started(bench: Workbench) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = bench.run("up", str(bench.recipe), "--port", str(port))
    assert done.code == 2
    assert f"port {port} on 127.0.0.1 is in use by another process" in done.err
    assert "--port" in done.err
    assert not (bench.lake / "prefect-server").exists()


def test_ctrl_c_ends_all_and_down_ends_what_a_killed_one_left(bench: Workbench, start_teacher: Start) -> None:
    start_teacher()
    with deployed(bench) as deployment:
        pids = [deployment.noted(name) for name in ("server", "worker")]
        assert all(map(is_running, pids))
        assert deployment.ask("/admin/version")
        names = {one["name"] for one in deployment.ask("/deployments/filter", {})}
        assert names == {"build", "build-file", "shard", "reverify", "maintain", "reconcile"}
    assert deployment.process.returncode == 0
    assert not any(map(is_running, pids))
    assert bench.run("down", "--json").json == {"ended": []}

    with deployed(bench) as deployment:
        note = json.loads((bench.lake / "prefect-server" / "deployed.json").read_text())
        pids = [one["pid"] for one in note["processes"].values()]
        os.kill(deployment.noted("up"), signal.SIGKILL)
        bench.run("down")
        assert not any(map(is_running, [pid for pid in pids if pid != deployment.process.pid]))
        assert not (bench.lake / "prefect-server" / "deployed.json").exists()
    refused = bench.build("--deployed")
    assert refused.code == 2
    assert "nothing is deployed" in refused.err
