"""Ctrl-C in the middle of a build cancels nothing: after the next `up` it goes on by itself, and missed runs do not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stillroom.recipe import load_recipe
from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment, deployed
from tests.integration.workbench import Workbench

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(1200)]


def test_a_build_goes_on_after_the_next_up_and_what_was_due_meanwhile_is_skipped(
    bench: Workbench, start_teacher: Start
) -> None:
    teacher = start_teacher("--delay", "60")
    with deployed(bench, "--shards-at-once", "1") as deployment:
        build = deployment.submit()
        deployment.wait(lambda: _in(deployment, "Running") != [], what="a shard to run")
        deployment.wait(lambda: _in(deployment, "Scheduled") != [], what="the other one to wait")
        ((running,), (waiting,)) = _in(deployment, "Running"), _in(deployment, "Scheduled")
        deployment.patch("/work_pools/stillroom/queues/builds", {"is_paused": True})
        missed = [*_missed(deployment, "reconcile"), *_missed(deployment, "build")]
        edited = _edited(deployment)
    assert deployment.process.returncode == 0
    teacher.kill()
    start_teacher()

    with deployed(bench) as deployment:
        for one in (build, running, waiting):
            assert deployment.state(one) not in ("Cancelled", "Cancelling")
        found = deployment.ask("/flow_runs/filter", {"flow_runs": {"id": {"any_": missed}}})
        assert len(found) == len(missed)
        assert {one["state_name"] for one in found} == {"Skipped"}
        assert "after it was due" in found[0]["state"]["message"]
        told = (bench.lake / "prefect-server" / "up.log").read_text(encoding="utf-8")
        assert "flow runs by schedule were due while nothing was up" in told
        assert "The form of build/build stays as it is" in told
        assert deployment.ask("/deployments/name/build/build")["parameters"] == edited
        deployment.patch("/work_pools/stillroom/queues/builds", {"is_paused": False})
        deployment.wait_for_state(build, "Completed", seconds=300)
        assert {one["id"] for one in _in(deployment, "Completed")} == {running["id"], waiting["id"]}
        assert len(deployment.flow_runs("shard")) == 2
        (stored,) = bench.sql("select count(*) as n, count(distinct sample_id) as d from samples")
        assert stored["n"] == stored["d"] > 0
        assert deployment.versions() == [1]


def _in(deployment: Deployment, state: str) -> list[dict[str, Any]]:
    """The flow runs of shards that are in a state."""
    return [one for one in deployment.flow_runs("shard") if one["state_name"] == state]


def _missed(deployment: Deployment, name: str) -> list[str]:
    """Plan flow runs of a deployment for the hours before now, as a server does that is up meanwhile; their ids."""
    about, now = deployment.ask(f"/deployments/name/{name}/{name}"), datetime.now(UTC)
    if not any(one["active"] for one in about["schedules"]):
        parameters = {"recipe": load_recipe(deployment.bench.recipe).model_dump(mode="json")}
        hourly = {"interval": 3600, "anchor_date": str(now - timedelta(minutes=30))}
        every = {"schedule": hourly, "active": True, "parameters": parameters}
        deployment.ask(f"/deployments/{about['id']}/schedules", [every])
    between = {"start_time": str(now - timedelta(hours=3)), "end_time": str(now - timedelta(minutes=10))}
    deployment.ask(f"/deployments/{about['id']}/schedule", between)
    due = {"deployment_id": {"any_": [about["id"]]}, "expected_start_time": {"before_": between["end_time"]}}
    found: list[dict[str, Any]] = deployment.ask("/flow_runs/filter", {"flow_runs": due})
    planned = [one["id"] for one in found if one["auto_scheduled"]]
    assert len(planned) > 1
    return planned


def _edited(deployment: Deployment) -> dict[str, Any]:
    """Change what the form of a build begins with, as an operator does in the UI."""
    about = deployment.ask("/deployments/name/build/build")
    recipe = about["parameters"]["recipe"]
    parameters = {"recipe": {**recipe, "sampling": {**recipe["sampling"], "temperature": 0.5}}}
    deployment.patch(f"/deployments/{about['id']}", {"parameters": parameters})
    return parameters
