"""A name that does not exist is answered with the nearest that does, whichever command is asked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from stillroom.lake import Lake
from tests.lake.cli.conftest import row

COMMANDS = (
    ["show", "{}"],
    ["diff", "{}", "functions"],
    ["diff", "functions", "{}"],
    ["verify-snapshot", "{}"],
    ["verify-snapshot", "{}", "--re-execute"],
    ["reverify", "{}"],
    ["sql", "select 1", "--as-of", "{}"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("function", "there is no dataset 'function'. Did you mean 'functions'"),
        ("functions@7", "functions has no version 7; it has functions@1"),
        ("functions@one", "expected NAME or NAME@N with a number"),
    ],
)
def test_a_snapshot_that_is_none_is_answered_with_the_nearest(stillroom, command, given, said):
    result = stillroom(*(part.format(given) for part in command))
    assert result.exit_code == 2
    assert said in result.stderr


def test_an_id_of_which_the_lake_holds_none_is_answered_with_what_to_do(stillroom):
    result = stillroom("blast-radius", "image", "zz")
    assert result.exit_code == 2
    assert "there is no image 'zz': the lake holds none yet. Build a recipe first." in result.stderr


@pytest.mark.parametrize(
    ("command", "given", "nearest"),
    [
        (["lineage"], "ee98", "ee99"),
        (["why"], "aa12", "aa11"),
        (["blast-radius", "seed"], "seed-c", "seed-a"),
        (["blast-radius", "prompt"], "writen-c", "written-c"),
        (["blast-radius", "teacher"], "quen", "qwen"),
        (["blast-radius", "verifier"], "python-test@1", "python-tests@1"),
    ],
)
def test_an_id_that_is_none_is_answered_with_the_nearest(stillroom, command, given, nearest):
    result = stillroom(*command, given)
    assert result.exit_code == 2
    assert f"The nearest ids are {nearest}" in result.stderr


@pytest.fixture
def unpublished(lake_root: Path) -> None:
    """A dataset `tiny` beside `functions`, of a finished run that brought nothing."""
    lake = Lake.open(lake_root)
    lake.commit("run:tiny", {"runs": [row("runs", version=1, dataset="tiny", state="empty")]}, run_id="tiny-r1")
    lake.close()


@pytest.mark.usefixtures("unpublished")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_dataset_of_which_nothing_is_published_is_near_too_and_is_none_that_does_not_exist(
    stillroom: Callable[..., Result], command: list[str]
) -> None:
    def said(name: str) -> str:
        result = stillroom(*(part.format(name) for part in command))
        assert result.exit_code == 2
        return result.stderr

    assert "there is no dataset 'tin'. Did you mean 'tiny'?" in said("tin")
    assert "nothing of 'tiny' is published yet; `stillroom runs` lists its runs" in said("tiny@1")
