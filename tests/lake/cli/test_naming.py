"""A name that does not exist is answered with the nearest that does, whichever command is asked."""

import pytest

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
