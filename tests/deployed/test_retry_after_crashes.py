"""A failed shard is retried as the UI does it after its build, or the server, was killed: the build wakes."""

import os
import signal

import httpx
import pytest

from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment, deployed
from tests.deployed.test_retry import fail_one_shard
from tests.integration.workbench import Workbench

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(1200)]


def test_a_build_that_was_killed_wakes_when_its_failed_shard_is_retried(
    deployment: Deployment, start_teacher: Start
) -> None:
    teacher = start_teacher("--delay", "8")
    build = deployment.submit()
    deployment.wait(
        lambda: any(one["state_name"] == "Completed" for one in deployment.flow_runs("shard")), what="a first shard"
    )
    _, _, pid = deployment.ask(f"/flow_runs/{build['id']}")["infrastructure_pid"].rpartition(":")
    os.kill(int(pid), signal.SIGKILL)
    deployment.wait_for_state(build, "Crashed")
    teacher.kill()
    deployment.wait(
        lambda: sorted(one["state_name"] for one in deployment.flow_runs("shard")) == ["Completed", "Failed"],
        what="the other shard to fail",
    )
    (failed,) = (one for one in deployment.flow_runs("shard") if one["state_name"] == "Failed")
    assert deployment.state(build) == "Crashed"
    start_teacher()

    deployment.retry(failed)
    deployment.wait_for_state(failed, "Completed")
    deployment.wait_for_state(build, "Completed")
    assert deployment.run_count(build) == 2
    assert len(deployment.flow_runs("shard")) == 2, "no other flow run was made"
    assert deployment.versions() == [1]


def test_a_build_whose_shard_failed_waits_across_a_restart_of_the_server(
    bench: Workbench, start_teacher: Start
) -> None:
    with deployed(bench, "--shards-at-once", "1") as deployment:
        build, failed = fail_one_shard(deployment, start_teacher)
        before = deployment.noted("server")
        os.kill(before, signal.SIGKILL)

        def is_back() -> bool:
            try:
                return deployment.noted("server") != before and bool(deployment.ask("/health"))
            except httpx.HTTPError:
                return False

        deployment.wait(is_back, what="the server to be started again")
        assert (deployment.state(build), deployment.state(failed)) == ("ShardsFailed", "Failed")
        deployment.retry(failed)
        deployment.wait_for_state(failed, "Completed")
        deployment.wait_for_state(build, "Completed")
        assert deployment.run_count(build) == 2
        assert deployment.versions() == [1]
