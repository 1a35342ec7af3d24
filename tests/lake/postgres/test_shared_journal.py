"""Workers that share a database and no folder: what one was paid for is the other's too."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest

from stillroom.capabilities import find_capability
from stillroom.errors import RequestError, TeacherError
from stillroom.journal import AnyJournal, DatabaseJournal, InDatabase, journal_at, journal_place
from stillroom.journal.removal import journals_of, rename_journal, stored_journals
from stillroom.lake import Lake
from stillroom.lake.location import REMEMBERED, locate
from stillroom.lake.variables import CATALOGUE_VARIABLE, DATA_VARIABLE, JOURNAL_VARIABLE
from stillroom.records import Judgement, Outcome, SamplingParams
from stillroom.runs import Forgotten, Run, load_run, shard_journal, shard_prompts
from stillroom.runs.journals import JournalsTidied, tidy_journals
from stillroom.sampling import Assignment, Policy, Shard
from stillroom.sampling.entries import Entry, SampleEntry, VerdictEntry, text_hash
from tests.fakes.builds import Builder, all_knowing_client
from tests.fakes.prompts import recipe
from tests.fakes.verifiers import FakeVerifier

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


async def test_journals_in_the_database_go_where_the_lake_has_all_they_hold(machine: Open, tmp_path: Path) -> None:
    lake = machine("one")
    run, _ = await Builder(lake).build(recipe(tmp_path, EIGHT_EACH))
    other, _ = await Builder(lake).build(recipe(tmp_path, "sampling: {adaptive: false, samples: 8, epoch: 1}"))
    lacking = DatabaseJournal[Entry](InDatabase(str(locate(lake.root).catalogue), f"{other.run_id}/shard-0"), Entry)
    with lacking as journal:
        (first,) = [one for one in journal.replay.records if isinstance(one, SampleEntry)][:1]
        journal.append(msgspec.structs.replace(first, sample=replace(first.sample, sample_id="f00d")))
    assert tidy(lake.root).doubt
    lake.close()

    foreseen = tidy(lake.root, dry_run=True)
    done = tidy(lake.root)

    assert foreseen == done
    assert done.removed == [f"{run.run_id}/shard-0"]
    assert [one.name for one in done.kept] == [f"{other.run_id}/shard-0"]
    assert [one.name for one in stored_journals(lake.root)] == [f"{other.run_id}/shard-0"]


async def test_what_runs_that_the_lake_has_forgotten_were_paid_for_is_found_in_the_database(
    machine: Open, tmp_path: Path
) -> None:
    lake = machine("one")
    run = await cut_off(lake, tmp_path, paid=8)
    rename_journal(lake.root, "shard-0", run.run_id, "tiny-r2")  # whose number the next run gets
    builder = Builder(lake)

    second, _ = await builder.build(recipe(tmp_path, EIGHT_EACH), new_run=True)

    assert second.run_id == "tiny-r2"
    assert len(builder.client.paid) == 16 - 8
    found = [("tiny", "forgotten"), ("tiny-r2", "shard-0"), ("tiny-r2@1", "shard-0")]
    assert journals_of(lake.root, lambda _: True) == found
    assert journals_of(lake.root, lambda run_id: run_id == "tin") == []
    lake.close()
    assert tidy(lake.root).removed == ["tiny/forgotten", "tiny-r2/shard-0", "tiny-r2@1/shard-0"]


async def test_forgotten_journals_in_the_database_are_looked_at_once_and_again_at_another_size(
    machine: Open, tmp_path: Path
) -> None:
    lake = machine("one")
    run = await cut_off(lake, tmp_path, paid=8)
    rename_journal(lake.root, "shard-0", run.run_id, "tiny-r7")
    said: list[str] = []
    Forgotten(lake, "tiny", said.append).look()
    assert "(tiny-r7/shard-0) hold answers to" in said.pop()
    place = journal_place(lake.root, "tiny-r7", "shard-0")
    journal: AnyJournal[Entry] = journal_at(place, Entry)
    entries = journal.read().records
    prompts = {one.sample.prompt_id for one in entries if isinstance(one, SampleEntry)}

    found = [entry for prompt_id in prompts for entry in Forgotten(lake, "tiny", said.append).entries([prompt_id])]

    assert sorted(map(repr, found)) == sorted(map(repr, entries))
    assert said == []
    with journal:
        journal.append(entries[0])
    Forgotten(lake, "tiny", said.append).look()
    assert "(tiny-r7/shard-0) hold answers to" in said.pop()


async def test_verdict_is_not_taken_for_another_openings_text(machine: Open, tmp_path: Path) -> None:
    lake = machine("one")
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path, EIGHT_EACH))
    place = shard_journal(lake, run.run_id, 0)
    await builder.shard(run, 0)
    right: AnyJournal[Entry] = journal_at(place, Entry)
    entries = right.read().records
    samples = [one for one in entries if isinstance(one, SampleEntry)]
    verdicts = [one for one in entries if isinstance(one, VerdictEntry)]
    wrong = [replaced_text(one) for one in samples]
    failed = Judgement(outcome=Outcome.FAIL, reason="wrong-answer")
    others = [
        VerdictEntry(replace(one.verdict, judgement=failed), text_hash(entry.sample))
        for entry in wrong
        for one in verdicts
        if one.verdict.sample_id == entry.sample.sample_id
    ]
    assert isinstance(place, InDatabase)
    twice = InDatabase(place.database, "twice/shard-0")
    encode = msgspec.json.Encoder().encode
    rows = [  # each opening's samples at the same positions, then verdicts: those of the smaller one come last
        *((number, SMALL, encode(entry)) for number, entry in enumerate(wrong)),
        *((number, LARGE, encode(entry)) for number, entry in enumerate(samples)),
        *((100 + number, LARGE, encode(entry)) for number, entry in enumerate(verdicts)),
        *((200 + number, SMALL, encode(entry)) for number, entry in enumerate(others)),
    ]
    insert = "INSERT INTO stillroom.journal_records (journal, position, opening, record) VALUES (%s, %s, %s, %s)"
    with psycopg.connect(place.database) as connection:
        for row in rows:
            connection.execute(insert, [twice.name, *row])
    verifier = FakeVerifier()
    work = Shard(
        [Assignment(prompt=one, teacher=builder.client) for one, _ in shard_prompts(lake, run, 0)],
        capability=find_capability("code"),
        params=SamplingParams(
            temperature=run.recipe.sampling.temperature, max_new_tokens=run.recipe.sampling.max_new_tokens
        ),
        epoch=0,
        policy=Policy(samples=8, wave=4, keep=2, adaptive=False),
        verifiers=[verifier],
    )

    result = await work.run(twice)

    assert verifier.judged == []
    assert len(builder.client.paid) == 16
    texts = {entry.sample.sample_id: entry.sample.completion.text for entry in result.samples}
    assert texts == {entry.sample.sample_id: entry.sample.completion.text for entry in samples}
    assert {one.judgement.outcome for one in result.verdicts} == {Outcome.PASS}


SMALL, LARGE = UUID(int=1), UUID(int=2)


def replaced_text(entry: SampleEntry) -> SampleEntry:
    """The same sample as another process was told it."""
    completion = replace(entry.sample.completion, text="I do not know.")
    return msgspec.structs.replace(entry, sample=replace(entry.sample, completion=completion))


def tidy(root: Path, *, dry_run: bool = False) -> JournalsTidied:
    return tidy_journals(root, grace_minutes=0, dry_run=dry_run, say=lambda line: None)
