"""A restored lake, which has forgotten runs and gives their numbers once more, pays for nothing that journals hold."""

import errno
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from stillroom.errors import LakeError, TeacherError
from stillroom.journal import Journal, Replay
from stillroom.lake import Lake
from stillroom.runs import FIRST_ROUND, Forgotten, import_prompts, open_run, plan_shards, shards_of_run
from stillroom.runs.journals import tidy_journals
from stillroom.sampling.entries import Entry, SampleEntry, VerdictEntry
from stillroom.seeding import recipe_prompts
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe

EIGHT_EACH = "sampling: {adaptive: false, samples: 8}"
ONE_A_SHARD = "\nexecution: {prompts_per_shard: 1}"
COOLER = "sampling: {adaptive: false, samples: 8, temperature: 0.31}"


async def cut_off(lake: Lake, tmp_path: Path, *, paid: int, new_run: bool = False) -> str:
    """A run whose teacher died when so much had been paid for its only shard, of two prompts."""
    builder = Builder(lake)
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), paid
    run = builder.begin(recipe(tmp_path, EIGHT_EACH), new_run=new_run)
    with pytest.raises(TeacherError):
        await builder.sample(run)
    assert len(builder.client.paid) == paid
    return run.run_id


def put_back(lake: Lake, before: Path) -> Path:
    """A backup under the journals of today."""
    shutil.copytree(lake.root / "journal", before / "journal", dirs_exist_ok=True)
    return before


@pytest.fixture
async def restored(lake: Lake, tmp_path: Path) -> Path:
    """A lake as it was before its only run, with the journal of that: half of two prompts' samples, in one shard."""
    before = Path(shutil.copytree(lake.root, tmp_path / "restored"))
    await cut_off(lake, tmp_path, paid=8)
    return put_back(lake, before)


@pytest.fixture
def opened(restored: Path) -> Iterator[Lake]:
    lake = Lake.open(restored)
    yield lake
    lake.close()


def journals(root: Path) -> list[str]:
    return [f"{path.parent.name}/{path.stem}" for path in sorted((root / "journal").rglob("*.jsonl"))]


def read(root: Path, name: str) -> tuple[Entry, ...]:
    return Journal[Entry](root / "journal" / f"{name}.jsonl", Entry).read().records


async def test_what_another_shards_journal_holds_is_paid_for_once_and_then_let_go(
    restored: Path, opened: Lake, tmp_path: Path
) -> None:
    builder = Builder(opened)

    run, snapshot = await builder.build(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD))

    assert run.run_id == "tiny-r1"
    assert (len(builder.client.paid), len(builder.verifier.judged)) == (8, 8)
    assert opened.rows("SELECT count(DISTINCT sample_id) AS n FROM lake.samples") == [{"n": 16}]
    assert snapshot is not None
    assert journals(restored) == ["tiny/forgotten", "tiny-r1/shard-0", "tiny-r1/shard-1", "tiny-r1@1/shard-0"]
    opened.close()
    assert tidy_journals(restored, grace_minutes=0, dry_run=False, say=lambda line: None).kept == []
    assert journals(restored) == []


async def test_run_that_the_backup_had_planned_takes_over_what_a_forgotten_later_one_was_paid_for(
    lake: Lake, tmp_path: Path
) -> None:
    assert await cut_off(lake, tmp_path, paid=8) == "tiny-r1"
    before = Path(shutil.copytree(lake.root, tmp_path / "restored"))
    assert await cut_off(lake, tmp_path, paid=4, new_run=True) == "tiny-r2"
    restored = Lake.open(put_back(lake, before))
    builder = Builder(restored)

    run, snapshot = await builder.build(recipe(tmp_path, EIGHT_EACH))

    assert run.run_id == "tiny-r1"
    assert len(builder.client.paid) == 16 - 8 - 4
    assert snapshot is not None
    restored.close()
    assert tidy_journals(before, grace_minutes=0, dry_run=False, say=lambda line: None).kept == []
    assert journals(before) == []


async def test_what_later_runs_were_paid_for_is_found_where_all_of_them_are_forgotten(
    lake: Lake, tmp_path: Path
) -> None:
    before = Path(shutil.copytree(lake.root, tmp_path / "restored"))
    await cut_off(lake, tmp_path, paid=8)
    await cut_off(lake, tmp_path, paid=4, new_run=True)
    restored = Lake.open(put_back(lake, before))
    builder = Builder(restored)

    run, _ = await builder.build(recipe(tmp_path, EIGHT_EACH))

    assert run.run_id == "tiny-r1"
    assert len(builder.client.paid) == 16 - 8 - 4
    restored.close()


async def test_what_a_run_was_paid_for_that_the_backup_knew_before_it_had_planned_is_the_next_runs(
    lake: Lake, tmp_path: Path
) -> None:
    open_run(lake, recipe(tmp_path, EIGHT_EACH))
    before = Path(shutil.copytree(lake.root, tmp_path / "restored"))
    assert await cut_off(lake, tmp_path, paid=8) == "tiny-r1"
    restored = Lake.open(put_back(lake, before))
    builder = Builder(restored)

    run, _ = await builder.build(recipe(tmp_path, EIGHT_EACH), new_run=True)

    assert run.run_id == "tiny-r2"
    assert len(builder.client.paid) == 16 - 8
    restored.close()


async def test_answers_to_other_requests_are_left_where_they_are_and_counted_nowhere(
    opened: Lake, tmp_path: Path
) -> None:
    builder = Builder(opened)

    run = builder.begin(recipe(tmp_path, COOLER + ONE_A_SHARD))

    told = [(row["paid"], row["passed"], row["owed_at_most"]) for row in shards_of_run(opened, run.run_id)]
    assert told == [(0, 0, 8)] * 2
    await builder.sample(run)
    assert len(builder.client.paid) == 16
    own = [read(opened.root, f"tiny-r1/shard-{number}") for number in (0, 1)]
    assert [sum(isinstance(one, SampleEntry) for one in entries) for entries in own] == [8, 8]
    assert "tiny-r1@1/shard-0" in journals(opened.root)


async def test_journal_that_cannot_be_read_is_named_and_left_and_stops_nobody(
    restored: Path, opened: Lake, tmp_path: Path
) -> None:
    other = restored / "journal" / "tiny-r7" / "shard-3.jsonl"
    other.parent.mkdir()
    other.write_bytes((restored / "journal" / "tiny-r1" / "shard-0.jsonl").read_bytes())
    with Journal[dict[str, str]](other, dict) as journal:
        journal.append({"type": "of another Stillroom"})
    builder = Builder(opened)

    run = builder.begin(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD))

    unread, told = builder.said
    assert "the journal tiny-r7/shard-3, of a run that this lake does not know, cannot be read and is left" in unread
    assert "(tiny-r1@1/shard-0) hold answers to 2 prompts" in told
    await builder.sample(run)
    assert len(builder.client.paid) == 8
    assert other.exists()


def test_numbers_are_set_aside_again_and_again_and_by_what_was_cut_off(opened: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path, EIGHT_EACH)
    folder = opened.root / "journal" / "tiny-r1"
    first = (folder / "shard-0.jsonl").read_bytes()
    (folder.parent / "tiny-r1@1").mkdir()
    (folder.parent / "tiny-r1@1" / "shard-4.jsonl").write_bytes(first)  # cut off before it came to shard 0
    run = open_run(opened, given)
    import_prompts(opened, run, recipe_prompts(given))

    plan_shards(opened, run, FIRST_ROUND)

    assert journals(opened.root) == ["tiny-r1@1/shard-4", "tiny-r1@2/shard-0"]
    folder.mkdir(exist_ok=True)
    (folder / "shard-0.jsonl").write_bytes(first)  # which is the run's own now
    plan_shards(opened, run, FIRST_ROUND)
    assert "tiny-r1/shard-0" in journals(opened.root)


def test_only_journals_of_the_dataset_are_looked_at(restored: Path, opened: Lake) -> None:
    (sample, *_) = read(restored, "tiny-r1/shard-0")
    assert isinstance(sample, SampleEntry)
    said: list[str] = []
    for other in ("tin", "tiny-r1", "y"):
        assert Forgotten(opened, other, said.append).entries([sample.sample.prompt_id]) == []
    assert said == []
    assert Forgotten(opened, "tiny", said.append).entries([sample.sample.prompt_id]) != []


def test_lake_that_has_forgotten_nothing_says_nothing(lake: Lake, tmp_path: Path) -> None:
    said: list[str] = []
    given = recipe(tmp_path, EIGHT_EACH)
    run = open_run(lake, given)
    import_prompts(lake, run, recipe_prompts(given))
    plan_shards(lake, run, FIRST_ROUND)

    assert Forgotten(lake, "tiny", said.append).entries(["p"]) == []
    assert said == []
    assert journals(lake.root) == []


@pytest.fixture
def opens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The journals that are read from end to end, each time that one is."""
    read_whole, names = Journal[Any].read, list[str]()

    def read(journal: Journal[Any]) -> Replay[Any]:
        names.append(f"{journal.path.parent.name}/{journal.path.stem}")
        return read_whole(journal)

    monkeypatch.setattr(Journal, "read", read)
    return names


@pytest.fixture
def parted(restored: Path) -> list[str]:
    """Two forgotten journals, of a prompt each and with a damaged line each; returns the prompts."""
    entries = read(restored, "tiny-r1/shard-0")
    (restored / "journal" / "tiny-r1" / "shard-0.jsonl").unlink()
    prompts = sorted({one.sample.prompt_id for one in entries if isinstance(one, SampleEntry)})
    for number, prompt_id in enumerate(prompts):
        path = restored / "journal" / f"tiny-r{7 + number}" / "shard-0.jsonl"
        path.parent.mkdir()
        path.write_bytes(b"half of a li\n")
        with Journal[Entry](path, Entry) as journal:
            for entry in _of_prompt(entries, prompt_id):
                journal.append(entry)
    return prompts


def _of_prompt(entries: Sequence[Entry], prompt_id: str) -> Iterator[Entry]:
    samples = [one for one in entries if isinstance(one, SampleEntry) and one.sample.prompt_id == prompt_id]
    yield from samples
    ids = {one.sample.sample_id for one in samples}
    yield from (one for one in entries if isinstance(one, VerdictEntry) and one.verdict.sample_id in ids)


def test_each_is_looked_at_once_by_the_build_and_shards_open_what_holds_their_prompts(
    opened: Lake, parted: list[str], opens: list[str]
) -> None:
    said: list[str] = []
    Forgotten(opened, "tiny", said.append).look()
    assert sorted(opens) == ["tiny-r7/shard-0", "tiny-r8/shard-0", "tiny/forgotten", "tiny/forgotten"]
    assert len([line for line in said if "1 damaged lines" in line]) == 2
    assert "(tiny-r7/shard-0, tiny-r8/shard-0) hold answers to 2 prompts" in said[-1]
    said.clear()

    for number, prompt_id in enumerate(parted):
        opens.clear()
        of_shard = Forgotten(opened, "tiny", said.append)  # in a process of its own
        found = of_shard.entries([prompt_id])
        assert opens == ["tiny/forgotten", f"tiny-r{7 + number}/shard-0"]
        assert len(found) == 8
        assert {one.sample.prompt_id for one in found if isinstance(one, SampleEntry)} == {prompt_id}

    opens.clear()
    assert Forgotten(opened, "tiny", said.append).entries(["of another"]) == []
    Forgotten(opened, "tiny", said.append).look()
    assert opens == ["tiny/forgotten"] * 2
    assert said == []


def test_process_of_many_shards_reads_each_once(opened: Lake, restored: Path, opens: list[str]) -> None:
    entries = read(restored, "tiny-r1/shard-0")
    prompts = sorted({one.sample.prompt_id for one in entries if isinstance(one, SampleEntry)})
    assert len(prompts) == 2
    for is_begun in (False, True):  # by an earlier build
        forgotten = Forgotten(opened, "tiny")
        forgotten.look()
        opens.clear()
        found = [forgotten.entries([prompt_id]) for prompt_id in prompts]
        assert opens == ["tiny-r1/shard-0"] * is_begun
        assert [len(one) for one in found] == [8, 8]
        assert sorted(map(repr, (*found[0], *found[1]))) == sorted(map(repr, entries))


def test_journal_of_another_size_under_the_same_name_is_looked_at_anew(
    opened: Lake, restored: Path, parted: list[str]
) -> None:
    Forgotten(opened, "tiny").look()
    seventh, eighth = (restored / "journal" / f"tiny-r{number}" / "shard-0.jsonl" for number in (7, 8))
    seventh.write_bytes(seventh.read_bytes() + eighth.read_bytes())
    eighth.unlink()

    for _ in range(2):  # by a shard before the build, and by the build
        assert len(Forgotten(opened, "tiny").entries(parted)) == 16
    said: list[str] = []
    Forgotten(opened, "tiny", said.append).look()
    assert "(tiny-r7/shard-0) hold answers to 2 prompts" in said[-1]
    assert len(Forgotten(opened, "tiny", said.append).entries(parted)) == 16


def test_journal_that_other_code_could_not_read_is_looked_at_anew_and_told_once_by_each(
    opened: Lake, restored: Path, parted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = restored / "journal" / "tiny-r7" / "shard-0.jsonl"
    whole = strange.read_bytes()
    with Journal[dict[str, str]](strange, dict) as journal:
        journal.append({"type": "of another Stillroom"})
    size = strange.stat().st_size
    for code in ("0.1+older", "0.1+newer"):
        monkeypatch.setattr("stillroom.runs.forgotten.code_version", lambda code=code: code)
        said: list[str] = []
        Forgotten(opened, "tiny", said.append).look()
        assert sum("tiny-r7/shard-0, of a run that this lake does not know, cannot" in line for line in said) == 1
        said.clear()
        Forgotten(opened, "tiny", said.append).look()
        assert Forgotten(opened, "tiny", said.append).entries(parted[:1]) == []
        assert said == []
    strange.write_bytes(whole + b" " * (size - len(whole)))  # as code that knows the kind reads it

    monkeypatch.setattr("stillroom.runs.forgotten.code_version", lambda: "0.2+knows")
    Forgotten(opened, "tiny").look()

    assert len(Forgotten(opened, "tiny").entries(parted[:1])) == 8
    monkeypatch.setattr("stillroom.runs.forgotten.code_version", lambda: "0.1+older")
    assert len(Forgotten(opened, "tiny").entries(parted[:1])) == 8


def test_what_was_written_down_in_another_form_is_made_anew(opened: Lake, restored: Path, parted: list[str]) -> None:
    index = restored / "journal" / "tiny" / "forgotten.jsonl"
    size = (restored / "journal" / "tiny-r7" / "shard-0.jsonl").stat().st_size
    with Journal[dict[str, Any]](index, dict) as journal:
        journal.append({"name": "tiny-r7/shard-0", "size": size, "prompt_ids": []})

    assert len(Forgotten(opened, "tiny").entries(parted)) == 16
    Forgotten(opened, "tiny").look()

    named = [one["name"] for one in Journal[dict[str, Any]](index, dict).read().records]
    assert named == ["tiny-r7/shard-0", "tiny-r8/shard-0"]
    assert len(Forgotten(opened, "tiny").entries(parted)) == 16


Faults = Callable[[str, int], list[str]]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Has the first so many reads of a journal fail, as a shared folder does that is away for a moment."""

    def fail(name: str, times: int) -> list[str]:
        read_whole, failed = Journal[Any].read, list[str]()

        def read(journal: Journal[Any]) -> Replay[Any]:
            if f"{journal.path.parent.name}/{journal.path.stem}" == name and len(failed) < times:
                failed.append(name)
                error = OSError(errno.EIO, "Input/output error")
                raise LakeError(f"cannot open the journal {journal.path}: {error}") from error
            return read_whole(journal)

        monkeypatch.setattr(Journal, "read", read)
        return failed

    return fail


def test_journal_that_cannot_be_read_for_the_moment_is_no_empty_one_and_is_read_when_it_can(
    opened: Lake, parted: list[str], failing: Faults, opens: list[str]
) -> None:
    said: list[str] = []
    forgotten = Forgotten(opened, "tiny", said.append)
    failed = failing("tiny-r8/shard-0", 2)
    for _ in range(2):
        with pytest.raises(
            LakeError, match=r"tiny-r8/shard-0, of a run that .* Input/output error.* move .*r8/shard-0"
        ):
            forgotten.look()
    assert len(failed) == 2

    forgotten.look()

    assert opens.count("tiny-r7/shard-0") == 1, "what was looked at before the fault is written down"
    assert [len(forgotten.entries([one])) for one in parted] == [8, 8]
    assert not [line for line in said if "may be paid for once more" in line]


def test_shard_that_cannot_read_one_asks_for_nothing_and_reads_it_when_it_can_or_it_was_moved_away(
    opened: Lake, restored: Path, parted: list[str], failing: Faults
) -> None:
    Forgotten(opened, "tiny").look()
    of_shards = Forgotten(opened, "tiny")
    failing("tiny-r7/shard-0", 1)
    with pytest.raises(LakeError, match="it is tried again"):
        of_shards.entries(parted)

    assert len(of_shards.entries(parted)) == 16

    restarted = Forgotten(opened, "tiny")
    failing("tiny-r8/shard-0", 1)
    with pytest.raises(LakeError):
        restarted.entries(parted)
    (restored / "journal" / "tiny-r8" / "shard-0.jsonl").rename(restored / "aside.jsonl")
    assert len(restarted.entries(parted)) == 8


async def test_nothing_is_asked_of_a_teacher_while_a_forgotten_journal_cannot_be_read(
    opened: Lake, tmp_path: Path, failing: Faults
) -> None:
    builder = Builder(opened)
    failed = failing("tiny-r1@1/shard-0", 2)
    run = open_run(opened, recipe(tmp_path, EIGHT_EACH))
    with pytest.raises(LakeError, match="Input/output error"):
        builder.begin(recipe(tmp_path, EIGHT_EACH))
    with pytest.raises(LakeError, match="Input/output error"):
        await builder.sample(run)
    assert (len(failed), builder.client.paid) == (2, [])

    await builder.build(recipe(tmp_path, EIGHT_EACH))

    assert len(builder.client.paid) == 8
