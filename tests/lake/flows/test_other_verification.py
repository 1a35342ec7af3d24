"""A run that was published in part and goes on under another verification: one judges all of it, and nobody pays twice.

Verifier and image may change with the recipe, by a reverification, or with an image that was made anew.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from flows import build as building
from flows import deciding
from flows.build import build_late
from flows.deciding import decided_and_published
from stillroom.calibration import record
from stillroom.errors import TeacherError
from stillroom.lake import Lake
from stillroom.publication import publish, snapshots
from stillroom.runs import Run, change_verification, finish_run, load_run, missing
from stillroom.runs.curating import curate_run
from tasks import publication as tasks
from tasks import workshop
from tasks.verification import judge_again
from tasks.workshop import Workshop
from tests.fakes.builds import Builder, calibrated
from tests.fakes.prompts import recipe
from tests.fakes.steps import leave_out
from tests.fakes.verifiers import FakeVerifier
from tests.lake.conftest import IN_PART
from tests.lake.tasks.test_sampling import Nobody

HALVES = IN_PART.replace("samples: 4", "samples: 4, wave: 2")
OTHER = "verification: {min_test_strength: null, timeout_seconds: 9}"


@pytest.fixture
def newer() -> FakeVerifier:
    """Of another version, and of an image of its own."""
    return FakeVerifier(name="fake-tests@2", verifier_id="newer", image_digest="newer-image")


@pytest.fixture(autouse=True)
async def _shop(lake: Lake, newer: FakeVerifier, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    opened = Workshop(lake, Nobody())
    monkeypatch.setattr(opened, "verifiers", lambda _: [newer])
    monkeypatch.setattr(workshop, "_open", [opened])
    leave_out(monkeypatch, "settle_tests", "measure_tests")
    monkeypatch.setattr(deciding, "judge_again", judge_again.fn)
    monkeypatch.setattr(building, "curate", tasks.curate.fn)
    monkeypatch.setattr(building, "publish_late", tasks.publish_late.fn)
    record(lake, [calibrated(newer, calibration_id="of-newer")])
    yield
    await opened.close()


@pytest.fixture
async def in_part(lake: Lake, tmp_path: Path) -> Run:
    """Published without its second shard, whose teacher died when two of its four samples were paid for and judged."""
    builder = Builder(lake)
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), 4 + 2
    run = builder.begin(recipe(tmp_path, HALVES, seeds=2))
    await builder.shard(run, 0)
    with pytest.raises(TeacherError):
        await builder.shard(run, 1)
    first = publish(lake, run, curate_run(lake, run, ["fake-id"]))
    assert first is not None
    finish_run(lake, run, first.label)
    return load_run(lake, run.run_id)


async def edited(lake: Lake, folder: Path, run: Run, by: Builder) -> str:
    """A build of the edited recipe, which derives the run again."""
    again = by.begin(recipe(folder, f"{HALVES}\n{OTHER}"))
    assert (again.run_id, again.is_rederived) == (run.run_id, True)
    assert missing(lake, again).shards == (0, 1)
    await by.sample(again)
    return await finished(again)


async def finished(run: Run) -> str:
    _, label = await decided_and_published(run.run_id, tasks.curate.fn, tasks.publish_snapshot.fn)
    return label


async def verified_again(lake: Lake, folder: Path, run: Run, by: Builder) -> str:
    """A shard that comes late once another verification has been recorded of its run."""
    change_verification(lake, run.run_id, recipe(folder, f"{HALVES}\n{OTHER}").verification)
    return await image_made_anew(lake, folder, load_run(lake, run.run_id), by)


async def image_made_anew(lake: Lake, folder: Path, run: Run, by: Builder) -> str:
    """A shard that comes late, where only what judges is another; of the recipe nothing."""
    assert missing(lake, run).shards == (1,)
    await by.shard(run, 1)
    return await build_late(run.run_id)


async def committed_before(lake: Lake, folder: Path, run: Run, by: Builder) -> str:
    """A shard that came late under the verification of then, and was not decided about before the recipe was edited."""
    await Builder(lake, client=by.client).shard(run, 1)
    return await edited(lake, folder, run, by)


async def next_run(lake: Lake, folder: Path, run: Run, by: Builder) -> str:
    """Another run, which takes over what is missing."""
    second = by.begin(recipe(folder, f"{HALVES}\n{OTHER}"), new_run=True)
    assert second.run_id != run.run_id
    await by.sample(second)
    return await finished(second)


@pytest.mark.parametrize("goes_on", [edited, verified_again, image_made_anew, committed_before, next_run])
async def test_what_a_run_lacked_is_finished_judged_by_the_verification_of_now_and_paid_for_once(
    lake: Lake,
    tmp_path: Path,
    newer: FakeVerifier,
    in_part: Run,
    goes_on: Callable[[Lake, Path, Run, Builder], Awaitable[str]],
) -> None:
    builder = Builder(lake, verifier=newer)

    assert await goes_on(lake, tmp_path, in_part, builder) == "tiny@2"

    assert len(builder.client.paid) == 2, "the other two of its four were paid for before"
    assert lake.rows("SELECT count(DISTINCT sample_id) AS n FROM lake.samples") == [{"n": 8}]
    assert lake.rows("SELECT sum(samples)::BIGINT AS n FROM lake.costs WHERE stage = 'sampling'") == [{"n": 8}]
    assert [(one.label, one.rows, one.new_rows) for one in snapshots(lake)] == [("tiny@1", 2, 2), ("tiny@2", 4, 2)]
    (decided,) = lake.rows(
        "SELECT verifier_ids, count(*) AS n FROM lake.current_selections WHERE run_id = "
        "(SELECT run_id FROM lake.examples ORDER BY created_at DESC LIMIT 1) GROUP BY ALL"
    )
    assert decided["verifier_ids"] == ["newer"]
    judged = lake.rows(
        "SELECT run_id, sample_id, count(*) AS n FROM lake.verdicts WHERE verifier_id = 'newer' GROUP BY ALL"
    )
    assert [row["n"] for row in judged] == [1] * decided["n"] == [1] * len(newer.judged)
