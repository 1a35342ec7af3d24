"""A build that a person cancelled stays cancelled, its shards with it; a later build continues the run."""

import pytest

from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_cancelled_build_stays_cancelled_and_a_later_one_continues_its_run(
    deployment: Deployment, start_teacher: Start
) -> None:
    teacher = start_teacher("--delay", "8")
    bench, run_id = deployment.bench, deployment.run_id
    build = deployment.submit()
    deployment.wait(lambda: len(teacher.paid) >= 1, what="a sample")
    done = bench.run("cancel", run_id, "--json")
    assert done.code == 0, done.err
    assert done.json["build"] is True
    deployment.wait_for_state(build, "Cancelled")
    deployment.wait(
        lambda: {one["state_name"] for one in deployment.flow_runs("shard")} <= {"Cancelled", "Completed"},
        what="all shards to end",
    )
    reconcile = deployment.ask("/deployments/name/reconcile/reconcile")
    run = deployment.ask(f"/deployments/{reconcile['id']}/create_flow_run", {})
    deployment.wait_for_state(run, "Completed")
    assert deployment.state(build) == "Cancelled"

    teacher.kill()
    start_teacher()
    later = bench.build("--deployed", "--json")
    assert later.code == 0, later.err
    assert later.json["run"] == run_id
    assert deployment.state(build) == "Cancelled"
