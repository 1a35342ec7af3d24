"""``execution.dask`` is a number of processes or the address of a scheduler, and nothing else."""

from pathlib import Path

import pytest

from stillroom.errors import RecipeError, RequestError
from stillroom.recipe import read_cluster, stage_fingerprints
from tests.fakes.prompts import recipe


def with_dask(folder: Path, value: str) -> int | str | None:
    return recipe(folder, f"execution: {{dask: {value}}}").execution.dask


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", 1),
        ("256", 256),
        ("null", None),
        ('"tcp://10.0.0.5:8786"', "tcp://10.0.0.5:8786"),
        ('"tls://scheduler.example:8786"', "tls://scheduler.example:8786"),
        ('"tcp://[::1]:8786"', "tcp://[::1]:8786"),
    ],
)
def test_what_names_a_cluster_is_taken(tmp_path: Path, value: str, expected: int | str | None) -> None:
    assert with_dask(tmp_path, value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "-1",
        "257",
        "true",
        "2.0",
        '"2"',
        '"10.0.0.5:8786"',
        '"tcp://10.0.0.5"',
        '"tcp://10.0.0.5:0"',
        '"tcp://10.0.0.5:none"',
        '"http://10.0.0.5:8786"',
        '"tcp://user:secret@10.0.0.5:8786"',
        '"tcp://10.0.0.5:8786?key=secret"',
        "{workers: 2}",
        "[2]",
    ],
)
def test_what_names_none_is_refused_in_one_line_that_says_what_is_expected(tmp_path: Path, value: str) -> None:
    with pytest.raises(RecipeError, match=r"execution\.dask: expected how many worker processes") as refused:
        with_dask(tmp_path, value)
    assert len(str(refused.value).splitlines()) == 2
    assert "secret" not in str(refused.value)


def test_where_work_is_done_is_no_identity(tmp_path: Path) -> None:
    here, there = recipe(tmp_path), recipe(tmp_path, "execution: {dask: 2}")
    assert here.execution != there.execution
    assert stage_fingerprints(here) == stage_fingerprints(there)


@pytest.mark.parametrize(("text", "expected"), [("0", None), ("3", 3), ("tcp://10.0.0.5:8786", "tcp://10.0.0.5:8786")])
def test_a_cluster_is_named_on_the_command_line(text: str, expected: int | str | None) -> None:
    assert read_cluster(text) == expected


@pytest.mark.parametrize("text", ["", "-1", "9999", "two", "tcp://user:secret@10.0.0.5:8786"])
def test_what_names_none_on_the_command_line_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match=r"names no Dask cluster: expected how many .*, or 0 for none$") as refused:
        read_cluster(text)
    assert "secret" not in str(refused.value)
