"""What comes late is published as everything is: a person is told where something else stood in a copy's place."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stillroom.calibration import record
from stillroom.lake import Lake
from stillroom.publication import publish, snapshots
from stillroom.recipe import Recipe
from stillroom.records import Answer, Check, Judgement, Outcome
from stillroom.runs import Run, RunState, judged, late_shards, load_run, rejudging_key, run_state, unjudged
from stillroom.runs.curating import curate_run
from tasks import publication as tasks
from tasks import workshop as module
from tasks.publication import publish_changes, publish_late
from tasks.workshop import Workshop
from tests.fakes.builds import Builder, calibrated
from tests.fakes.prompts import recipe
from tests.fakes.verifiers import FakeVerifier, execute
from tests.lake.publication.conftest import FOUR_EACH


def failing(answer: str) -> FakeVerifier:
    """One that fails this answer."""

    def rule(check: Check, given: Answer) -> Judgement:
        if given.text == answer:
            return Judgement(outcome=Outcome.FAIL, reason="timeout")
        return execute(check, given)

    return FakeVerifier(verifier_id="strict", rule=rule)


class Died(BaseException):
    """Its process is killed."""


class Listener:
    """A watcher that keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.steps: list[tuple[str, float, float]] = []

    def say(self, line: str) -> None:
        self.said.append(line)

    def wrote(self, writing_round: int, replied: int, requested: int) -> None: ...

    def progressed(self, step: str, done: float, total: float, note: str = "") -> None:
        self.steps.append((step, done, total))

    def sampled(self, shard: int, tally: object) -> None: ...


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture(autouse=True)
async def _shop(lake: Lake, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    opened = Workshop(lake, listener)
    monkeypatch.setattr(module, "_open", [opened])
    yield
    await opened.close()


@pytest.fixture
async def run(lake: Lake, published_in_part: Run) -> Run:
    """A run that was published without its second shard, which has come since."""
    await Builder(lake).shard(published_in_part, 1)
    return published_in_part


async def test_late_shards_are_the_next_version_and_decided_about(lake: Lake, run: Run) -> None:
    label = await publish_late.fn(run.run_id, curate_run(lake, run, ["fake-id"]))
    assert label == f"{run.recipe.dataset}@2"
    assert run_state(lake, run.run_id) == (RunState.PUBLISHED, label)
    assert late_shards(lake, run.run_id) == []
    assert (lake.root / "snapshots" / run.recipe.dataset / "2" / "manifest.json").exists()


async def test_a_death_before_the_run_was_closed_shows_in_neither_its_note_nor_the_versions(
    lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise Died

    curation = curate_run(lake, run, ["fake-id"])
    with monkeypatch.context() as killed:
        killed.setattr(tasks, "finish_run", dies)
        with pytest.raises(Died):
            await publish_late.fn(run.run_id, curation)
    label = await publish_late.fn(run.run_id, curate_run(lake, run, ["fake-id"]))
    assert label == f"{run.recipe.dataset}@2"
    assert run_state(lake, run.run_id) == (RunState.PUBLISHED, label)
    assert [one.version for one in snapshots(lake)] == [1, 2]


async def test_a_recipe_edited_after_a_death_before_the_run_was_closed_leaves_it_published(
    lake: Lake, tmp_path: Path
) -> None:
    builder, given = Builder(lake), recipe(tmp_path, seeds=2)
    run = builder.begin(given)
    await builder.sample(run)
    first = publish(lake, run, curate_run(lake, run, ["fake-id"]))
    assert first is not None  # and its process dies
    changed = builder.begin(recipe(tmp_path, "curation: {near_prompts: null}", seeds=2))
    assert lake.rows("SELECT count(*) AS n FROM lake.runs WHERE run_id = ?", [run.run_id]) == [{"n": 2}]

    label = await tasks.publish_snapshot.fn(changed.run_id, curate_run(lake, changed, ["fake-id"]))

    assert label == first.label
    assert run_state(lake, run.run_id) == (RunState.PUBLISHED, first.label)
    assert (lake.root / first.path / "manifest.json").exists()


async def test_a_derivation_that_changes_no_member_leaves_a_published_run_published(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    run, first = await builder.build(recipe(tmp_path, seeds=2))
    assert first is not None
    again = builder.begin(recipe(tmp_path, "curation: {near_prompts: null}", seeds=2))
    assert again.is_rederived

    label = await tasks.publish_snapshot.fn(again.run_id, curate_run(lake, again, ["fake-id"]))

    assert label == ""
    assert run_state(lake, run.run_id) == (RunState.PUBLISHED, first.label)


@pytest.mark.parametrize(
    ("mode", "newest_mode", "rows"),
    [
        pytest.param("delta", "cumulative", 8 + 8, id="cumulative since"),
        pytest.param("cumulative", "delta", 1, id="delta since"),
    ],
)
async def test_what_a_reverification_publishes_follows_the_newest_version_not_the_old_run(
    lake: Lake, tmp_path: Path, mode: str, newest_mode: str, rows: int
) -> None:
    def given(mode: str) -> Recipe:
        return recipe(tmp_path, f"{FOUR_EACH}selection: {{keep: 4}}\nsnapshot: {{mode: {mode}}}")

    async def reverify(by: FakeVerifier) -> None:
        record(lake, [calibrated(by, calibration_id=f"of-{by.verifier_id}")])
        todo = unjudged(lake, run, [by])
        lake.commit(rejudging_key(run, todo), {"verdicts": [await judged(one, {}) for one in todo]}, run_id=run.run_id)
        await publish_changes.fn(run.run_id, curate_run(lake, run, [by.verifier_id], again=True))

    built, first = await Builder(lake).build(given(mode))
    assert first is not None
    run = load_run(lake, built.run_id)
    strict = failing(lake.rows("SELECT answer FROM lake.examples ORDER BY sample_id LIMIT 1")[0]["answer"])
    await reverify(strict)
    _, newest = await Builder(lake).build(given(newest_mode), new_run=True)
    assert newest is not None

    await reverify(FakeVerifier(verifier_id="lenient"))

    last = snapshots(lake)[-1]
    assert (last.version, last.mode, last.new_rows, last.rows) == (newest.version + 1, newest_mode, 1, rows)


async def test_what_comes_late_follows_the_newest_version_too(lake: Lake, run: Run, tmp_path: Path) -> None:
    changes = f"{FOUR_EACH.replace('}', ', epoch: 1}')}snapshot: {{mode: delta}}"
    _, delta = await Builder(lake).build(recipe(tmp_path, changes), new_run=True)
    assert delta is not None

    label = await publish_late.fn(run.run_id, curate_run(lake, run, ["fake-id"]))

    late = snapshots(lake)[-1]
    assert (late.label, late.mode, late.rows, late.new_rows) == (label, "delta", 2, 2)


@pytest.mark.parametrize("version", [pytest.param(1, id="an earlier copy"), pytest.param(2, id="its own copy")])
async def test_what_stood_in_the_place_of_a_copy_is_told_of(
    lake: Lake, run: Run, listener: Listener, version: int
) -> None:
    folder = lake.root / "snapshots" / run.recipe.dataset / str(version)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    await publish_late.fn(run.run_id, curate_run(lake, run, ["fake-id"]))
    (told,) = listener.said
    assert f"{folder} was not the frozen copy of {run.recipe.dataset}@{version}" in told


async def test_how_far_a_curation_is_is_shown(run: Run, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.workshop(), "verifiers", lambda verification: [FakeVerifier()])

    curation = await tasks.curate.fn(run.run_id)
    await tasks.curate.fn(run.run_id)  # there is nothing to do any more

    assert curation
    assert listener.steps == [("curating", done, 6) for done in range(7)]
