"""A schedule fires real builds; while one still runs the next is skipped and says so."""

import pytest

from stillroom.recipe import load_recipe
from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_schedule_builds_and_what_comes_too_early_is_skipped(deployment: Deployment, start_teacher: Start) -> None:
    start_teacher("--delay", "10")
    dataset = deployment.bench.dataset
    found = deployment.ask("/deployments/name/build/build")
    examples = {one["slug"]: one["active"] for one in found["schedules"]}
    assert examples == {"every-night": False, "every-six-hours": False, "three-days-a-week": False}
    parameters = {"recipe": load_recipe(deployment.bench.recipe).model_dump(mode="json")}
    every = {"schedule": {"interval": 15}, "active": True, "parameters": parameters}
    (schedule,) = deployment.ask(f"/deployments/{found['id']}/schedules", [every])
    try:
        deployment.wait(lambda: _ended(deployment, "Skipped"), what="a build that comes too early")
    finally:
        deployment.delete(f"/deployments/{found['id']}/schedules/{schedule['id']}")
    deployment.wait(lambda: _ended(deployment, "Completed"), what="a build by schedule")
    runs = deployment.flow_runs("build")
    skipped = next(one for one in runs if one["state_name"] == "Skipped")
    assert f"Nothing was done: the build of {dataset} is being done by process" in skipped["state"]["message"]
    built = next(one for one in runs if one["state_name"] == "Completed")
    assert built["auto_scheduled"]
    assert built["name"] == f"build {dataset}"
    assert deployment.versions()[:1] == [1]


def test_schedules_of_each_kind_fire_builds(deployment: Deployment, start_teacher: Start) -> None:
    start_teacher()
    found = deployment.ask("/deployments/name/build/build")
    parameters = {"recipe": load_recipe(deployment.bench.recipe).model_dump(mode="json")}
    kinds = {"CronSchedule": {"cron": "* * * * *"}, "RRuleSchedule": {"rrule": "FREQ=MINUTELY;BYSECOND=30"}}
    added = deployment.ask(
        f"/deployments/{found['id']}/schedules",
        [{"schedule": one, "active": True, "parameters": parameters} for one in kinds.values()],
    )

    def ended() -> set[str]:
        done = [one for one in deployment.flow_runs("build") if one["state_type"] == "COMPLETED"]
        return {one["created_by"]["display_value"] for one in done}

    try:
        deployment.wait(lambda: ended() == kinds.keys(), what="a build by each kind of schedule")
    finally:
        for one in added:
            deployment.delete(f"/deployments/{found['id']}/schedules/{one['id']}")
    deployment.wait(lambda: deployment.versions()[:1] == [1], what="a version")


def _ended(deployment: Deployment, name: str) -> bool:
    return any(one["state_name"] == name for one in deployment.flow_runs("build"))
