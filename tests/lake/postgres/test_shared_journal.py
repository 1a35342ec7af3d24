"""Workers that share a database and no folder: what one was paid for is the other's too."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stillroom.errors import RequestError, TeacherError
from stillroom.lake import Lake
from stillroom.lake.location import CATALOGUE_VARIABLE, DATA_VARIABLE, JOURNAL_VARIABLE, REMEMBERED
from stillroom.runs import Run, load_run
from tests.fakes.builds import Builder, all_knowing_client
from tests.fakes.prompts import recipe

EIGHT_EACH = "sampling: {adaptive: false, samples: 8}"
Open = Callable[[str], Lake]


@pytest.fixture
def machine(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens the lake on a machine of this name, which has a folder of its own."""
    monkeypatch.setenv(CATALOGUE_VARIABLE, database)
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "data"))
    monkeypatch.setenv(JOURNAL_VARIABLE, "catalogue")
    lakes: list[Lake] = []

    def open_there(name: str) -> Lake:
        lakes.append(Lake.open(tmp_path / name, create=True))
        return lakes[-1]

    yield open_there
    for lake in lakes:
        lake.close()


def journal_files(folder: Path) -> list[Path]:
    return list(folder.glob("*/journal/**/*.jsonl"))


async def cut_off(lake: Lake, tmp_path: Path, *, paid: int) -> Run:
    """A run whose teacher died when its only shard of two prompts had been paid for so much."""
    builder = Builder(lake)
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), paid
    run = builder.begin(recipe(tmp_path, EIGHT_EACH))
    with pytest.raises(TeacherError):
        await builder.sample(run)
    assert len(builder.client.paid) == paid
    return run


async def test_a_shard_is_finished_on_another_machine_for_what_it_still_owed(machine: Open, tmp_path: Path) -> None:
    run = await cut_off(machine("one"), tmp_path, paid=4)
    other = machine("another")
    builder = Builder(other)

    await builder.sample(load_run(other, run.run_id))

    assert len(builder.client.paid) == 16 - 4
    assert other.rows("SELECT count(*) AS n, count(DISTINCT sample_id) AS d FROM lake.samples") == [{"n": 16, "d": 16}]
    assert journal_files(tmp_path) == []


async def test_a_new_run_elsewhere_takes_over_what_an_abandoned_one_was_paid_for(machine: Open, tmp_path: Path) -> None:
    await cut_off(machine("one"), tmp_path, paid=8)
    other = machine("another")
    builder = Builder(other, client=all_knowing_client())

    await builder.build(recipe(tmp_path, EIGHT_EACH), new_run=True)

    assert len(builder.client.paid) == 8
    assert other.rows("SELECT count(DISTINCT sample_id) AS n FROM lake.samples") == [{"n": 16}]


def test_the_setting_is_remembered_and_who_forgets_it_is_told(
    machine: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine("one")
    assert json.loads((tmp_path / "one" / REMEMBERED).read_text())["journal"] == "catalogue"
    monkeypatch.delenv(JOURNAL_VARIABLE)

    machine("one")
    with pytest.raises(RequestError, match=r"keeps its journals in its database.*STILLROOM_JOURNAL=catalogue"):
        machine("forgetful")


def test_a_lake_with_journals_in_its_folder_keeps_them_there(
    machine: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.delenv(JOURNAL_VARIABLE)
        machine("one")
    with pytest.raises(RequestError, match="was made with journals in its folder"):
        machine("another")
