"""Processes are killed: no flow run stays Running for ever, slots come back, nothing is lost or doubled."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment, deployed
from tests.integration.workbench import Workbench

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(1200)]


def flow_processes(deployment: Deployment) -> list[int]:
    """Processes of flow runs: the children of the worker."""
    worker = deployment.noted("worker")
    stats = [
        (int(one.parent.name), one.read_text().rpartition(")")[2].split()) for one in Path("/proc").glob("[0-9]*/stat")
    ]
    return [pid for pid, fields in stats if int(fields[1]) == worker]


def test_the_server_is_killed_under_a_build_and_the_build_goes_on(bench: Workbench, start_teacher: Start) -> None:
    teacher = start_teacher("--delay", "3")
    with deployed(bench) as deployment:
        build = deployment.submit()
        deployment.wait(lambda: len(teacher.paid) >= 1, what="a sample")
        before = deployment.noted("server")
        os.kill(before, signal.SIGKILL)

        def is_back() -> bool:
            try:
                return deployment.noted("server") != before and bool(deployment.ask("/health"))
            except httpx.HTTPError:
                return False

        deployment.wait(is_back, what="the server to be started again")
        deployment.wait_for_state(build, "Completed")
        _is_whole(bench)


def test_worker_and_flows_are_killed_and_a_retry_continues(bench: Workbench, start_teacher: Start) -> None:
    teacher = start_teacher("--delay", "5")
    with deployed(bench) as deployment:
        build = deployment.submit()
        deployment.wait(lambda: len(teacher.paid) >= 1, what="a sample")
        victims = [deployment.noted("worker"), *flow_processes(deployment)]
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        deployment.wait_for_state(build, "Crashed", seconds=300)
        deployment.wait(
            lambda: not any(one["state_name"] == "Running" for one in deployment.flow_runs("shard")),
            seconds=300,
            what="no shard to stay Running",
        )
        owed = [one["shard"] for one in bench.run("status", "functions-r1", "--json").json if not one["committed"]]
        done = bench.run("retry", "functions-r1", "--json")
        assert done.code == 0, done.err
        assert done.json["shards"] == owed
        deployment.wait_for_state(build, "Completed", seconds=300)
        _is_whole(bench)
        limits = deployment.ask("/v2/concurrency_limits/filter", {})
        assert {one["name"]: one["active_slots"] for one in limits} == {
            "stillroom-teacher": 0,
            "stillroom-sandbox": 0,
            "stillroom-lake": 0,
        }


def _is_whole(bench: Workbench) -> None:
    (stored,) = bench.sql("select count(*) as n, count(distinct sample_id) as d from samples")
    assert stored["n"] == stored["d"] > 0
    assert bench.sql("select version from snapshots") == [{"version": 1}]
