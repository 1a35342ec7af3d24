"""Self-instruct (Wang et al. 2022, arXiv:2212.10560): a teacher writes new tasks from a growing pool.

One round sends its requests, journals every raw reply, and then filters the replies in request order.
What a round draws depends only on the run, the round and the pool committed before it, so a round that
was killed goes on with the replies it has.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from stillroom.asking import all_of, in_portions
from stillroom.capabilities import Capability, Draft
from stillroom.errors import TeacherError, TeacherRefused
from stillroom.fingerprint import fingerprint
from stillroom.journal import AnyJournal, JournalPlace, journal_at, tell_damage
from stillroom.recipe import Seeding
from stillroom.records import Completion, ModelClient, Origin, Prompt, Request, SamplingParams, Verifier
from stillroom.seeding.admission import Proposed, Ruling, rule


class Reply(msgspec.Struct, frozen=True):
    """One raw reply to a writing request, as it is journalled; ``position`` counts the round's replies."""

    position: int
    request_id: str
    completion: Completion


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round is to do.

    Attributes:
        number: from 1.
        requests: how many writing requests it sends.
        pool: every prompt committed before the round, in the order of their admission.
        withheld: ids of those that are not shown to the writer: what came of them could not be published.
    """

    run_id: str
    number: int
    requests: int
    pool: tuple[Prompt, ...]
    withheld: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A writing request that the writer will never answer, and its words; ``position`` as of a reply."""

    position: int
    draft: Draft
    request_text: str
    writer_teacher: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundResult:
    """All that a finished round has to commit: a ruling for every reply and every refusal, in request order."""

    rulings: tuple[Ruling, ...]
    refusals: tuple[Refusal, ...] = ()

    @property
    def prompts(self) -> list[Prompt]:
        """The prompts that were admitted, in request order."""
        return [ruling.prompt for ruling in self.rulings if ruling.prompt is not None]


def requests_in_round(seeding: Seeding, *, still_wanted: int, admitted: int = 0, replied: int = 0) -> int:
    """Writing requests for the next round: as many replies as the wanted prompts should cost, within the limit.

    Args:
        seeding: the recipe's section.
        still_wanted: prompts that the run lacks.
        admitted: prompts of the run's earlier rounds.
        replied: replies of the run's earlier rounds; before any, a third is expected to be admitted.
    """
    share = (admitted + 1) / (replied + 3)
    replies = max(4, math.ceil(still_wanted / share))
    return min(seeding.requests_per_round, -(-replies // seeding.replies_per_request))


def draw(round_: Round, position: int, seeding: Seeding, capability: Capability) -> Draft:
    """What the request at ``position`` shows and asks for; the same at every call."""
    seed = fingerprint(["draw", round_.run_id, round_.number, position])
    chance = random.Random(seed)  # noqa: S311 - reproducible draws, not secrets
    shown_pool = [prompt for prompt in round_.pool if prompt.prompt_id not in round_.withheld]
    seeds = [prompt for prompt in shown_pool if prompt.origin is Origin.SEED]
    if seeding.difficulties:  # a writer that is to write easy tasks is shown easy ones
        seeds = [prompt for prompt in seeds if prompt.difficulty_asked in seeding.difficulties] or seeds
    written = [prompt for prompt in shown_pool if prompt.origin is Origin.WRITTEN]
    shown = chance.sample(seeds, min(seeding.few_shot.seeds, len(seeds)))
    shown += chance.sample(written, min(seeding.few_shot.generated, len(written)))
    chance.shuffle(shown)
    return Draft(
        examples=tuple(shown),
        topic=chance.choice(capability.topics),
        difficulty=chance.choice(seeding.difficulties or capability.difficulties),
        form=chance.choice(capability.forms),
    )


async def write_round(
    round_: Round,
    *,
    seeding: Seeding,
    capability: Capability,
    writer: ModelClient,
    verifiers: Sequence[Verifier],
    place: JournalPlace,
    observe: Callable[[int, int], None] = lambda replied, requested: None,
    say: Callable[[str], None] = lambda _: None,
) -> RoundResult:
    """Send a round's requests (those without a journalled reply), and rule on every reply.

    A request that the writer refuses yields no prompt, and does not stop the others.

    Args:
        round_: what to do.
        seeding: the recipe's section.
        capability: how tasks are asked for and read.
        writer: the teacher that writes.
        verifiers: judge whether a task's own solution passes its tests.
        place: where raw replies are kept until the round is committed.
        observe: called with (replies so far, requests) after every reply.
        say: told what a person should know.

    Raises:
        TeacherError: the writer is gone.
        TeacherRefused: the writer refuses every request of the round, and so would refuse the next.
        SandboxError: the sandbox failed.
    """
    params = SamplingParams(
        temperature=seeding.temperature,
        top_p=seeding.top_p,
        max_new_tokens=seeding.max_new_tokens,
        json_schema=capability.writing_schema(),
    )
    drafts = [draw(round_, position, seeding, capability) for position in range(round_.requests)]
    requests = [
        Request(
            prompt_id=f"{round_.run_id}:{round_.number}:{position}",
            teacher_id=writer.teacher_id,
            text=writer.render(capability.writing_request(drafted)),
            params=params,
            epoch=0,
        )
        for position, drafted in enumerate(drafts)
    ]
    each = seeding.replies_per_request
    opened: AnyJournal[Reply] = journal_at(place, Reply)
    with opened as journal:
        tell_damage(place, journal.replay, say)
        replies = {(reply.request_id, reply.position): reply for reply in journal.replay.records}
        refused: dict[int, str] = {}  # by position

        async def ask(request: Request, owed: list[int]) -> None:
            with journal.room(len(owed) * params.reply_bytes) as room:
                try:
                    completions = await writer.complete(request.text, params, len(owed))
                except TeacherRefused as error:
                    refused[owed[0]] = str(error)
                    return
                if not completions:
                    raise TeacherError(
                        f"teacher {writer.teacher_id} gave no reply to writing request {owed[0] // each}"
                    )
                for position, completion in zip(owed, completions, strict=False):  # fewer may come
                    reply = Reply(position, request.request_id, completion)
                    room.append(reply)
                    replies[request.request_id, position] = reply
            observe(len(replies), round_.requests * each)

        async def ask_all(number: int) -> None:
            request = requests[number]
            positions = range(number * each, (number + 1) * each)
            while owed := [position for position in positions if (request.request_id, position) not in replies]:
                if refused.keys() & set(positions):
                    return
                await all_of(ask(request, portion) for portion in in_portions(owed, writer))

        await all_of(ask_all(number) for number in range(round_.requests))
    proposed = [
        Proposed(
            position=position,
            draft=drafts[number],
            request_text=request.text,
            writer_teacher=writer.teacher_id,
            completion=replies[request.request_id, position].completion,
        )
        for number, request in enumerate(requests)
        for position in range(number * each, (number + 1) * each)
        if (request.request_id, position) in replies
    ]
    if refused and not proposed:
        raise TeacherRefused(
            f"every one of the {len(refused)} requests of writing round {round_.number} was refused: "
            f"{refused[min(refused)].rstrip('. ')}. Serve the writer so that it takes them (context length, "
            "constrained output); or lower `few_shot:` or `max_new_tokens:` under `seeding:`, or name another "
            "`writer:`, with --new-run."
        )
    rulings = await rule(
        proposed, pool=round_.pool, number=round_.number, seeding=seeding, capability=capability, verifiers=verifiers
    )
    refusals = [
        Refusal(
            position=position,
            draft=drafts[position // each],
            request_text=requests[position // each].text,
            writer_teacher=writer.teacher_id,
            message=message,
        )
        for position, message in sorted(refused.items())
    ]
    return RoundResult(rulings=tuple(rulings), refusals=tuple(refusals))
