"""What a person does in the browser: the form starts a build, a shard fails, Retry is clicked, the build ends."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as NotInTime

from stillroom.recipe import load_recipe
from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment

pytestmark = [
    pytest.mark.browser,
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]
SCREENSHOTS = "STILLROOM_SCREENSHOTS"  # a folder that keeps them, for people to look at
PAGE_SECONDS = 60.0
CLICK_SECONDS = 30.0
CLICKS = 3
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get(SCREENSHOTS) or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def page() -> Iterator[Page]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("this test needs Chromium: run `make test`, or install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS])
        opened = browser.new_page(viewport={"width": 1400, "height": 1000})
        opened.set_default_timeout(1000 * PAGE_SECONDS)
        expect.set_options(timeout=1000 * PAGE_SECONDS)
        yield opened
        browser.close()


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
    shown = {one["key"]: one["id"] for one in deployment.ask("/artifacts/filter", {})}
    page.goto(f"{deployment.ui}/artifacts/artifact/{shown[f'{deployment.run_id}-shards']}")
    expect(page.get_by_text("owed_at_most").first).to_be_visible()
    page.screenshot(path=pictures / "6-shards.png")
    assert deployment.versions() == [1]


def _submit_the_form(deployment: Deployment, page: Page, pictures: Path) -> None:
    """Submit what the form begins with, which `up` takes from its recipe; here it is this test's."""
    found = deployment.ask("/deployments/name/build/build")
    parameters = {"recipe": load_recipe(deployment.bench.recipe).model_dump(mode="json")}
    deployment.patch(f"/deployments/{found['id']}", {"parameters": parameters})
    page.goto(f"{deployment.ui}/deployments/deployment/{found['id']}/run")
    expect(page.get_by_text("Name of the snapshots that come out.").first).to_be_visible()
    page.screenshot(path=pictures / "1-form.png", full_page=True)
    _until_it_is_taken(page)
    deployment.wait(lambda: len(deployment.flow_runs("build")) == 1, what="the form to start a build")


def _until_it_is_taken(page: Page) -> None:
    """Submit; once more where the page stays, as a person does: a click was lost once."""
    form = page.url
    for _ in range(CLICKS):
        page.get_by_role("button", name="Submit").dispatch_event("click")
        with suppress(NotInTime):
            page.wait_for_url(lambda url: url != form, timeout=1000 * CLICK_SECONDS)
            return
    pytest.fail(f"the form was submitted {CLICKS} times and is still there: {form}")


def _click_retry(deployment: Deployment, page: Page, failed: dict[str, Any], pictures: Path) -> None:
    page.goto(f"{deployment.ui}/runs/flow-run/{failed['id']}")
    expect(page.get_by_text("no SGLang server answers").first).to_be_visible()
    page.screenshot(path=pictures / "3-shard-failed.png")
    retry = page.get_by_role("button", name="Retry")
    retry.dispatch_event("click")
    expect(retry).to_have_count(2)  # the second one asks whether that is meant
    page.screenshot(path=pictures / "4-retry.png")
    retry.last.dispatch_event("click")
