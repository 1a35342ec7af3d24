"""Of frozen copies this folder gets those that its own publications owe, and others on demand."""

import shutil
from pathlib import Path

from stillroom.lake import Lake
from stillroom.publication import freeze, freeze_missing, snapshots


def copies(root: Path) -> list[str]:
    return sorted(one.name for one in (root / "snapshots" / "tiny").glob("*"))


def test_a_host_with_a_folder_of_its_own_copies_no_version_of_others_but_the_newest(root: Path) -> None:
    shutil.rmtree(root / "snapshots" / "tiny")
    lake = Lake.open(root)

    freeze_missing(lake, "tiny")

    lake.close()
    assert copies(root) == ["2"], "the newest alone can be what a killed publication owes"


def test_an_older_copy_is_made_on_demand_and_the_command_says_so(root: Path, stillroom) -> None:
    shutil.rmtree(root / "snapshots" / "tiny")
    lacking = stillroom("verify-snapshot", "tiny@1", "--json")
    assert lacking.exit_code == 1
    assert "`stillroom verify-snapshot tiny@1 --copy` makes the copy" in lacking.stdout

    made = stillroom("verify-snapshot", "tiny@1", "--copy")

    assert made.exit_code == 0, made.output
    assert copies(root) == ["1"]


def test_a_copy_that_was_altered_is_not_made_anew_before_it_is_looked_at(root: Path, stillroom) -> None:
    with (root / "snapshots" / "tiny" / "1" / "examples.parquet").open("ab") as file:
        file.write(b"x")

    assert stillroom("verify-snapshot", "tiny@1", "--copy").exit_code == 1


def test_what_was_let_go_is_not_written_again(root: Path) -> None:
    lake = Lake.open(root)
    lake.commit("retire:one", {"retirements": [{"name": "tiny", "version": 1}]}, run_id="")
    shutil.rmtree(root / "snapshots" / "tiny" / "1")

    freeze(lake, snapshots(lake, "tiny")[0])

    lake.close()
    assert copies(root) == ["2"]
