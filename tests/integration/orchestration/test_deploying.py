"""What is deployed: flows by module path, a form that shows the recipe, schedules that are off, automations."""

from pathlib import Path
from typing import Any

import pytest
from prefect.events import EventTrigger
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import build_error_obj, validate

from stillroom.cli.automations import SILENCE_SECONDS, automations
from stillroom.cli.deployed_processes import HEARTBEAT_SECONDS
from stillroom.cli.deploying import parameters_of
from stillroom.cli.deployment_file import DeploymentSpec, read_deployments
from stillroom.recipe import load_recipe

QUICKSTART = Path(__file__).resolve().parents[3] / "deployments" / "recipes" / "quickstart.yaml"
ALL = read_deployments()
BY_NAME = {one.name: one for one in ALL}


@pytest.fixture(scope="module")
def form() -> dict[str, Any]:
    return parameter_schema(load_flow_from_entrypoint(BY_NAME["build"].entrypoint)).model_dump()


@pytest.mark.parametrize("deployed", ALL, ids=lambda one: one.name)
def test_flows_are_found_by_module_path_and_take_the_parameters_that_are_given(deployed: DeploymentSpec) -> None:
    assert ":" not in deployed.entrypoint
    assert "/" not in deployed.entrypoint
    flow = load_flow_from_entrypoint(deployed.entrypoint)
    assert flow.name == ("build" if deployed.name == "build-file" else deployed.name)
    assert parameters_of(deployed, load_recipe(QUICKSTART)).keys() <= parameter_schema(flow).properties.keys()


def test_the_form_describes_fields_with_limits_and_choices(form: dict[str, Any]) -> None:
    assert form["required"] == ["recipe"]
    sampling = form["definitions"]["Sampling"]["properties"]
    assert sampling["samples"]["description"] == "N: most samples a prompt gets."
    assert (sampling["samples"]["minimum"], sampling["samples"]["maximum"]) == (1, 1024)
    assert form["definitions"]["Selection"]["properties"]["rank"]["enum"] == ["median-length", "shortest", "first"]


def test_what_the_form_starts_with_is_valid_and_a_mistake_names_its_field(form: dict[str, Any]) -> None:
    parameters: dict[str, Any] = parameters_of(BY_NAME["build"], load_recipe(QUICKSTART))
    assert validate(parameters, form) == []
    wrong = {"recipe": {**parameters["recipe"], "sampling": {**parameters["recipe"]["sampling"], "samples": 0}}}
    told = build_error_obj(validate(wrong, form))
    assert told["valid"] is False
    (recipe,) = told["errors"]
    assert recipe["property"] == "recipe"
    (sampling,) = recipe["errors"]
    assert (sampling["property"], sampling["errors"][0]["property"]) == ("sampling", "samples")


def test_the_form_takes_no_credentials(form: dict[str, Any]) -> None:
    parameters: dict[str, Any] = parameters_of(BY_NAME["build"], load_recipe(QUICKSTART))

    def with_address(url: str) -> dict[str, Any]:
        teacher = {"name": "theirs", "urls": [url], "model": "owner/model"}
        return {"recipe": {**parameters["recipe"], "teachers": [teacher]}}

    assert validate(with_address("https://host:30000/path@1"), form) == []
    assert validate(with_address("http://me:secret@host"), form)


def test_schedules_show_each_kind_and_are_off() -> None:
    cron, interval, rrule = BY_NAME["build"].schedules
    assert cron.cron
    assert interval.interval
    assert rrule.rrule
    assert not any(one.active for one in (cron, interval, rrule, *BY_NAME["maintain"].schedules))
    assert all(one.active for one in BY_NAME["reconcile"].schedules)


def test_silence_outlasts_two_heartbeats_and_the_example_is_off() -> None:
    ids = dict.fromkeys(BY_NAME, "00000000-0000-0000-0000-000000000001")
    heartbeat, reconcile, example = automations(ids)
    assert isinstance(heartbeat.trigger, EventTrigger)
    assert 2 * HEARTBEAT_SECONDS < SILENCE_SECONDS == heartbeat.trigger.within.total_seconds()
    ends = ("Completed", "Failed", "Cancelled", "Crashed", "ShardsFailed", "HeldUp", "Skipped", "AwaitingRetry")
    assert {f"prefect.flow-run.{end}" for end in ends} < heartbeat.trigger.expect
    assert (heartbeat.enabled, reconcile.enabled, example.enabled) == (True, True, False)
