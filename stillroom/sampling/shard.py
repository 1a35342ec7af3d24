"""A shard: an asyncio pipeline that answers its prompts in waves and verifies each sample as it arrives.

Everything paid for is journalled before anything else is done with it. What is owed is the policy's
answer over the journal, so running a killed shard again asks for what is missing and nothing else.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stillroom.asking import all_of, in_portions
from stillroom.capabilities import Capability
from stillroom.errors import TeacherError, TeacherRefused, Unjudgeable
from stillroom.journal import AnyJournal, JournalPlace, journal_at, tell_damage
from stillroom.records import (
    Answer,
    Completion,
    ModelClient,
    Outcome,
    Prompt,
    Request,
    Sample,
    SamplingParams,
    Verdict,
    Verifier,
)
from stillroom.sampling.entries import (
    Entry,
    RefusalEntry,
    SampleEntry,
    ShardResult,
    Tally,
    VerdictEntry,
    VerdictKey,
    combined,
    text_hash,
)
from stillroom.sampling.known import Known
from stillroom.sampling.policy import Policy
from stillroom.unjudged import judge_one


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One prompt of a shard and the teacher that answers it.

    Attributes:
        is_withheld: nothing that comes of the prompt could be published: what was paid for is judged and kept, and
            no more is asked.
    """

    prompt: Prompt
    teacher: ModelClient
    is_withheld: bool = False


Observer = Callable[[Tally], None]


class Shard:
    """One shard's work.

    Args:
        assignments: the prompts and who answers each.
        params: sampling parameters, the same for all.
        epoch: the recipe's.
        policy: which samples a prompt owes.
        verifiers: all of them must pass for a sample to pass.
        committed: what the lake has of the shard already; it is neither paid for nor part of the result.
        answers: by sample id, what was extracted of these when they were committed: that is what is published, so it is
            judged, also where the capability would extract something else by now.
        elsewhere: what the lake has of abandoned runs; where it answers this shard's requests the shard adopts it:
            it is not paid for again, and is part of the result.
        abandoned: what their journals hold, likewise.
        calibrations: by verifier_id, the calibration that a verdict names.
        observe: called after every change of the tally.
        say: told what a person should know.
    """

    def __init__(
        self,
        assignments: Sequence[Assignment],
        *,
        capability: Capability,
        params: SamplingParams,
        epoch: int,
        policy: Policy,
        verifiers: Sequence[Verifier],
        committed: Sequence[Entry] = (),
        answers: Mapping[str, Answer] | None = None,
        elsewhere: Sequence[SampleEntry | VerdictEntry] = (),
        abandoned: Sequence[Entry] = (),
        calibrations: Mapping[str, str] | None = None,
        observe: Observer = lambda _: None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        by_prompt = {one.prompt.prompt_id: one for one in reversed(assignments)}  # a task twice is paid once
        self._assignments = list(by_prompt.values())[::-1]
        self._capability = capability
        self._params = params
        self._epoch = epoch
        self._policy = policy
        self._verifiers = verifiers
        self._answers = dict(answers or {})
        self._calibrations = calibrations or {}
        self._observe = observe
        self._say = say
        self._known = Known(committed=committed, elsewhere=elsewhere, abandoned=abandoned)
        self._unjudged: set[VerdictKey] = set()
        self.tally = Tally(prompts=len(self._assignments))

    async def run(self, place: JournalPlace) -> ShardResult:
        """Answer and verify until nothing is owed.

        Raises:
            TeacherError: a teacher is gone for longer than its patience.
            SandboxError: the sandbox failed and could not be replaced.
            LakeError: the journal cannot be written.
        """
        requests = {assignment.prompt.prompt_id: self._request(assignment) for assignment in self._assignments}
        request_ids = {request.request_id for request in requests.values()}
        opened: AnyJournal[Entry] = journal_at(place, Entry)
        with opened as journal:
            tell_damage(place, journal.replay, self._say)
            self._known.gather(request_ids, journal)
            self.tally.replayed = self.tally.samples = len(self._known.samples)
            self.tally.judged, self.tally.passed = len(self._known.verdicts), self._known.passed
            await all_of(self._settle(one, requests[one.prompt.prompt_id], journal) for one in self._assignments)
        return self._result({request.request_id: request for request in requests.values()})

    def _result(self, requests: Mapping[str, Request]) -> ShardResult:
        """What the lake lacks of this shard's requests; a journal may hold more, of an earlier recipe."""
        known, stored = self._known, self._known.stored
        owned = {id_ for id_, entry in known.samples.items() if entry.sample.request_id in requests}
        verifier_ids = {verifier.verifier_id for verifier in self._verifiers}
        check_ids = {assignment.prompt.check_id for assignment in self._assignments}
        return ShardResult(
            samples=tuple(entry for id_, entry in known.samples.items() if id_ in owned and id_ not in stored),
            answers=self._answers,
            verdicts=tuple(
                verdict
                for key, verdict in known.verdicts.items()
                if key not in stored and key[0] in owned and key[1] in check_ids and key[2] in verifier_ids
            ),
            adopted=known.adopted,
            adopted_verdicts=known.adopted_verdicts,
            requests=requests,
            refusals=tuple(entry for entry in known.refusals.values() if entry.request_id in requests),
            tally=self.tally,
        )

    def _request(self, assignment: Assignment) -> Request:
        return Request(
            prompt_id=assignment.prompt.prompt_id,
            teacher_id=assignment.teacher.teacher_id,
            text=assignment.teacher.render(self._capability.question(assignment.prompt)),
            params=self._params,
            epoch=self._epoch,
        )

    async def _settle(self, assignment: Assignment, request: Request, journal: AnyJournal[Entry]) -> None:
        """Ask for a prompt's samples wave by wave until its policy is content."""
        most = max(self._policy.samples, self._known.indices(request.request_id))  # N may have been lowered
        while True:
            known = [self._known.samples.get(request.sample_id(index)) for index in range(most)]
            prefix = known.index(None) if None in known else len(known)
            present = [entry.sample for entry in known if entry is not None]
            outcomes = await self._judge_all(assignment.prompt, present, journal)
            owed = [index for index in self._policy.owed(outcomes[:prefix]) if known[index] is None]
            if not owed or assignment.is_withheld or request.request_id in self._known.refusals:
                break
            portions = in_portions(owed, assignment.teacher)
            await all_of(self._ask(assignment, request, portion, journal) for portion in portions)
        self.tally.settled += 1
        self._observe(self.tally)

    async def _ask(self, assignment: Assignment, request: Request, owed: list[int], journal: AnyJournal[Entry]) -> None:
        with journal.room(len(owed) * request.params.reply_bytes) as room:
            try:
                completions = await assignment.teacher.complete(request.text, request.params, len(owed))
            except TeacherRefused as error:
                if request.request_id in self._known.refusals:
                    return
                refusal = RefusalEntry(assignment.prompt.prompt_id, request.request_id, str(error))
                room.append(refusal)
                self._known.refusals[request.request_id] = refusal
                self.tally.refused += 1
                return
            if not completions:
                raise TeacherError(f"teacher {request.teacher_id} gave none of {len(owed)} samples, and no reason")
            for index, completion in zip(owed, completions, strict=False):  # fewer may come: the rest stays owed
                entry = SampleEntry(_sample(request, index, completion), datetime.now(UTC))
                room.append(entry)
                self._known.samples[entry.sample.sample_id] = entry
                self.tally.samples += 1
                self.tally.tokens += completion.completion_tokens
        self._observe(self.tally)

    async def _judge_all(self, prompt: Prompt, samples: Sequence[Sample], journal: AnyJournal[Entry]) -> list[Outcome]:
        """Outcomes of the samples, in order; after a replay some may lack their verdicts."""
        try:
            async with asyncio.TaskGroup() as group:
                judging = [group.create_task(self._judge(prompt, sample, journal)) for sample in samples]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return [task.result() for task in judging]

    async def _judge(self, prompt: Prompt, sample: Sample, journal: AnyJournal[Entry]) -> Outcome:
        """The sample's outcome over all verifiers; what is missing is judged now.

        What cannot be judged stays without a verdict, so nothing is known of it, and the others go on.
        """
        answer = self._answers.get(sample.sample_id)
        if answer is None:
            answer = self._answers[sample.sample_id] = self._capability.extract(prompt, sample.completion)
        outcomes: list[Outcome] = []
        for verifier in self._verifiers:
            key: VerdictKey = (sample.sample_id, prompt.check_id, verifier.verifier_id)
            if key in self._unjudged:
                outcomes.append(Outcome.ABSTAIN)
                continue
            if key not in self._known.verdicts:
                try:
                    judgement = await judge_one(verifier, prompt.check, answer)
                except Unjudgeable as error:
                    self._say(f"sample {sample.sample_id} stays without a verdict: {error}")
                    self._unjudged.add(key)
                    outcomes.append(Outcome.ABSTAIN)
                    continue
                verdict = Verdict(
                    sample_id=sample.sample_id,
                    check_id=prompt.check_id,
                    verifier=verifier.name,
                    verifier_id=verifier.verifier_id,
                    image_digest=verifier.image_digest,
                    judgement=judgement,
                    calibration_id=self._calibrations.get(verifier.verifier_id, ""),
                )
                journal.append(VerdictEntry(verdict, text_hash(sample)))
                self._known.verdicts[key] = verdict
                self.tally.judged += 1
                self.tally.passed += verdict.judgement.outcome is Outcome.PASS
                self._observe(self.tally)
            outcomes.append(self._known.verdicts[key].judgement.outcome)
        return combined(outcomes)


def _sample(request: Request, index: int, completion: Completion) -> Sample:
    return Sample(
        sample_id=request.sample_id(index),
        prompt_id=request.prompt_id,
        request_id=request.request_id,
        teacher_id=request.teacher_id,
        index=index,
        completion=completion,
    )
