"""Processes are killed: no flow run stays Running for ever, slots come back, nothing is lost or doubled."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment, deployed
from tests.fakes.processes import is_running
from tests.integration.workbench import Workbench

SHARDS = 2  # of a build; one that a worker took and that has not begun is given up after five minutes

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(1200)]


def children(deployment: Deployment, of: str) -> list[int]:
    """Of the worker: what stands for the processes of flow runs; of `warm`: these processes themselves."""
    parent = deployment.noted(of)
    found: list[int] = []
    for one in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since
            if int(one.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(one.parent.name))
    return found


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


def test_worker_and_flows_are_killed_and_the_build_goes_on_by_itself(bench: Workbench, start_teacher: Start) -> None:
    start_teacher("--delay", "15")  # a shard whose answers are there may commit before it dies, and is not run again
    with deployed(bench) as deployment:
        build = deployment.submit()
        deployment.wait(lambda: len(_running(deployment)) == SHARDS, what="the shards to run")
        for pid in [deployment.noted("worker"), *children(deployment, "worker")]:
            os.kill(pid, signal.SIGKILL)
        deployment.wait_for_state(build, "Completed", seconds=500)
        assert deployment.run_count(build) > 1
        assert {one["state_name"] for one in deployment.flow_runs("shard")} == {"Completed"}
        _is_whole(bench)
        limits = deployment.ask("/v2/concurrency_limits/filter", {})
        assert {one["name"]: one["active_slots"] for one in limits} == {
            "stillroom-teacher": 0,
            "stillroom-sandbox": 0,
            "stillroom-lake": 0,
        }


def test_a_worker_that_is_killed_alone_takes_its_flows_along_and_the_next_one_continues(
    bench: Workbench, start_teacher: Start
) -> None:
    start_teacher("--delay", "15")  # as above
    with deployed(bench) as deployment:
        build = deployment.submit()
        deployment.wait(lambda: len(_running(deployment)) == SHARDS, what="the shards to run")
        flows = children(deployment, "warm")
        assert flows
        os.kill(deployment.noted("worker"), signal.SIGKILL)
        deployment.wait(lambda: not any(map(is_running, flows)), seconds=60, what="flows without a worker to end")
        deployment.wait_for_state(build, "Completed", seconds=300)
        assert deployment.run_count(build) > 1
        assert {one["state_name"] for one in deployment.flow_runs("shard")} == {"Completed"}
        _is_whole(bench)


def test_a_shard_whose_process_is_killed_alone_has_crashed_and_a_retry_heals_the_build(
    deployment: Deployment, start_teacher: Start
) -> None:
    teacher = start_teacher("--delay", "60")
    build = deployment.submit()
    deployment.wait(lambda: _running(deployment) != [], what="a shard to run")
    (killed,) = _running(deployment)
    os.kill(_process_of(killed, deployment), signal.SIGKILL)
    deployment.wait_for_state(killed, "Crashed", seconds=60)
    teacher.kill()
    start_teacher()
    deployment.wait_for_state(build, "ShardsFailed")
    for one in deployment.flow_runs("shard"):
        if one["state_name"] != "Completed":  # the other one may have met the teacher while it was gone
            deployment.retry(one)
    deployment.wait_for_state(build, "Completed")
    assert deployment.versions() == [1]


def _process_of(flow_run: dict[str, Any], deployment: Deployment) -> int:
    """The process of a flow run: the fork that writes where the worker's child does, which bears the id."""
    named = f"PREFECT__FLOW_RUN_ID={flow_run['id']}".encode()
    (child,) = (pid for pid in children(deployment, "worker") if named in Path(f"/proc/{pid}/environ").read_bytes())
    written_to = Path(f"/proc/{child}/fd/1").readlink()
    (process,) = (pid for pid in children(deployment, "warm") if Path(f"/proc/{pid}/fd/1").readlink() == written_to)
    return process


def _running(deployment: Deployment) -> list[dict[str, Any]]:
    return [one for one in deployment.flow_runs("shard") if one["state_name"] == "Running"]


def _is_whole(bench: Workbench) -> None:
    (stored,) = bench.sql("select count(*) as n, count(distinct sample_id) as d from samples")
    assert stored["n"] == stored["d"] > 0
    assert bench.sql("select version from snapshots") == [{"version": 1}]
