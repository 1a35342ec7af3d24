"""A benchmark of a hub is held against a run as a folder is, also when neither the hub nor its copy is there."""

import json
import shutil
from pathlib import Path

import pytest

from stillroom.cli.showing import describe
from stillroom.lake import Lake
from stillroom.recipe import Recipe
from stillroom.runs import Run
from stillroom.runs.curating import curate_run
from tests.fakes.builds import Builder
from tests.fakes.exams import AGAINST, gates, seeds
from tests.fakes.hub import COMMIT, asking_it, hub_here
from tests.fakes.prompts import prompt, recipe, seed_row


def of_hub(folder: Path) -> Recipe:
    return seeds(recipe(folder, AGAINST.replace("exam: exam", f"exam: 'hf://datasets/owner/exam@{COMMIT}'"), seeds=2))


async def test_text_of_a_hubs_data_set_is_found_and_stated_and_stays_known_without_it(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = Builder(lake)
    with hub_here() as hub:
        hub.datasets["owner/exam"] = {"test.jsonl": json.dumps({"id": "q1", "question": seed_row(0)["task"]}).encode()}
        asking_it(hub.url, tmp_path, monkeypatch)
        run, snapshot = await builder.build(of_hub(tmp_path))
    assert snapshot is not None
    assert gates(lake, snapshot.curation_id)[prompt(0).prompt_id] == {("contamination", "prompt:exam")}
    stated = describe(lake, snapshot, 0)["contamination_checked_against"]
    assert {row["benchmark"] for row in stated} == {"exam"}

    assert _again(lake, run, builder) == gates(lake, snapshot.curation_id), "the hub is gone, its copy is here"
    shutil.rmtree(tmp_path / "home")
    found = _again(lake, run, builder)

    assert found[prompt(0).prompt_id] == {("contamination", "prompt:exam")}
    assert not any(reason.startswith("unchecked") for reasons in found.values() for _, reason in reasons)


def _again(lake: Lake, run: Run, builder: Builder) -> dict[str, set[tuple[str, str]]]:
    curation_id = curate_run(lake, run, [builder.verifier.verifier_id], again=True)
    return {
        prompt_id: {("kept", "") if gate == "published" else (gate, reason) for gate, reason in reasons}
        for prompt_id, reasons in gates(lake, curation_id).items()
    }
