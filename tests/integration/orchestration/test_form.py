"""What the form of a build begins with is the recipe of `up`, until an operator makes it theirs."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.responses import DeploymentResponse

from stillroom.cli import form

OURS = {"recipe": {"dataset": "functions"}}
OTHER = {"recipe": {"dataset": "others"}}


def deployment(parameters: dict[str, Any], *schedules: dict[str, Any]) -> DeploymentResponse:
    """As the server tells of it."""
    every = [{"schedule": {"interval": 60}, **one} for one in schedules]
    return DeploymentResponse.model_validate(
        {"name": "build", "flow_id": uuid4(), "parameters": parameters, "schedules": every}
    )


def test_what_up_wrote_itself_is_replaced(tmp_path: Path) -> None:
    assert form.why_it_stays(deployment(OTHER), tmp_path) is None, "nothing is known of the time before"
    form.note(tmp_path, OURS)
    assert form.why_it_stays(deployment(OURS), tmp_path) is None


def test_what_was_changed_since_stays(tmp_path: Path) -> None:
    form.note(tmp_path, OURS)
    assert form.why_it_stays(deployment(OTHER), tmp_path) == "it was changed in Prefect's UI"


@pytest.mark.parametrize(
    ("schedule", "stays"),
    [
        pytest.param({"active": True}, True, id="on"),
        pytest.param({"active": True, "parameters": OTHER}, False, id="on, with parameters of its own"),
        pytest.param({"active": False}, False, id="off"),
    ],
)
def test_what_a_schedule_builds_stays(tmp_path: Path, schedule: dict[str, Any], stays: bool) -> None:
    form.note(tmp_path, OURS)
    why = form.why_it_stays(deployment(OURS, schedule), tmp_path)
    assert why == ("a schedule that is on builds what stands there" if stays else None)


def test_what_an_up_that_was_killed_may_have_written_is_replaced(tmp_path: Path) -> None:
    """Nobody knows which of both the server has."""
    form.note(tmp_path, OTHER, OURS)
    for found in (OURS, OTHER):
        assert form.why_it_stays(deployment(found), tmp_path) is None
    assert form.why_it_stays(deployment({}), tmp_path) == "it was changed in Prefect's UI"


def test_the_note_of_an_earlier_release_is_read(tmp_path: Path) -> None:
    (tmp_path / form.NOTE).write_text(json.dumps(OURS), encoding="utf-8")
    assert form.why_it_stays(deployment(OURS), tmp_path) is None
    assert form.why_it_stays(deployment(OTHER), tmp_path) == "it was changed in Prefect's UI"


def test_a_torn_note_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / form.NOTE).write_text('{"recipe": {"da', encoding="utf-8")
    assert form.why_it_stays(deployment(OTHER), tmp_path) is None
