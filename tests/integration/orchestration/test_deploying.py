"""What is deployed: flows by module path, a form that shows the recipe, schedules that are off, automations."""

import re
from pathlib import Path
from typing import Any

import pytest
from prefect.events import EventTrigger
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import build_error_obj, validate

from stillroom.cli.automations import SILENCE_SECONDS, automations, brought_up_to_date
from stillroom.cli.deployed_processes import HEARTBEAT_SECONDS
from stillroom.cli.deploying import parameters_of
from stillroom.cli.deployment_file import DeploymentSpec, read_deployments
from stillroom.recipe import load_recipe
from tasks import waking

ROOT = Path(__file__).resolve().parents[3]
QUICKSTART = ROOT / "deployments" / "recipes" / "quickstart.yaml"
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
    assert validate(with_address("https://host/v1?api_key=secret"), form)
    assert validate(with_address("https://host#secret"), form)


@pytest.mark.parametrize("name", ["build", "build-file", "maintain", "reverify"])
def test_forms_say_what_each_parameter_means(name: str) -> None:
    properties = parameter_schema(load_flow_from_entrypoint(BY_NAME[name].entrypoint)).properties
    assert [field for field, about in properties.items() if not about.get("description")] == []


def test_the_form_of_housekeeping_takes_no_impossible_times() -> None:
    form = parameter_schema(load_flow_from_entrypoint(BY_NAME["maintain"].entrypoint)).model_dump()
    assert validate({"keep_days": 0.0, "grace_minutes": 0.0}, form) == []
    for wrong in ({"keep_days": -1}, {"grace_minutes": -60}, {"keep_days": 1e300}, {"grace_minutes": 1e300}):
        assert validate(wrong, form), wrong


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
    own = ("ShardsFailed", "HeldUp", "LakeAway", "Overtaken", "Skipped")
    ends = ("Completed", "Failed", "Cancelled", "Crashed", *own, "AwaitingRetry")
    assert {f"prefect.flow-run.{end}" for end in ends} < heartbeat.trigger.expect
    assert (heartbeat.enabled, reconcile.enabled, example.enabled) == (True, True, False)


def test_every_end_that_flows_have_names_for_is_known_as_one() -> None:
    """Else an automation takes a flow run that has ended so for one that fell silent."""
    texts = [file.read_text(encoding="utf-8") for place in ("flows", "tasks") for file in (ROOT / place).glob("*.py")]
    used = {name for text in texts for name in re.findall(r"\b(?:Failed|Completed)\(\s*name=([A-Z_]+)", text)}
    assert used
    assert {getattr(waking, name) for name in used} == set(waking.OWN_ENDS)


def test_only_the_automation_that_listens_to_heartbeats_is_ever_changed() -> None:
    ids = dict.fromkeys(BY_NAME, "00000000-0000-0000-0000-000000000001")
    for number, ours in enumerate(automations(ids)):
        assert isinstance(ours.trigger, EventTrigger)
        assert brought_up_to_date(ours, ours) is None
        fewer = ours.model_copy(update={"trigger": ours.trigger.model_copy(update={"expect": {"another"}})})
        better = brought_up_to_date(fewer, ours)
        assert (better is not None) == (number == 0)
