"""The campaign's own eyes: what a lake tells about the stage in which a build was killed."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.errors import TeacherError
from stillroom.lake import Lake
from stillroom.publication import publish
from stillroom.runs import RunState, close_run
from stillroom.runs.curating import curate_run
from tests.fakes.builds import Builder, all_knowing_client
from tests.fakes.prompts import recipe
from tests.fakes.rows import row
from tests.faults.campaign import Report
from tests.faults.stages import STAGES, orphans, stages_at


@pytest.fixture
def lake(lake_root: Path) -> Iterator[Lake]:
    opened = Lake.open(lake_root)
    yield opened
    opened.close()


def stages(lake: Lake, **lost: int) -> set[str]:
    return stages_at(lake, lost=Counter(lost), was_committing=False)


async def test_each_stage_is_told_from_what_a_build_has_left(lake: Lake, tmp_path: Path) -> None:
    assert stages(lake) == {"seeding"}
    builder = Builder(lake)
    builder.client.failure, builder.client.fails_after = TeacherError("gone"), 4
    run = builder.begin(recipe(tmp_path, "sampling: {adaptive: false, samples: 4}"))
    assert stages(lake) == {"generation"}
    assert stages(lake, writing=1) == {"seeding"}
    builder.verifier.fails_after = 2
    with pytest.raises(Exception, match="fake sandbox is dead"):
        await builder.sample(run)
    assert stages(lake) == {"verification"}
    builder.verifier.fails_after = 10**9
    with pytest.raises(TeacherError):
        await builder.sample(run)
    assert stages(lake) == {"generation"}
    builder.client = all_knowing_client()
    await builder.sample(run)
    assert stages(lake) == {"verification"}, "tests are to be measured"
    checks = lake.rows("SELECT DISTINCT check_id FROM lake.verdicts")
    lake.commit("strengths", {"test_strengths": [row("test_strengths", **one) for one in checks]}, run_id=run.run_id)
    assert stages(lake) == {"curation"}
    curation_id = curate_run(lake, run, [builder.verifier.verifier_id])
    assert stages(lake) == {"publication"}
    assert publish(lake, run, curation_id) is not None
    assert stages(lake) == {"publication"}
    close_run(lake, run, RunState.PUBLISHED, "")
    assert stages(lake) == {"seeding"}, "the next build begins"


def test_files_of_a_commit_that_never_came_are_told(lake: Lake) -> None:
    lake.commit("k", {"samples": [row("samples")]}, run_id="r")
    assert orphans(lake) == set()
    cut_off = lake.root / "data" / "main" / "samples" / "half.parquet"
    cut_off.write_bytes(b"half")

    assert orphans(lake) == {cut_off}
    assert "commit" in stages_at(lake, lost=Counter(), was_committing=True)


def test_a_campaign_knows_which_stages_it_missed() -> None:
    report = Report(stages=Counter({stage: 1 for stage in STAGES if stage != "curation"}))

    assert report.missed == ["curation"]
