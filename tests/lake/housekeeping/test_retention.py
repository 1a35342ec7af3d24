"""Old versions are let go on request alone: their copies and states of the catalogue go, their rows stay."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from stillroom.lake import Lake
from stillroom.lake.maintenance import Maintained, maintain
from stillroom.lake.retention import to_retire
from stillroom.publication import freeze, freeze_missing, retract, snapshots
from stillroom.runs import Cause
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.lake.housekeeping.conftest import At, Contents, tiny

ROWS = "select count(*) as n from snapshot_examples where name = 'tiny' and version = 1"


def keep(root: Path, versions: int | None, *, dry_run: bool = False) -> Maintained:
    return maintain(root, say=lambda line: None, keep_days=0, grace_minutes=0, keep_versions=versions, dry_run=dry_run)


def published_states(answer: Callable[..., list[dict[str, str]]]) -> int:
    query = "select 1 from lake.snapshots() where starts_with(commit_message, 'publish:')"
    return len(answer("sql", query))


def test_without_being_asked_everything_stays(root: Path, answer) -> None:
    assert keep(root, None).retired == []

    assert (root / "snapshots" / "tiny" / "1").exists()
    assert published_states(answer) == 2


def test_all_but_the_newest_are_let_go_and_their_rows_stay(root: Path, answer, contents: Contents) -> None:
    before = contents()
    members = answer("sql", ROWS)

    done = keep(root, 1)

    assert done.retired == ["tiny@1"]
    assert not (root / "snapshots" / "tiny" / "1").exists()
    assert (root / "snapshots" / "tiny" / "2").exists()
    assert published_states(answer) == 1
    assert answer("sql", ROWS) == members
    after = contents()
    assert {name: rows for name, rows in after.items() if name not in ("retirements", "commits")} == {
        name: rows for name, rows in before.items() if name not in ("retirements", "commits")
    }
    assert len(after["retirements"]) == 1
    assert keep(root, 1).retired == []


def test_what_was_let_go_is_said_so_with_what_there_is(root: Path, answer, stillroom) -> None:
    keep(root, 1)

    rows = {row["snapshot"]: row["retired_at"] for row in answer("snapshots")}
    assert rows["tiny@1"]
    assert rows["tiny@2"] is None
    assert "retired_at" in stillroom("snapshots").stdout
    about = answer("show", "tiny@1")
    assert (about["is_retired"], about["frozen_copy"], about["rows"]) == (True, None, 4)
    assert "Retired: its frozen copy and --as-of were let go" in stillroom("show", "tiny@1").stdout
    for command in (("verify-snapshot", "tiny@1"), ("sql", "--as-of", "tiny@1", "select 1")):
        refused = stillroom(*command)
        assert refused.exit_code == 2, refused.output
        assert "tiny@1 was let go by `stillroom lake maintain --keep-versions`" in refused.stderr
        assert "Kept are tiny@2" in refused.stderr
        assert "stillroom show tiny@1" in refused.stderr
    assert stillroom("verify-snapshot", "tiny").exit_code == 0
    assert stillroom("diff", "tiny@1", "tiny@2").exit_code == 0
    assert stillroom("sql", "--as-of", "tiny", "select 1").exit_code == 0


def test_a_dry_run_names_them_and_lets_none_go(root: Path, answer, stillroom) -> None:
    assert keep(root, 1, dry_run=True).retired == ["tiny@1"]
    said = stillroom("lake", "maintain", "--keep-versions", "1", "--dry-run").stdout
    assert "Snapshots that would be let go, their rows staying: tiny@1." in said
    assert (root / "snapshots" / "tiny" / "1").exists()
    assert answer("snapshots")[0]["retired_at"] is None
    assert stillroom("lake", "maintain", "--keep-versions", "0").exit_code == 2


async def test_the_next_build_does_not_make_the_copy_again(root: Path, tmp_path: Path, answer) -> None:
    keep(root, 1)
    lake = Lake.open(root)
    _, snapshot = await Builder(lake).build(tiny(tmp_path, epoch=1))
    freeze_missing(lake, "tiny")
    lake.close()

    assert snapshot is not None
    assert sorted(one.name for one in (root / "snapshots" / "tiny").iterdir()) == ["2", "3"]
    assert [row["parent"] for row in answer("snapshots")] == ["", "tiny@1", "tiny@2"]


def test_a_copy_that_was_left_by_a_kill_goes_with_the_next_call(root: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(root / "snapshots" / "tiny" / "1", tmp_path / "copy"))
    keep(root, 1)
    shutil.copytree(copy, root / "snapshots" / "tiny" / "1")

    assert keep(root, 1).retired == []

    assert not (root / "snapshots" / "tiny" / "1").exists()


async def deltas(root: Path, folder: Path) -> None:
    lake = Lake.open(root)
    for epoch in range(2):
        given = recipe(
            folder, f"sampling: {{adaptive: false, samples: 4, epoch: {epoch}}}\nsnapshot: {{mode: delta}}\n"
        ).model_copy(update={"dataset": "parts"})
        _, snapshot = await Builder(lake).build(given)
        assert snapshot is not None
        freeze(lake, snapshot)
    lake.close()


async def test_a_delta_that_alone_holds_its_rows_stays_until_they_are_taken_out(
    root: Path, tmp_path: Path, at: At
) -> None:
    await deltas(root, tmp_path)
    assert keep(root, 1).retired == ["tiny@1"], "parts@1 has rows that parts@2 lacks"

    lake = Lake.open(root)
    seeds = lake.rows("SELECT DISTINCT prompt_id FROM lake.snapshot_examples WHERE name = 'parts' AND version = 1")
    for row in seeds:
        for snapshot in retract(lake, Cause(kind="seed", cause_id=row["prompt_id"])):
            freeze(lake, snapshot)
    newest = max(one.version for one in snapshots(lake, "parts"))
    lake.close()

    assert {f"parts@{version}" for version in (1, 2)} <= set(keep(root, 1).retired)
    with at(root) as looked_at:
        assert [one.label for one in snapshots(looked_at, "parts") if not one.is_retired] == [f"parts@{newest}"]


@pytest.mark.parametrize("versions", [2, 3])
def test_as_many_as_there_are_or_more_lets_none_go(root: Path, versions: int, at: At) -> None:
    with at(root) as lake:
        assert to_retire(lake._connection, versions) == []
