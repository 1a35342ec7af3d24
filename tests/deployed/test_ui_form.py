"""What a person writes into the form of a build in the browser: it is built so, or refused with the field named."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.deployed.browser import field, open_the_form, submit
from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment

pytestmark = [pytest.mark.browser, pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
SAMPLES = "N: most samples a prompt gets."


def test_a_field_deep_in_the_recipe_is_edited_and_the_build_goes_by_it(
    deployment: Deployment, start_teacher: Start, page: Page, pictures: Path
) -> None:
    start_teacher()
    open_the_form(deployment, page)
    field(page, SAMPLES).fill("3")
    field(page, SAMPLES).scroll_into_view_if_needed()
    page.screenshot(path=pictures / "1-edited.png")
    submit(page)
    deployment.wait(lambda: len(deployment.flow_runs("build")) == 1, what="the form to start a build")
    (build,) = deployment.flow_runs("build")
    assert build["parameters"]["recipe"]["sampling"]["samples"] == 3
    deployment.wait_for_state(build, "Completed")
    stored = deployment.bench.sql(f"select recipe from runs where run_id = '{deployment.run_id}'")
    assert {json.loads(one["recipe"])["sampling"]["samples"] for one in stored} == {3}


def test_a_recipe_that_does_not_validate_is_refused_with_its_field_named_and_nothing_starts(
    deployment: Deployment, page: Page, pictures: Path
) -> None:
    open_the_form(deployment, page)
    form = page.url
    field(page, SAMPLES).fill("0")
    page.get_by_role("button", name="Submit").dispatch_event("click")
    refusal = "Validation failed for field 'recipe.sampling.samples'. Failure reason: 0 is less than the minimum of 1"
    expect(page.get_by_text(refusal).first).to_be_visible()
    page.screenshot(path=pictures / "1-refused.png")
    assert page.url == form
    assert deployment.flow_runs("build") == []
