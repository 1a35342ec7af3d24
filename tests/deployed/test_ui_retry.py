"""What a person does in the browser: the form starts a build, a shard fails, Retry is clicked, the build ends."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.deployed.browser import click_and_confirm, open_the_form, submit
from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment

pytestmark = [
    pytest.mark.browser,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]


def test_a_click_on_retry_heals_a_build_that_the_form_started(
    deployment: Deployment, start_teacher: Start, page: Page, pictures: Path
) -> None:
    teacher = start_teacher("--delay", "3")
    _submit_the_form(deployment, page, pictures)
    (build,) = deployment.flow_runs("build")
    deployment.wait(
        lambda: any(one["state_name"] == "Completed" for one in deployment.flow_runs("shard")), what="a first shard"
    )
    teacher.kill()
    deployment.wait_for_state(build, "ShardsFailed")
    page.goto(f"{deployment.ui}/runs/flow-run/{build['id']}")
    expect(page.get_by_text("1 of 2 shards failed").first).to_be_visible()
    page.screenshot(path=pictures / "2-build-failed.png")

    start_teacher()
    (failed,) = (one for one in deployment.shard_runs().values() if one["state_name"] == "Failed")
    _click_retry(deployment, page, failed, pictures)
    deployment.wait_for_state(failed, "Completed")
    deployment.wait_for_state(build, "Completed")
    page.goto(f"{deployment.ui}/runs/flow-run/{build['id']}")
    expect(page.get_by_text("was published as").first).to_be_visible()
    page.screenshot(path=pictures / "5-build-completed.png")
    shown = {one["key"]: one["latest_id"] for one in deployment.ask("/artifacts/latest/filter", {})}
    page.goto(f"{deployment.ui}/artifacts/artifact/{shown[f'{deployment.run_id}-shards']}")
    expect(page.get_by_text("owed_at_most").first).to_be_visible()
    expect(page.get_by_text("false", exact=True)).to_have_count(0)  # both shards are committed
    page.screenshot(path=pictures / "6-shards.png")
    assert deployment.versions() == [1]


def _submit_the_form(deployment: Deployment, page: Page, pictures: Path) -> None:
    """Submit what the form begins with, which `up` takes from its recipe; here it is this test's."""
    open_the_form(deployment, page)
    page.screenshot(path=pictures / "1-form.png", full_page=True)
    submit(page)
    deployment.wait(lambda: len(deployment.flow_runs("build")) == 1, what="the form to start a build")


def _click_retry(deployment: Deployment, page: Page, failed: dict[str, Any], pictures: Path) -> None:
    page.goto(f"{deployment.ui}/runs/flow-run/{failed['id']}")
    expect(page.get_by_text("no SGLang server answers").first).to_be_visible()
    page.screenshot(path=pictures / "3-shard-failed.png")
    click_and_confirm(page, "Retry", confirm="Retry", picture=pictures / "4-retry.png")
