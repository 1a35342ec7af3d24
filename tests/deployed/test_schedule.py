"""A schedule fires real builds; while one still runs the next is skipped and says so."""

import pytest

from tests.deployed.conftest import Start
from tests.deployed.deployment import deployed
from tests.integration.workbench import Workbench

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_schedule_builds_and_what_comes_too_early_is_skipped(bench: Workbench, start_teacher: Start) -> None:
    start_teacher("--delay", "10")
    with deployed(bench) as deployment:
        found = deployment.ask("/deployments/name/build/build")
        examples = {one["slug"]: one["active"] for one in found["schedules"]}
        assert examples == {"every-night": False, "every-six-hours": False, "three-days-a-week": False}
        every = {"schedule": {"interval": 20}, "active": True}
        deployment.ask(f"/deployments/{found['id']}/schedules", [every])

        def ended(name: str) -> bool:
            return any(one["state_name"] == name for one in deployment.flow_runs("build"))

        deployment.wait(lambda: ended("Skipped"), what="a build that comes too early")
        deployment.wait(lambda: ended("Completed"), what="a build by schedule")
        runs = deployment.flow_runs("build")
        skipped = next(one for one in runs if one["state_name"] == "Skipped")
        assert "Nothing was done: the build of functions is being done by process" in skipped["state"]["message"]
        built = next(one for one in runs if one["state_name"] == "Completed")
        assert built["auto_scheduled"]
        assert built["name"] == "build functions"
        assert bench.sql("select name, version from snapshots where version = 1") == [
            {"name": "functions", "version": 1}
        ]
