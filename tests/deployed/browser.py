"""Debian's Chromium without a screen, on the pages of Prefect's UI."""

import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as NotInTime

from stillroom.recipe import load_recipe
from tests.deployed.deployment import Deployment
from tests.integration.workbench import ROOT

SCREENSHOTS = ROOT / "artifacts" / "screenshots"  # kept, for people to look at; git ignores it
PAGE_SECONDS = 60.0
CLICK_SECONDS = 30.0
CLICKS = 3
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


def screenshots_of(test: str) -> Path:
    """The folder of a test's pictures; those of an earlier time are removed."""
    folder = SCREENSHOTS / re.sub(r"[^a-z0-9_]+", "-", test.lower())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def opened_page() -> Generator[Page]:
    """A page in a browser of its own."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("this test needs Chromium: run `make test`, or install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS])
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(1000 * PAGE_SECONDS)
        expect.set_options(timeout=1000 * PAGE_SECONDS)
        yield page
        browser.close()


def open_the_form(deployment: Deployment, page: Page) -> None:
    """Open the form of a build, which begins with the bench's recipe."""
    found = deployment.ask("/deployments/name/build/build")
    parameters = {"recipe": load_recipe(deployment.bench.recipe).model_dump(mode="json")}
    deployment.patch(f"/deployments/{found['id']}", {"parameters": parameters})
    page.goto(f"{deployment.ui}/deployments/deployment/{found['id']}/run")
    expect(page.get_by_text("Name of the snapshots that come out.").first).to_be_visible()


def field(page: Page, description: str) -> Locator:
    """The input of a form's field, by the description that stands over it."""
    described = page.get_by_text(description, exact=True)
    return page.locator(".schema-form-property", has=described).last.locator("input, textarea").first


def submit(page: Page) -> None:
    """Submit; once more where the page stays, as a person does: a click was lost once."""
    form = page.url
    for _ in range(CLICKS):
        page.get_by_role("button", name="Submit").dispatch_event("click")
        with suppress(NotInTime):
            page.wait_for_url(lambda url: url != form, timeout=1000 * CLICK_SECONDS)
            return
    pytest.fail(f"the form was submitted {CLICKS} times and is still there: {form}")


def click_and_confirm(page: Page, name: str, *, confirm: str, picture: Path) -> None:
    """Click a button that asks whether that is meant, and say so; the picture is of the question."""
    page.get_by_role("button", name=name).dispatch_event("click")
    confirming = page.get_by_role("button", name=confirm)
    expect(confirming).to_have_count(2 if confirm == name else 1)
    page.screenshot(path=picture)
    confirming.last.dispatch_event("click")
