"""Shards: every sample is paid for once, judged once and told once, whatever died in between."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stillroom.capabilities import find_capability
from stillroom.capabilities.python_code.capability import PythonCode
from stillroom.errors import LakeError, SandboxError, TeacherError, TeacherRefused, Unjudgeable
from stillroom.journal import Journal
from stillroom.records import (
    Answer,
    Check,
    Completion,
    Judgement,
    ModelClient,
    Outcome,
    Prompt,
    SamplingParams,
    Verifier,
)
from stillroom.sampling import Assignment, Policy, Shard, ShardResult
from stillroom.sampling.entries import Entry, SampleEntry, VerdictEntry
from stillroom.teachers import sglang
from stillroom.teachers.sglang import SGLangClient
from tests.fakes.answers import ALL_RIGHT, Mix, Script
from tests.fakes.clients import MemoryClient, sglang_client
from tests.fakes.prompts import known, prompt
from tests.fakes.teacher import FakeTeacher
from tests.fakes.verifiers import FakeVerifier, execute

PROMPTS = [prompt(number) for number in range(6)]
PARAMS = SamplingParams(temperature=0.8, max_new_tokens=256)
ALL_EIGHT = Policy(samples=8, wave=4, keep=2, adaptive=False)
ADAPTIVE = Policy(samples=8, wave=4, keep=2, adaptive=True)


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sglang, "_wait", lambda state: 0.01)


@pytest.fixture
def teacher() -> Iterator[FakeTeacher]:
    with FakeTeacher(known=known(*PROMPTS), mix=Mix(wrong=0.4)) as running:
        yield running


@pytest.fixture
async def client(teacher: FakeTeacher) -> AsyncIterator[SGLangClient]:
    opened = sglang_client(teacher, patience_seconds=30)
    yield opened
    await opened.close()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "shard.journal"


def shard(
    client: ModelClient,
    verifier: Verifier | Sequence[Verifier],
    *,
    prompts: Sequence[Prompt] = PROMPTS,
    policy: Policy = ALL_EIGHT,
    **changes: Any,
) -> Shard:
    return Shard(
        [Assignment(prompt=one, teacher=client) for one in prompts],
        capability=find_capability("code"),
        policy=policy,
        verifiers=verifier if isinstance(verifier, Sequence) else [verifier],
        **{"params": PARAMS, "epoch": 0, **changes},
    )


def assert_whole(result: ShardResult, *, samples: int, verifiers: int = 1) -> None:
    """Every sample stands once and has one verdict of every verifier."""
    ids = [entry.sample.sample_id for entry in result.samples]
    judged = [(verdict.sample_id, verdict.verifier_id) for verdict in result.verdicts]
    assert len(ids) == len(set(ids)) == samples
    assert len(judged) == len(set(judged)) == samples * verifiers
    assert {sample_id for sample_id, _ in judged} == set(ids)


def lines_of(journal: Path) -> list[bytes]:
    return journal.read_bytes().splitlines()


def recorded(journal: Path) -> tuple[Entry, ...]:
    return Journal[Entry](journal, Entry).read().records


def damage(journal: Path, *lines: int) -> None:
    content = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(b"x" + line if number in lines else line for number, line in enumerate(content)))


def prompt_of(prompt_id: str) -> Prompt:
    return next(one for one in PROMPTS if one.prompt_id == prompt_id)


def memory_client(*, mix: Mix = ALL_RIGHT, **changes: Any) -> MemoryClient:
    return MemoryClient(script=Script(known(*PROMPTS), mix=mix), **changes)


async def test_every_prompt_gets_n_samples_each_with_its_verdict(
    teacher: FakeTeacher, client: SGLangClient, journal: Path
) -> None:
    result = await shard(client, FakeVerifier()).run(journal)

    assert_whole(result, samples=48)
    assert len(teacher.paid) == 48
    assert {entry.sample.index for entry in result.samples} == set(range(8))
    outcomes = {verdict.judgement.outcome for verdict in result.verdicts}
    assert outcomes == {Outcome.PASS, Outcome.FAIL}


async def test_answers_are_extracted_once_and_told_with_their_samples(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = PythonCode.extract
    extracted: list[str] = []

    def counted(code: PythonCode, prompt: Prompt, completion: Completion) -> Answer:
        extracted.append(completion.text)
        return extract(code, prompt, completion)

    monkeypatch.setattr(PythonCode, "extract", counted)
    result = await shard(memory_client(), FakeVerifier()).run(journal)

    assert len(extracted) == len(result.samples) == 48
    told = {entry.sample.completion.text: result.answers[entry.sample.sample_id] for entry in result.samples}
    assert all(answer.text and answer.text in text for text, answer in told.items())


async def test_damaged_lines_are_told_when_a_shard_goes_on(client: SGLangClient, journal: Path) -> None:
    await shard(client, FakeVerifier()).run(journal)
    damage(journal, 0, 5)
    said: list[str] = []

    await shard(client, FakeVerifier(), say=said.append).run(journal)

    assert [line for line in said if "2 damaged lines were passed over" in line] == said
    assert len(said) == 1


@pytest.mark.parametrize("error", [Unjudgeable("it fails at this one"), RecursionError("too deep")])
async def test_sample_that_cannot_be_judged_stays_without_a_verdict_and_the_others_go_on(
    journal: Path, error: Exception
) -> None:
    trouble, said = prompt(2), list[str]()

    def rule(check: Check, answer: Answer) -> Judgement:
        if check == trouble.check:
            raise error
        return execute(check, answer)

    policy = Policy(samples=2, wave=2, keep=2, adaptive=False)
    result = await shard(memory_client(), FakeVerifier(rule=rule), policy=policy, say=said.append).run(journal)

    assert len(result.samples) == 2 * len(PROMPTS)
    assert len(result.verdicts) == 2 * (len(PROMPTS) - 1)
    assert len(said) == 2
    assert all("stays without a verdict" in line for line in said)


async def test_committed_samples_are_judged_by_the_answers_that_the_lake_has(journal: Path, tmp_path: Path) -> None:
    """Another Stillroom may have extracted something else of them, and that is what would be published."""
    before = await shard(memory_client(), FakeVerifier(), prompts=PROMPTS[:1]).run(tmp_path / "before")
    stored = {entry.sample.sample_id: Answer(text="as it was extracted then") for entry in before.samples}
    verifier = FakeVerifier(verifier_id="newer")

    result = await shard(memory_client(), verifier, prompts=PROMPTS[:1], committed=before.samples, answers=stored).run(
        journal
    )

    assert [answer.text for _, answer in verifier.judged] == ["as it was extracted then"] * 8
    assert (result.samples, len(result.verdicts)) == ((), 8)


async def test_what_another_run_has_committed_of_its_requests_is_adopted_and_not_paid_for(
    teacher: FakeTeacher, client: SGLangClient, journal: Path, tmp_path: Path
) -> None:
    theirs = await shard(client, FakeVerifier(), prompts=PROMPTS[:3]).run(tmp_path / "theirs")
    elsewhere = [*theirs.samples, *(VerdictEntry(one) for one in theirs.verdicts)]
    verifier = FakeVerifier()

    result = await shard(client, verifier, elsewhere=elsewhere).run(journal)

    assert_whole(result, samples=48)
    assert len(teacher.paid) == 48
    assert len(verifier.judged) == 24
    assert result.adopted == {entry.sample.sample_id for entry in theirs.samples}
    assert len(result.adopted_verdicts) == 24


async def test_own_samples_stand_before_what_could_be_adopted(journal: Path) -> None:
    own, others = memory_client(), memory_client(mix=Mix(wrong=1.0))
    theirs = await shard(others, FakeVerifier(), prompts=PROMPTS[:1]).run(journal.with_name("theirs"))
    before = await shard(own, FakeVerifier(), prompts=PROMPTS[:1]).run(journal)
    elsewhere = [*theirs.samples, *(VerdictEntry(one) for one in theirs.verdicts)]

    result = await shard(own, FakeVerifier(), prompts=PROMPTS[:1], elsewhere=elsewhere).run(journal)

    assert result.adopted == frozenset()
    assert set(result.samples) == set(before.samples)
    assert set(result.verdicts) == set(before.verdicts)


async def test_adaptive_prompts_stop_after_the_wave_in_which_enough_passed(
    teacher: FakeTeacher, client: SGLangClient, journal: Path
) -> None:
    teacher.script.mix = ALL_RIGHT

    result = await shard(client, FakeVerifier(), policy=ADAPTIVE).run(journal)

    assert_whole(result, samples=4 * len(PROMPTS))
    assert len(teacher.paid) == 4 * len(PROMPTS)


async def test_finished_shard_run_again_pays_and_judges_nothing(
    teacher: FakeTeacher, client: SGLangClient, journal: Path
) -> None:
    first = await shard(client, FakeVerifier()).run(journal)
    verifier = FakeVerifier()

    again = await shard(client, verifier).run(journal)

    assert len(teacher.paid) == 48
    assert verifier.judged == []
    assert {entry.sample.sample_id: entry for entry in again.samples} == {
        entry.sample.sample_id: entry for entry in first.samples
    }
    assert set(again.verdicts) == set(first.verdicts)
    assert again.tally.replayed == again.tally.samples == 48
    assert (again.tally.judged, again.tally.passed) == (first.tally.judged, first.tally.passed)


@pytest.mark.parametrize("requests", [1, 3, 7, 11])
async def test_teacher_that_dies_and_comes_back_is_paid_for_nothing_twice(
    teacher: FakeTeacher, journal: Path, requests: int
) -> None:
    teacher.fail("die", after=requests)
    first = sglang_client(teacher, patience_seconds=0.2)
    with pytest.raises(TeacherError, match="is gone"):
        await shard(first, FakeVerifier()).run(journal)
    await first.close()
    paid_before = len(teacher.paid)
    assert 0 < paid_before < 48

    with FakeTeacher(known=known(*PROMPTS), mix=teacher.script.mix) as successor:
        second = sglang_client(successor)
        verifier = FakeVerifier()
        result = await shard(second, verifier).run(journal)
        await second.close()

    assert_whole(result, samples=48)
    assert paid_before + len(successor.paid) == 48
    assert result.tally.replayed == paid_before


async def test_answers_lost_on_the_way_are_all_that_is_paid_twice(
    teacher: FakeTeacher, client: SGLangClient, journal: Path
) -> None:
    teacher.fail("drop-paid", after=2)

    result = await shard(client, FakeVerifier()).run(journal)

    assert_whole(result, samples=48)
    assert len(teacher.paid) == 48 + 4


async def test_fewer_than_asked_for_are_topped_up(teacher: FakeTeacher, client: SGLangClient, journal: Path) -> None:
    teacher.fail("fewer", times=5)
    teacher.fail("abort-some", times=3)

    result = await shard(client, FakeVerifier()).run(journal)

    assert_whole(result, samples=48)
    assert len(teacher.paid) == 48


async def test_teacher_that_never_gives_anything_is_an_error_not_a_loop(journal: Path) -> None:
    with pytest.raises(TeacherError, match="gave none of 4 samples"):
        await shard(memory_client(at_most=0), FakeVerifier()).run(journal)


async def test_refusal_of_all_portions_of_a_prompt_is_one_refusal(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryClient, "portions", lambda self, n: [1, n - 1])
    client = memory_client(failure=TeacherRefused("too long"), fails_after=0)
    result = await shard(client, FakeVerifier()).run(journal)
    assert result.tally.refused == len(PROMPTS) == len(result.refusals)


async def test_hole_in_the_journal_is_filled_and_nothing_else(
    client: SGLangClient, teacher: FakeTeacher, journal: Path
) -> None:
    await shard(client, FakeVerifier()).run(journal)
    lines = lines_of(journal)
    sample = next(number for number, line in enumerate(lines) if b'"type":"sample"' in line)
    lost_id = json.loads(lines[sample].partition(b" ")[2])["sample"]["sample_id"]
    verdict = max(number for number, line in enumerate(lines) if b'"type":"verdict"' in line)
    damage(journal, sample, verdict)
    verifier = FakeVerifier()

    result = await shard(client, verifier).run(journal)

    assert_whole(result, samples=48)
    assert len(teacher.paid) == 48 + 1
    assert len(verifier.judged) == 2, "the verdict that was lost, and a new one for the text that came anew"
    (anew,) = [entry.sample for entry in result.samples if entry.sample.sample_id == lost_id]
    judged = next(one.judgement.outcome for one in result.verdicts if one.sample_id == lost_id)
    right = find_capability("code").extract(prompt_of(anew.prompt_id), anew.completion)
    assert judged is execute(prompt_of(anew.prompt_id).check, right).outcome


async def test_refused_prompt_is_told_and_does_not_stop_the_others(
    teacher: FakeTeacher, client: SGLangClient, journal: Path
) -> None:
    teacher.fail("refuse", after=8)

    result = await shard(client, FakeVerifier()).run(journal)
    again = await shard(client, FakeVerifier()).run(journal)

    assert len(result.refusals) == 1
    assert "400" in result.refusals[0].message
    assert result.tally.settled == len(PROMPTS)
    assert result.tally.refused == 1
    assert_whole(result, samples=44)
    assert_whole(again, samples=44)
    assert again.refusals == result.refusals


async def test_samples_of_a_refused_prompt_are_judged_by_a_new_verifier_too(
    teacher: FakeTeacher, client: SGLangClient, journal: Path
) -> None:
    teacher.fail("refuse", after=1)
    await shard(client, FakeVerifier(), prompts=PROMPTS[:1]).run(journal)

    other = FakeVerifier(verifier_id="another image")
    result = await shard(client, other, prompts=PROMPTS[:1]).run(journal)

    assert len(teacher.paid) == 4
    assert_whole(result, samples=4)
    assert {verdict.verifier_id for verdict in result.verdicts} == {"another image"}


async def test_task_that_stands_twice_is_paid_once(client: SGLangClient, teacher: FakeTeacher, journal: Path) -> None:
    spaced = replace(PROMPTS[0], task=PROMPTS[0].task.replace(" ", "  "))

    result = await shard(client, FakeVerifier(), prompts=[PROMPTS[0], spaced, PROMPTS[1]]).run(journal)

    assert_whole(result, samples=16)
    assert len(teacher.paid) == 16
    assert result.tally.settled == result.tally.prompts == 2


async def test_dead_sandbox_is_a_sandbox_error_and_nothing_paid_is_lost(journal: Path) -> None:
    client = memory_client()
    with pytest.raises(SandboxError, match="the fake sandbox is dead"):
        await shard(client, FakeVerifier(fails_after=5)).run(journal)
    verifier = FakeVerifier()

    result = await shard(client, verifier).run(journal)

    assert_whole(result, samples=48)
    assert len(client.paid) == 48
    assert len(verifier.judged) == 48 - 5


async def test_full_disk_is_a_lake_error(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object, entry: Entry) -> None:
        if isinstance(entry, VerdictEntry):
            raise LakeError("cannot append to the journal: no space left")

    monkeypatch.setattr(Journal, "append", full)

    with pytest.raises(LakeError, match="no space left"):
        await shard(memory_client(), FakeVerifier()).run(journal)


async def test_cancelled_shard_goes_on_where_it_was(client: SGLangClient, teacher: FakeTeacher, journal: Path) -> None:
    arrived = asyncio.Event()

    def observe(tally: object) -> None:
        if getattr(tally, "samples", 0) >= 12:
            arrived.set()

    running = asyncio.create_task(shard(client, FakeVerifier(), observe=observe).run(journal))
    await arrived.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with Journal[Entry](journal, Entry) as kept:
        journalled = sum(isinstance(entry, SampleEntry) for entry in kept.replay.records)
    in_flight = len(teacher.paid) - journalled

    result = await shard(client, FakeVerifier()).run(journal)

    assert_whole(result, samples=48)
    assert 12 <= journalled <= 48
    assert len(teacher.paid) <= 48 + max(0, in_flight) + 32


async def test_more_samples_later_pay_for_the_new_indices_only(journal: Path) -> None:
    client = memory_client()
    await shard(client, FakeVerifier(), policy=replace(ALL_EIGHT, samples=4)).run(journal)
    verifier = FakeVerifier()

    result = await shard(client, verifier).run(journal)

    assert_whole(result, samples=48)
    assert len(client.paid) == 48
    assert len(verifier.judged) == 24


async def test_fewer_samples_later_throw_nothing_away(journal: Path) -> None:
    client = memory_client()
    await shard(client, FakeVerifier()).run(journal)

    result = await shard(client, FakeVerifier(), policy=replace(ALL_EIGHT, samples=4)).run(journal)

    assert_whole(result, samples=48)
    assert len(client.paid) == 48


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"epoch": 1}, id="epoch"),
        pytest.param({"params": replace(PARAMS, temperature=0.2)}, id="temperature"),
    ],
)
async def test_another_request_is_another_sample_and_the_old_ones_are_not_told(
    journal: Path, change: dict[str, Any]
) -> None:
    client = memory_client()
    await shard(client, FakeVerifier()).run(journal)

    result = await shard(client, FakeVerifier(), **change).run(journal)

    assert_whole(result, samples=48)
    assert len(client.paid) == 96


async def test_another_verifier_judges_again_without_paying(journal: Path) -> None:
    client = memory_client()
    await shard(client, FakeVerifier()).run(journal)

    result = await shard(client, FakeVerifier(verifier_id="stricter")).run(journal)

    assert_whole(result, samples=48)
    assert len(client.paid) == 48
    assert {verdict.verifier_id for verdict in result.verdicts} == {"stricter"}


async def test_other_tests_judge_again_without_paying(journal: Path) -> None:
    client = memory_client()
    await shard(client, FakeVerifier()).run(journal)
    changed = [replace(one, check=replace(one.check, tests="assert False")) for one in PROMPTS]

    result = await shard(client, FakeVerifier(), prompts=changed).run(journal)

    assert_whole(result, samples=48)
    assert len(client.paid) == 48
    assert {verdict.judgement.outcome for verdict in result.verdicts} == {Outcome.FAIL}


async def test_all_verifiers_judge_and_one_that_fails_keeps_the_prompt_going(journal: Path) -> None:
    never = FakeVerifier(
        name="never@1", verifier_id="never", rule=lambda check, answer: Judgement(outcome=Outcome.FAIL, reason="no")
    )

    result = await shard(memory_client(), [FakeVerifier(), never], policy=ADAPTIVE).run(journal)

    assert_whole(result, samples=48, verifiers=2)


async def test_what_the_lake_has_is_neither_paid_nor_told_again(journal: Path, tmp_path: Path) -> None:
    client = memory_client()
    first = await shard(client, FakeVerifier(), policy=replace(ALL_EIGHT, samples=4)).run(journal)
    committed = [*first.samples, *map(VerdictEntry, first.verdicts)]

    result = await shard(client, FakeVerifier(), committed=committed).run(tmp_path / "new.journal")

    assert_whole(result, samples=24)
    assert len(client.paid) == 48
    assert not {entry.sample.sample_id for entry in first.samples} & {one.sample.sample_id for one in result.samples}


async def test_what_an_abandoned_run_was_paid_for_is_told_and_journalled(journal: Path, tmp_path: Path) -> None:
    client = memory_client()
    await shard(client, FakeVerifier(), policy=replace(ALL_EIGHT, samples=4)).run(journal)
    abandoned = recorded(journal)

    verifier = FakeVerifier()
    result = await shard(client, verifier, abandoned=abandoned).run(tmp_path / "new.journal")
    again = await shard(client, verifier).run(tmp_path / "new.journal")

    assert_whole(result, samples=48)
    assert (len(client.paid), len(verifier.judged)) == (48, 24)
    assert result.tally.replayed == 24
    assert set(again.samples) == set(result.samples)


async def test_own_text_of_a_sample_wins_over_an_abandoned_one_with_its_verdict(journal: Path, tmp_path: Path) -> None:
    wrong = memory_client(mix=replace(ALL_RIGHT, wrong=1.0))
    await shard(wrong, FakeVerifier()).run(tmp_path / "abandoned.journal")
    await shard(memory_client(), FakeVerifier()).run(journal)

    result = await shard(wrong, FakeVerifier(), abandoned=recorded(tmp_path / "abandoned.journal")).run(journal)

    assert_whole(result, samples=48)
    assert {verdict.judgement.outcome for verdict in result.verdicts} == {Outcome.PASS}


async def test_refusal_in_an_abandoned_run_is_asked_again(journal: Path, tmp_path: Path) -> None:
    refusing = memory_client(failure=TeacherRefused("too long"), fails_after=0)
    await shard(refusing, FakeVerifier()).run(journal)

    result = await shard(memory_client(), FakeVerifier(), abandoned=recorded(journal)).run(tmp_path / "new.journal")

    assert_whole(result, samples=48)
    assert result.refusals == ()


async def test_tally_follows_the_work(journal: Path) -> None:
    seen: list[tuple[int, int, int]] = []

    result = await shard(
        memory_client(),
        FakeVerifier(),
        observe=lambda tally: seen.append((tally.samples, tally.judged, tally.settled)),
    ).run(journal)

    assert seen == sorted(seen)
    assert seen[-1] == (48, 48, 6)
    assert result.tally.passed == 48
    assert result.tally.tokens == sum(entry.sample.completion.completion_tokens for entry in result.samples)


async def two_texts(journal: Path, tmp_path: Path) -> tuple[list[Entry], list[Entry]]:
    """What two processes journalled of one prompt, each for itself: other texts under the same ids, and verdicts."""
    for name, mix in (("wrong", Mix(wrong=1.0)), ("right", ALL_RIGHT)):
        await shard(memory_client(mix=mix), FakeVerifier(), prompts=PROMPTS[:1]).run(tmp_path / name)
    return list(recorded(tmp_path / "wrong")), list(recorded(tmp_path / "right"))


def write(journal: Path, *entries: Entry) -> None:
    with Journal[Entry](journal, Entry) as opened:
        for entry in entries:
            opened.append(entry)


def split(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    return (
        [one for one in entries if isinstance(one, SampleEntry)],
        [one for one in entries if isinstance(one, VerdictEntry)],
    )


async def test_verdict_counts_only_with_the_text_that_it_judged(journal: Path, tmp_path: Path) -> None:
    wrong, right = map(split, await two_texts(journal, tmp_path))
    write(journal, *wrong[0], *right[0], *right[1], *wrong[1])  # as read where the one's positions are interleaved
    verifier = FakeVerifier()

    result = await shard(memory_client(failure=TeacherError("paid again")), verifier, prompts=PROMPTS[:1]).run(journal)

    assert_whole(result, samples=8)
    assert verifier.judged == []
    assert {*result.samples} == {*right[0]}
    assert {verdict.judgement.outcome for verdict in result.verdicts} == {Outcome.PASS}


async def test_verdict_that_stands_before_its_text_counts_with_it(journal: Path, tmp_path: Path) -> None:
    wrong, right = map(split, await two_texts(journal, tmp_path))
    write(journal, *right[1], *wrong[0], *wrong[1], *right[0])
    verifier = FakeVerifier()

    result = await shard(memory_client(), verifier, prompts=PROMPTS[:1]).run(journal)

    assert verifier.judged == []
    assert {verdict.judgement.outcome for verdict in result.verdicts} == {Outcome.PASS}


async def test_text_whose_verdict_is_another_texts_is_judged(journal: Path, tmp_path: Path) -> None:
    wrong, right = map(split, await two_texts(journal, tmp_path))
    write(journal, *wrong[0], *wrong[1], *right[0])
    verifier = FakeVerifier()

    result = await shard(memory_client(), verifier, prompts=PROMPTS[:1]).run(journal)

    assert len(verifier.judged) == 8
    assert {verdict.judgement.outcome for verdict in result.verdicts} == {Outcome.PASS}


async def test_of_two_abandoned_texts_the_first_comes_with_its_own_verdict(journal: Path, tmp_path: Path) -> None:
    wrong, right = await two_texts(journal, tmp_path)
    verifier = FakeVerifier()

    result = await shard(memory_client(), verifier, prompts=PROMPTS[:1], abandoned=[*right, *wrong]).run(journal)

    assert verifier.judged == []
    assert {verdict.judgement.outcome for verdict in result.verdicts} == {Outcome.PASS}


async def test_text_that_the_lake_has_is_the_one_that_a_new_verifier_judges(journal: Path, tmp_path: Path) -> None:
    wrong, right = await two_texts(journal, tmp_path)
    write(journal, *wrong)
    other = FakeVerifier(verifier_id="another image")

    result = await shard(memory_client(), other, prompts=PROMPTS[:1], committed=right).run(journal)

    assert [verdict.judgement.outcome for verdict in result.verdicts] == [Outcome.PASS] * 8


async def test_verdicts_of_journals_that_do_not_say_what_they_judged_count_as_they_stand(
    journal: Path, tmp_path: Path
) -> None:
    _, right = map(split, await two_texts(journal, tmp_path))
    plain = [VerdictEntry(one.verdict) for one in right[1] if isinstance(one, VerdictEntry)]
    write(journal, *right[0], *plain)
    verifier = FakeVerifier()

    result = await shard(memory_client(), verifier, prompts=PROMPTS[:1]).run(journal)

    assert verifier.judged == []
    assert_whole(result, samples=8)


async def test_a_withheld_prompt_keeps_what_it_was_paid_for_and_asks_for_no_more(journal: Path) -> None:
    failing = MemoryClient(script=Script(known(*PROMPTS), mix=ALL_RIGHT), failure=TeacherError("gone"), fails_after=8)
    with pytest.raises(TeacherError):
        await shard(failing, FakeVerifier(), prompts=PROMPTS[:2]).run(journal)
    assert len(failing.paid) == 8
    client = MemoryClient(script=Script(known(*PROMPTS), mix=ALL_RIGHT))
    withheld = [Assignment(prompt=one, teacher=client, is_withheld=True) for one in PROMPTS[:3]]
    work = Shard(
        [*withheld, Assignment(prompt=PROMPTS[3], teacher=client)],
        capability=find_capability("code"), policy=ALL_EIGHT, verifiers=[FakeVerifier()], params=PARAMS, epoch=0,
    )  # fmt: skip

    result = await work.run(journal)

    assert len(client.paid) == 8
    assert_whole(result, samples=8 + 8)
