"""Where several writers share a catalogue in PostgreSQL, nobody publishes what another has just published."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from stillroom.errors import Overtaken
from stillroom.lake import Lake
from stillroom.publication import Snapshot, publish, snapshots
from stillroom.runs import Run
from stillroom.runs.curating import curate_run
from tests.lake.runs.test_giving_way import alike
from tests.lake.runs.test_overtaken import answers, curated


async def test_of_two_that_publish_at_once_the_later_is_refused_and_finds_nothing_new_when_curated_once_more(
    lake: Lake, lake_root: Path, tmp_path: Path
) -> None:
    run, first = await curated(lake, alike(tmp_path, "published: all"))
    other, second = await curated(lake, alike(tmp_path, "published: all", dataset="other"))
    rival = Lake.open(lake_root)
    begin = Barrier(2)

    def tried(where: Lake, which: Run, curation_id: str) -> Callable[[], Snapshot | Overtaken | None]:
        def attempt() -> Snapshot | Overtaken | None:
            begin.wait(60)
            try:
                return publish(where, which, curation_id)
            except Overtaken as error:
                return error

        return attempt

    with ThreadPoolExecutor(2) as both:
        going = [both.submit(one) for one in (tried(lake, run, first), tried(rival, other, second))]
        ends = [one.result() for one in going]
    rival.close()

    assert {type(one) for one in ends} == {Snapshot, Overtaken}
    (version,) = snapshots(lake)
    loser, stale = (other, second) if isinstance(ends[1], Overtaken) else (run, first)
    assert str(next(one for one in ends if isinstance(one, Overtaken))).startswith(f"{version.label} came after")

    again = curate_run(lake, loser, ["fake-id"])
    assert again != stale
    assert publish(lake, loser, again) is None
    assert curate_run(lake, loser, ["fake-id"]) == again, "it has seen all there is"
    assert [one.label for one in snapshots(lake)] == [version.label]
    assert len(answers(lake)) == 1
