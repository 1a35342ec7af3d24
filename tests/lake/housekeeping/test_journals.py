"""A journal goes when its run is finished and the lake has all that it holds; one entry that it lacks keeps it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stillroom.errors import TeacherError
from stillroom.journal import Journal
from stillroom.lake import Lake
from stillroom.records import Outcome
from stillroom.runs import RunState, close_run
from stillroom.runs.journals import JournalsTidied, tidy_journals
from stillroom.sampling.entries import Entry, RefusalEntry, SampleEntry, VerdictEntry
from stillroom.seeding.plan import Record, Reply
from tests.fakes.builds import Builder
from tests.fakes.clients import completion
from tests.fakes.prompts import recipe
from tests.fakes.rows import row
from tests.lake.housekeeping.conftest import At, Contents, tiny

BOTH = ["tiny-r1/shard-0", "tiny-r2/shard-0"]


def tidy(root: Path, *, grace_minutes: float = 0, dry_run: bool = False) -> JournalsTidied:
    return tidy_journals(root, grace_minutes=grace_minutes, dry_run=dry_run, say=lambda line: None)


def journals(root: Path) -> list[str]:
    return sorted(f"{path.parent.name}/{path.stem}" for path in (root / "journal").rglob("*.jsonl"))


def add(root: Path, *entries: Entry, name: str = "tiny-r1/shard-0") -> None:
    with Journal[Entry](root / "journal" / f"{name}.jsonl", Entry) as journal:
        for entry in entries:
            journal.append(entry)


def entries(root: Path, kind: type[Any]) -> Iterator[Any]:
    records = Journal[Entry](root / "journal" / "tiny-r1" / "shard-0.jsonl", Entry).read().records
    return (entry for entry in records if isinstance(entry, kind))


def another_text(root: Path) -> Entry:
    entry = next(entries(root, SampleEntry))
    other = replace(entry.sample.completion, text=entry.sample.completion.text + " ")
    return msgspec.structs.replace(entry, sample=replace(entry.sample, completion=other))


def another_sample(root: Path) -> Entry:
    entry = next(entries(root, SampleEntry))
    return msgspec.structs.replace(entry, sample=replace(entry.sample, sample_id="f00d"))


def another_verdict(root: Path) -> Entry:
    entry = next(entries(root, VerdictEntry))
    judgement = replace(entry.verdict.judgement, outcome=Outcome.ABSTAIN)
    return msgspec.structs.replace(entry, verdict=replace(entry.verdict, judgement=judgement))


def test_journals_whose_entries_are_all_in_the_lake_go(root: Path, contents: Contents) -> None:
    before = contents()
    assert journals(root) == BOTH
    sizes = sum(path.stat().st_size for path in (root / "journal").rglob("*.jsonl"))

    done = tidy(root)

    assert (done.removed, done.kept, done.removed_bytes) == (BOTH, [], sizes)
    assert list((root / "journal").iterdir()) == []
    assert contents() == before
    assert tidy(root).removed == []


@pytest.mark.parametrize("lacking", [another_text, another_sample, another_verdict])
def test_a_journal_with_one_entry_that_the_lake_lacks_stays(root: Path, lacking: Callable[[Path], Entry]) -> None:
    add(root, lacking(root))

    done = tidy(root)

    assert journals(root) == BOTH[:1]
    assert done.removed == BOTH[1:]
    assert [(one.name, "the lake lacks 1 of its" in one.why) for one in done.kept] == [(BOTH[0], True)]


def test_a_refusal_cost_nothing_and_keeps_no_journal(root: Path) -> None:
    add(root, RefusalEntry("prompt", "request", "too long"))

    assert tidy(root).removed == BOTH


def test_a_journal_with_lines_that_cannot_be_read_stays(root: Path) -> None:
    with (root / "journal" / "tiny-r1" / "shard-0.jsonl").open("ab") as file:
        file.write(b"torn\n")

    assert [one.why for one in tidy(root).kept] == ["1 of its lines cannot be read"]
    assert journals(root) == BOTH[:1]


def test_a_file_that_the_lake_lacks_is_told_as_that_and_keeps_all_journals_that_need_it(root: Path) -> None:
    for file in (root / "data" / "main" / "samples").rglob("*.parquet"):
        file.unlink()

    done = tidy(root, dry_run=True)

    assert (done.removed, done.kept) == ([], [])
    assert "a file of the table samples is missing" in done.doubt


def test_a_journal_of_another_form_and_other_files_stay(root: Path) -> None:
    with Journal[str](root / "journal" / "tiny-r2" / "shard-1.jsonl", str) as journal:
        journal.append("of another Stillroom")
    mine = root / "journal" / "tiny-r2" / "notes.jsonl"
    mine.write_bytes(b"mine")

    done = tidy(root)

    assert done.removed == BOTH
    assert journals(root) == ["tiny-r2/notes", "tiny-r2/shard-1"]
    assert {one.name for one in done.kept} == {"tiny-r2/notes", "tiny-r2/shard-1"}


def test_replies_to_writing_requests_are_proved_too(root: Path, at: At) -> None:
    kept, gone = (Reply(position, "request", completion(f"text {position}")) for position in range(2))
    for number, replies in ((1, [gone]), (2, [gone, kept])):
        with Journal[Record](root / "journal" / "tiny-r1" / f"writing-{number}.jsonl", Record) as journal:
            for reply in replies:
                journal.append(reply)
    with at(root) as lake:
        for number in (1, 2):
            told = {"prompt_tokens": 10, "completion_tokens": gone.completion.completion_tokens}
            proposal = row("proposals", writing_round=number, writing_request=1, response="text 1", **told)
            lake.commit(f"seed:tiny-r1:{number}", {"proposals": [proposal]}, run_id="tiny-r1")

    done = tidy(root)

    assert done.removed == ["tiny-r1/shard-0", "tiny-r1/writing-1", "tiny-r2/shard-0"]
    assert journals(root) == ["tiny-r1/writing-2"]


def test_journals_stay_for_a_while_after_their_run(root: Path) -> None:
    assert tidy(root, grace_minutes=60 * 24).removed == []
    assert journals(root) == BOTH


def test_a_dry_run_removes_nothing_and_foresees_what_goes(root: Path) -> None:
    foreseen = tidy(root, dry_run=True)

    assert journals(root) == BOTH
    assert foreseen == tidy(root)


async def test_journals_of_unfinished_runs_stay(root: Path, tmp_path: Path, at: At) -> None:
    with at(root) as lake:
        builder = Builder(lake)
        builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), 4
        run = builder.begin(tiny(tmp_path, epoch=2))
        with pytest.raises(TeacherError):
            await builder.sample(run)

    assert tidy(root).removed == BOTH
    assert journals(root) == [f"{run.run_id}/shard-0"]


IN_PART = "execution: {prompts_per_shard: 1}\nsnapshot: {allow_partial: 0.5}\n"
FOUR_EACH = "sampling: {adaptive: false, samples: 4, wave: 2, epoch: 2}\n"


async def test_a_journal_that_a_later_run_has_taken_over_goes(root: Path, tmp_path: Path, at: At) -> None:
    given = recipe(tmp_path, FOUR_EACH + IN_PART)
    with at(root) as lake:
        builder = Builder(lake)
        run = builder.begin(given)
        await builder.shard(run, 0)
        builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), 4 + 2
        with pytest.raises(TeacherError):
            await builder.shard(run, 1)
        close_run(lake, run, RunState.PUBLISHED, "in part")
        later, _ = await Builder(lake).build(given)
        assert later.run_id != run.run_id

    done = tidy(root)

    assert done.kept == [], "the lake has it all, under the later run"
    assert f"{run.run_id}/shard-1" in done.removed
    assert journals(root) == []


def test_none_goes_while_a_writer_lives(root: Path) -> None:
    lake = Lake.open(root)
    done = tidy(root)
    lake.close()

    assert journals(root) == BOTH
    assert "at work in it" in done.doubt
    assert tidy(root).removed == BOTH


def test_a_journal_that_a_process_has_open_stays(root: Path) -> None:
    with Journal[Entry](root / "journal" / "tiny-r1" / "shard-0.jsonl", Entry):
        done = tidy(root)
    assert [(one.name, one.why) for one in done.kept] == [(BOTH[0], "a process has it open")]
    assert journals(root) == BOTH[:1]


def test_the_command_tells_what_it_removed_and_what_stays(root: Path, stillroom, answer) -> None:
    add(root, another_text(root))

    would = stillroom("lake", "maintain", "--dry-run", "--grace-minutes", "0")
    assert "1 journals of finished runs would be removed" in would.stdout
    did = stillroom("lake", "maintain", "--grace-minutes", "0")
    assert did.exit_code == 0, did.output
    assert "1 journals of finished runs removed" in did.stdout
    assert "The journal tiny-r1/shard-0 stays: the lake lacks 1 of its" in did.output
    assert answer("lake", "maintain")["journals"]["removed"] == []
