"""Every version is noted with its run once, by whoever published it: no build says that it published another's."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from stillroom.calibration import record
from stillroom.cli import submitting
from stillroom.cli.app import make_app
from stillroom.cli.session import Session
from stillroom.lake import Lake
from stillroom.publication import freeze, publish, published_by_build, snapshots
from stillroom.records import Answer, Check, Judgement, Outcome
from stillroom.runs import (
    Run,
    RunState,
    change_verification,
    judged,
    load_run,
    rejudging_key,
    run_state,
    unjudged,
)
from stillroom.runs.curating import curate_run
from tasks import publication as tasks
from tasks import workshop as module
from tasks.workshop import Workshop
from tests.fakes.builds import Builder, calibrated
from tests.fakes.prompts import recipe
from tests.fakes.verifiers import FakeVerifier, execute
from tests.lake.tasks.test_sampling import Nobody

FOUR_EACH = "sampling: {adaptive: false, samples: 4}\n"
OTHER_RULES = FOUR_EACH + "curation: {near_prompts: null}\n"


class Died(BaseException):
    """Its process is killed."""


@pytest.fixture(autouse=True)
async def _shop(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    opened = Workshop(lake, Nobody())
    monkeypatch.setattr(module, "_open", [opened])
    yield
    await opened.close()


@pytest.fixture
async def run(lake: Lake, tmp_path: Path) -> Run:
    """A run that has published `tiny@1`."""
    made, first = await Builder(lake).build(recipe(tmp_path, FOUR_EACH))
    assert first is not None
    freeze(lake, first)
    return load_run(lake, made.run_id)


def stricter(lake: Lake) -> FakeVerifier:
    """A verifier that fails one member of the newest version."""
    newest = snapshots(lake)[-1].version
    asked = "SELECT min(answer) AS answer FROM lake.snapshot_examples WHERE version = ?"
    refused = lake.rows(asked, [newest])[0]["answer"]

    def rule(check: Check, answer: Answer) -> Judgement:
        if answer.text == refused:
            return Judgement(outcome=Outcome.FAIL, reason="timeout")
        return execute(check, answer)

    return FakeVerifier(verifier_id="stricter", rule=rule)


async def judged_again(lake: Lake, run: Run, by: FakeVerifier) -> str:
    """Judge and curate the run by another verifier; returns the curation that is to be published."""
    record(lake, [calibrated(by, calibration_id="of-stricter")])
    todo = unjudged(lake, run, [by])
    rows = [await judged(one, {}) for one in todo]
    lake.commit(rejudging_key(run, todo), {"verdicts": rows}, run_id=run.run_id)
    return curate_run(lake, run, [by.verifier_id], again=True)


async def derived_again(lake: Lake, tmp_path: Path, verifier_id: str = "fake-id") -> tuple[Run, str]:
    """A build of the same samples by other rules, which keep the same; returns what it says it published."""
    again = Builder(lake).begin(recipe(tmp_path, OTHER_RULES))
    assert again.is_rederived
    return again, await tasks.publish_snapshot.fn(again.run_id, curate_run(lake, again, [verifier_id]))


def told(lake: Lake, run: Run, capsys: pytest.CaptureFixture[str]) -> str:
    """The version that ``build --deployed`` says it published."""
    context = typer.Context(get_command(make_app()), obj=Session(lake=lake.root))
    submitting._print(context, run.run_id, 1.0, as_json=True)  # pyright: ignore[reportPrivateUsage]
    return json.loads(capsys.readouterr().out)["snapshot"]


async def test_a_build_that_published_says_so(lake: Lake, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(lake, run, capsys) == "tiny@1"


async def test_a_build_that_brought_nothing_new_names_no_version_of_before(
    lake: Lake, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again, label = await derived_again(lake, tmp_path)

    assert (again.run_id, label) == (run.run_id, "")
    assert told(lake, again, capsys) == ""
    assert run_state(lake, run.run_id) == (RunState.PUBLISHED, "tiny@1")


async def test_a_run_whose_verification_changed_is_noted_as_before(
    lake: Lake, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_verification(lake, run.run_id, run.recipe.verification.model_copy(update={"timeout_seconds": 20.0}))
    assert run_state(lake, run.run_id) == (RunState.PUBLISHED, "tiny@1")

    again, label = await derived_again(lake, tmp_path)

    assert (label, told(lake, again, capsys)) == ("", "")
    assert run_state(lake, run.run_id) == (RunState.PUBLISHED, "tiny@1")


async def test_a_version_of_a_reverification_is_noted_and_no_build_takes_it_for_its_own(
    lake: Lake, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await tasks.publish_changes.fn(run.run_id, await judged_again(lake, run, stricter(lake)))
    assert run_state(lake, run.run_id) == (RunState.PUBLISHED, "tiny@2")

    again, label = await derived_again(lake, tmp_path, "stricter")

    assert (label, told(lake, again, capsys)) == ("", "")
    assert run_state(lake, run.run_id) == (RunState.PUBLISHED, "tiny@2")
    assert [one.label for one in snapshots(lake)] == ["tiny@1", "tiny@2"]


async def test_a_version_that_an_earlier_reverification_left_unnoted_is_noted_by_the_build_and_not_its_own(
    lake: Lake, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(lake, run, await judged_again(lake, run, stricter(lake))) is not None
    assert run_state(lake, run.run_id) == (RunState.PUBLISHED, "tiny@1"), "as an earlier Stillroom left it"

    again, label = await derived_again(lake, tmp_path, "stricter")

    assert (label, told(lake, again, capsys)) == ("", "")
    assert run_state(lake, run.run_id) == (RunState.PUBLISHED, "tiny@2")


async def test_a_version_that_a_death_left_unnoted_is_noted_under_another_verification(lake: Lake, run: Run) -> None:
    curation = await judged_again(lake, run, stricter(lake))
    assert publish(lake, run, curation) is not None  # and its process dies
    change_verification(lake, run.run_id, run.recipe.verification.model_copy(update={"timeout_seconds": 20.0}))

    await tasks.publish_changes.fn(run.run_id, curation)

    assert run_state(lake, run.run_id) == (RunState.PUBLISHED, "tiny@2")


async def test_a_reverification_that_died_before_its_note_makes_it_when_it_is_begun_again(
    lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise Died

    curation = await judged_again(lake, run, stricter(lake))
    with monkeypatch.context() as killed:
        killed.setattr(tasks, "note_version", dies)
        with pytest.raises(Died):
            await tasks.publish_changes.fn(run.run_id, curation)
    for _ in range(2):  # and once alone
        await tasks.publish_changes.fn(run.run_id, curation)

    notes = lake.rows("SELECT note FROM lake.runs WHERE run_id = ? ORDER BY version", [run.run_id])
    assert [row["note"] for row in notes] == ["", "tiny@1", "tiny@2"]


async def test_a_reverification_brings_back_no_copy_that_was_let_go(lake: Lake, run: Run, tmp_path: Path) -> None:
    curation = await judged_again(lake, run, stricter(lake))
    await tasks.publish_changes.fn(run.run_id, curation)
    (lake.root / "snapshots" / "tiny" / "2").rename(tmp_path / "gone")
    lake.commit("retire:two", {"retirements": [{"name": "tiny", "version": 2}]}, run_id="")

    await tasks.publish_changes.fn(run.run_id, curation)

    assert not (lake.root / "snapshots" / "tiny" / "2").exists()


async def test_the_copies_of_a_run_that_was_given_up_are_not_brought_back(lake: Lake, run: Run, tmp_path: Path) -> None:
    curation = await judged_again(lake, run, stricter(lake))
    builder = Builder(lake)
    builder.begin(recipe(tmp_path, OTHER_RULES))  # and given up
    await tasks.publish_changes.fn(run.run_id, curation)
    later = builder.begin(recipe(tmp_path, OTHER_RULES.replace("samples: 4", "samples: 4, epoch: 1")), new_run=True)
    await builder.sample(later)
    assert await tasks.publish_snapshot.fn(later.run_id, curate_run(lake, later, ["fake-id"])) == "tiny@3"
    (lake.root / "snapshots" / "tiny" / "2").rename(tmp_path / "gone")

    await tasks.publish_changes.fn(run.run_id, curation)

    assert not (lake.root / "snapshots" / "tiny" / "2").exists()
    assert (lake.root / "snapshots" / "tiny" / "3").exists()


async def test_a_run_that_is_open_again_is_not_closed_by_a_note(lake: Lake, run: Run, tmp_path: Path) -> None:
    curation = await judged_again(lake, run, stricter(lake))
    opened = Builder(lake).begin(recipe(tmp_path, OTHER_RULES))

    await tasks.publish_changes.fn(opened.run_id, curation)

    assert run_state(lake, run.run_id)[0] is RunState.OPENED
    assert published_by_build(lake, load_run(lake, run.run_id)) == snapshots(lake)[0]
