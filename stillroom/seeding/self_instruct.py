"""Self-instruct (Wang et al. 2022, arXiv:2212.10560): a teacher writes new tasks from a growing pool.

One round journals what it is going to ask, sends its requests, journals every raw reply, and then filters the replies
in request order. A round that was killed goes on with the plan and the replies that it has.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stillroom.asking import all_of, in_portions
from stillroom.capabilities import Capability
from stillroom.errors import TeacherError, TeacherRefused
from stillroom.journal import AnyJournal, JournalPlace, journal_at, tell_damage
from stillroom.recipe import Seeding
from stillroom.records import ModelClient, Prompt, Verifier
from stillroom.seeding.admission import Proposed, Ruling, rule
from stillroom.seeding.plan import Begun, Record, Reply, Round, WritingRequest, begun, writing_params


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A writing request that the writer will never answer, and its words; ``position`` as of a reply."""

    position: int
    asked: WritingRequest
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


async def write_round(
    round_: Round,
    *,
    seeding: Seeding,
    capability: Capability,
    writer: ModelClient | None,
    verifiers: Sequence[Verifier],
    place: JournalPlace,
    observe: Callable[[int, int], None] = lambda replied, requested: None,
    ruled: Callable[[int, int], None] = lambda examined, replies: None,
    say: Callable[[str], None] = lambda _: None,
) -> RoundResult:
    """Send a round's requests (those without a journalled reply), and rule on every reply.

    A request that the writer refuses yields no prompt, and does not stop the others. One that shows what has been
    withheld since it was drawn is not sent any more; what was replied to it is ruled on, and not admitted.

    Args:
        round_: what to do.
        seeding: the recipe's section.
        capability: how tasks are asked for and read.
        writer: the teacher that writes; None where nothing is to be sent and the round's plan is in its journal.
        verifiers: judge whether a task's own solution passes its tests.
        place: where the round's plan and raw replies are kept until it is committed.
        observe: called with (replies so far, requests) after every reply.
        ruled: called with (replies examined so far, replies) after every one.
        say: told what a person should know.

    Raises:
        TeacherError: the writer is gone.
        TeacherRefused: the writer refuses every request of the round, and so would refuse the next.
        SandboxError: the sandbox failed.
        LakeError: the journal cannot be read or written.
    """
    opened: AnyJournal[Record] = journal_at(place, Record)
    with opened as journal:
        tell_damage(place, journal.replay, say)
        there = begun(journal.replay.records, round_, seeding=seeding, capability=capability, writer=writer)
        if there.unplanned:
            say(
                f"writing round {round_.number}: {there.unplanned} replies in its journal are to no request that is "
                "known; they stay there"
            )
        if there.plan and not there.is_journalled:
            journal.append(there.plan)
        replies, refused = dict(there.replies), dict[int, str]()
        if writer is not None and round_.requests:
            asking = _Asking(writer, journal, seeding, capability, replies, refused, observe)
            await asking.all_of(there, round_.withheld)
    proposed = [
        Proposed(position=position, asked=request, completion=replies[request.request_id, position].completion)
        for number, request in enumerate(there.plan)
        for position in request.positions(number)
        if (request.request_id, position) in replies
    ]
    if refused and not proposed:
        raise TeacherRefused(
            f"every one of the {len(refused)} requests of writing round {round_.number} was refused: "
            f"{refused[min(refused)].rstrip('. ')}. Serve the writer so that it takes them (context length, "
            "constrained output); or lower `few_shot:` or `max_new_tokens:` under `seeding:`, or name another "
            "`writer:`, with --new-run."
        )
    rulings = await rule(proposed, round_, seeding=seeding, capability=capability, verifiers=verifiers, observe=ruled)
    by_position = {at: request for number, request in enumerate(there.plan) for at in request.positions(number)}
    refusals = [
        Refusal(position=position, asked=by_position[position], message=message)
        for position, message in sorted(refused.items())
    ]
    return RoundResult(rulings=tuple(rulings), refusals=tuple(refusals))


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks for what a plan still owes; ``replies`` and ``refused``, by position, take what comes."""

    writer: ModelClient
    journal: AnyJournal[Record]
    seeding: Seeding
    capability: Capability
    replies: dict[tuple[str, int], Reply]
    refused: dict[int, str]
    observe: Callable[[int, int], None]

    async def all_of(self, there: Begun, withheld: frozenset[str]) -> None:
        wanted = sum(request.replies for request in there.plan)
        await all_of(
            self._whole(number, request, wanted)
            for number, request in enumerate(there.plan)
            if withheld.isdisjoint(request.parents)
        )

    async def _whole(self, number: int, request: WritingRequest, wanted: int) -> None:
        positions = request.positions(number)
        while owed := [position for position in positions if (request.request_id, position) not in self.replies]:
            if self.refused.keys() & set(positions):
                return
            portions = in_portions(owed, self.writer)
            await all_of(self._ask(number, request, portion, wanted) for portion in portions)

    async def _ask(self, number: int, request: WritingRequest, owed: list[int], wanted: int) -> None:
        params = writing_params(self.seeding, self.capability)
        with self.journal.room(len(owed) * params.reply_bytes) as room:
            try:
                completions = await self.writer.complete(request.text, params, len(owed))
            except TeacherRefused as error:
                self.refused[owed[0]] = str(error)
                return
            if not completions:
                raise TeacherError(f"teacher {self.writer.teacher_id} gave no reply to writing request {number}")
            for position, completion in zip(owed, completions, strict=False):  # fewer may come
                reply = Reply(position, request.request_id, completion)
                room.append(reply)
                self.replies[request.request_id, position] = reply
        self.observe(len(self.replies), wanted)
