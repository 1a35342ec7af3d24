"""What is published stands on a verifier that was measured, or on the recipe's word."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stillroom.calibration import record
from stillroom.errors import GateError
from stillroom.lake import Lake
from stillroom.publication import freeze, snapshots
from tests.fakes.builds import Builder, calibrated
from tests.fakes.prompts import recipe
from tests.lake.publication.conftest import FOUR_EACH


async def test_verifier_that_was_never_measured_stops_publication(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"passed by fake-tests@1 alone.*allow_unverified: true"):
        await Builder(lake, is_calibrated=False).build(recipe(tmp_path, FOUR_EACH))
    assert snapshots(lake) == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"bad_passed": 4}, id="passes too much"),
        pytest.param({"good_passed": 197}, id="passes too little"),
        pytest.param({"good_cases": 0, "good_passed": 0}, id="mutants alone"),
        pytest.param({"verifier_id": "another"}, id="another configuration"),
    ],
)
async def test_measurement_that_says_too_little_does_not_count(
    lake: Lake, tmp_path: Path, changes: dict[str, Any]
) -> None:
    builder = Builder(lake, is_calibrated=False)
    record(lake, [replace(calibrated(builder.verifier), **changes)])

    with pytest.raises(GateError, match="were not measured or are beyond the limits"):
        await builder.build(recipe(tmp_path, FOUR_EACH))


async def test_newer_measurement_counts(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake, is_calibrated=False)
    record(lake, [calibrated(builder.verifier, bad_passed=100)])
    record(lake, [calibrated(builder.verifier)], again=True)

    _, snapshot = await builder.build(recipe(tmp_path, FOUR_EACH))

    assert snapshot is not None


async def test_recipe_may_allow_it_and_the_snapshot_says_so(lake: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path, FOUR_EACH + "snapshot: {allow_unverified: true}")

    _, snapshot = await Builder(lake, is_calibrated=False).build(given)

    assert snapshot is not None
    folder = freeze(lake, snapshot)
    assert json.loads((folder / "manifest.json").read_text())["calibrated"] is False
    assert "was not calibrated" in (folder / "summary.md").read_text()


async def test_refused_run_goes_on_once_the_verifier_was_measured(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake, is_calibrated=False)
    given = recipe(tmp_path, FOUR_EACH)
    with pytest.raises(GateError):
        await builder.build(given)
    paid = len(builder.client.paid)
    record(lake, [calibrated(builder.verifier)])

    run, snapshot = await builder.build(given)

    assert snapshot is not None
    assert snapshot.label == "tiny@1"
    assert run.is_continued
    assert len(builder.client.paid) == paid


def test_manifest_and_summary_state_rates_and_intervals(published: Lake) -> None:
    (snapshot,) = snapshots(published)

    folder = freeze(published, snapshot)

    manifest = json.loads((folder / "manifest.json").read_text())
    (one,) = manifest["calibrations"]
    assert manifest["calibrated"] is True
    assert (one["good_passed"], one["good_cases"], one["bad_passed"], one["bad_cases"]) == (199, 200, 0, 300)
    assert 0.97 < one["true_pass_low"] < one["true_pass_high"] < 1
    assert manifest["verifiers"][0]["calibration_id"] == one["calibration_id"]
    summary = (folder / "summary.md").read_text()
    assert "199 of 200 right answers (97.22% to 99.91%) and 0 of 300 wrong answers (0.00% to 1.26%)" in summary
