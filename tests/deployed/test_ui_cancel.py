"""Cancel is clicked on a build in the browser: it and its shards are cancelled, and nobody wakes them."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.deployed.browser import click_and_confirm
from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment

pytestmark = [pytest.mark.browser, pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_click_on_cancel_ends_a_build_and_its_shards(
    deployment: Deployment, start_teacher: Start, page: Page, pictures: Path
) -> None:
    start_teacher("--delay", "90")
    build = deployment.submit()
    deployment.wait(lambda: len(deployment.flow_runs("shard")) == 2, what="both shards to be started")
    deployment.wait(
        lambda: any(one["state_name"] == "Running" for one in deployment.flow_runs("shard")), what="a shard to run"
    )
    page.goto(f"{deployment.ui}/runs/flow-run/{build['id']}")
    click_and_confirm(page, "Cancel", confirm="Confirm", picture=pictures / "1-cancel.png")
    deployment.wait_for_state(build, "Cancelled")
    deployment.wait(
        lambda: {one["state_name"] for one in deployment.flow_runs("shard")} == {"Cancelled"}, what="all shards to end"
    )
    page.goto(f"{deployment.ui}/runs/flow-run/{build['id']}")
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    expect(page.get_by_text(f"opened run {deployment.run_id}").first).to_be_visible()  # the page is whole
    page.screenshot(path=pictures / "2-cancelled.png")
    reconcile = deployment.ask("/deployments/name/reconcile/reconcile")
    run = deployment.ask(f"/deployments/{reconcile['id']}/create_flow_run", {})
    deployment.wait_for_state(run, "Completed")
    assert deployment.state(build) == "Cancelled"
    assert {one["state_name"] for one in deployment.flow_runs("shard")} == {"Cancelled"}
    assert deployment.versions() == []
