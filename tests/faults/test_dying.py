"""Verifying again, retracting and adopting, killed between their steps, come to the same as undisturbed."""

import asyncio
import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from stillroom.lake import Lake
from stillroom.publication import freeze, manifest, snapshots
from stillroom.runs import late_shards
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.faults.accounts import Accounts, assert_consistent
from tests.faults.campaign import opened
from tests.faults.dying import DATASETS, EIGHT_EACH, IN_PART, client
from tests.faults.killing import IN_FLIGHT, UNDISTURBED, killed, once, paid

FOUR_EACH = "sampling: {adaptive: false, samples: 4}\n"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A lake where two datasets of the same seeds are published."""

    async def build(lake: Lake) -> None:
        for name in DATASETS:
            _, snapshot = await Builder(lake).build(
                recipe(tmp_path, FOUR_EACH, seeds=2).model_copy(update={"dataset": name})
            )
            assert snapshot is not None
            freeze(lake, snapshot)

    with opened(tmp_path / "lake") as lake:
        asyncio.run(build(lake))
        rows = lake.rows("SELECT prompt_id, answer FROM lake.snapshot_examples WHERE name = 'one' ORDER BY example_id")
    (tmp_path / "seed").write_text(rows[0]["prompt_id"])
    (tmp_path / "refused").write_text(json.dumps([rows[0]["answer"]]))
    return tmp_path / "lake"


def told(lake: Lake) -> dict[str, Any]:
    """What a dataset's versions hold, and what they took out; by no id that hangs on a time."""
    removed = lake.rows("SELECT name, version, example_id, kind, cause_id, reason FROM lake.removals ORDER BY ALL")
    versions = [(one.label, one.rows, one.new_rows, one.content_hash, one.parent_version) for one in snapshots(lake)]
    return {"versions": versions, "removed": removed}


@pytest.mark.parametrize(("name", "versions"), [("retract", 4), ("reverify", 3)])
def test_killed_after_each_step_it_publishes_what_it_would_have(
    published: Path, tmp_path: Path, name: str, versions: int
) -> None:
    undisturbed = Path(shutil.copytree(published, tmp_path / "undisturbed"))
    assert killed(undisturbed, tmp_path, name, steps=UNDISTURBED, look=assert_consistent) == 0

    kills = killed(published, tmp_path, name, steps=1, look=lambda lake: assert_consistent(lake, is_frozen_later=True))

    assert kills >= 5, "each commit, and each copy"
    with opened(published) as lake, opened(undisturbed) as other:
        assert_consistent(lake)
        assert told(lake) == told(other)
        assert len(told(lake)["versions"]) == versions


def test_a_new_run_that_adopts_and_takes_over_is_killed_and_pays_nothing_twice(tmp_path: Path) -> None:
    accounts, root = Accounts(), tmp_path / "lake"

    def look(lake: Lake) -> None:
        accounts.after_kill(lake, paid(tmp_path), in_flight=IN_FLIGHT)

    with opened(root) as lake:  # a run that is given up: a shard is committed, of the other one half is paid for
        builder = Builder(lake, client=client(tmp_path))
        run = builder.begin(recipe(tmp_path, EIGHT_EACH, seeds=2))
        asyncio.run(builder.shard(run, 0))
    assert once(root, tmp_path, "build", steps=8) == -signal.SIGKILL
    with opened(root) as lake:
        look(lake)
        assert 8 < len(accounts.known) < 16

    kills = killed(root, tmp_path, "new-run", steps=4, look=look)

    assert kills >= 2
    with opened(root) as lake:
        accounts.at_the_end(lake, paid(tmp_path))
        rows = lake.rows("SELECT run_id, count(*) AS n FROM lake.samples GROUP BY run_id ORDER BY run_id")
        assert rows == [{"run_id": "tiny-r1", "n": 8}, {"run_id": "tiny-r2", "n": 16}]
        assert [(one.label, one.rows) for one in snapshots(lake)] == [("tiny@1", 4)]


def test_a_run_in_part_and_its_late_shard_are_killed_and_nothing_is_lost_or_paid_twice(tmp_path: Path) -> None:
    accounts, root = Accounts(), tmp_path / "lake"
    Lake.open(root, create=True).close()

    def look(lake: Lake) -> None:
        accounts.after_kill(lake, paid(tmp_path), in_flight=IN_FLIGHT)

    kills = killed(root, tmp_path, "in-part", steps=7, look=look)

    assert kills >= 5
    with opened(root) as lake:
        accounts.at_the_end(lake, paid(tmp_path))
        assert [(one.label, one.rows, one.new_rows) for one in snapshots(lake)] == [("tiny@1", 2, 2), ("tiny@2", 4, 2)]
        assert [manifest(lake, one)["run"]["missing"]["shards"] for one in snapshots(lake)] == [(1,), ()]
        assert lake.rows("SELECT state, note FROM lake.current_runs") == [{"state": "published", "note": "tiny@2"}]


def test_a_late_version_is_killed_after_each_of_its_steps(tmp_path: Path) -> None:
    root, accounts = tmp_path / "lake", Accounts()

    def look(lake: Lake) -> None:
        accounts.after_kill(lake, paid(tmp_path), in_flight=0)

    with opened(root) as lake:
        builder = Builder(lake, client=client(tmp_path))
        run = asyncio.run(builder.publish_first_shard(recipe(tmp_path, IN_PART, seeds=2)))
        asyncio.run(builder.shard(run, 1))

    kills = killed(root, tmp_path, "in-part", steps=1, look=look)

    assert kills >= 4, "the decision, the version, its copy, and the run's row"
    with opened(root) as lake:
        accounts.at_the_end(lake, paid(tmp_path))
        assert [(one.label, one.rows) for one in snapshots(lake)] == [("tiny@1", 2), ("tiny@2", 4)]
        assert late_shards(lake, run.run_id) == []
