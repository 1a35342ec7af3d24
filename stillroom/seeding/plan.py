"""What a round of writing asks: drawn once, journalled before its first request, and followed by whoever goes on.

A draw depends on the pool and on what is withheld from the writer, and how many requests there are on what is still
wanted. All of that may be another when a round goes on after a kill; what was paid for by then must not be asked again.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import msgspec

from stillroom.capabilities import Capability, Draft
from stillroom.fingerprint import fingerprint
from stillroom.recipe import Seeding
from stillroom.records import Completion, ModelClient, Origin, Prompt, Request, SamplingParams


class WritingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a round, as it is journalled.

    Attributes:
        name: ``RUN:ROUND:REQUEST``.
        opened: when its run was opened; "" as journalled by an earlier Stillroom, which does not say it.
        request_id: identity of all that was sent.
        text: the exact text that is sent.
        teacher_id: the writer.
        replies: how many are asked for.
        parents: ids of the prompts that it shows.
    """

    name: str
    request_id: str
    text: str
    teacher_id: str
    replies: int
    parents: tuple[str, ...]
    topic: str
    difficulty: str
    form: str
    opened: str = ""

    def positions(self, number: int) -> range:
        """Of its replies among the round's, where it is the request of this number, from 0."""
        return range(number * self.replies, (number + 1) * self.replies)


Plan: TypeAlias = tuple[WritingRequest, ...]


class Reply(msgspec.Struct, frozen=True):
    """One raw reply to a writing request, as it is journalled; ``position`` counts the round's replies."""

    position: int
    request_id: str
    completion: Completion


Record: TypeAlias = Reply | Plan
"""What a round's journal holds; one of an earlier Stillroom holds replies alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round is to do.

    Attributes:
        opened: when the run was opened. A lake that was put back from a backup gives its number to another run once
            more, beside the journals of the first.
        number: from 1.
        requests: how many writing requests it sends, unless its plan was journalled before; 0: none is sent any more,
            and what was replied is ruled on.
        pool: every prompt committed before the round, in the order of their admission.
        withheld: ids of those that are not shown to the writer: what came of them could not be published.
    """

    run_id: str
    opened: str
    number: int
    requests: int
    pool: tuple[Prompt, ...]
    withheld: frozenset[str] = frozenset()

    def name(self, position: int) -> str:
        """The name of the request at ``position``."""
        return f"{self.run_id}:{self.number}:{position}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What a round's journal holds of it.

    Attributes:
        plan: what it asks; empty where that is not known.
        replies: to requests of the plan, by request and position.
        is_journalled: the plan was.
        unplanned: replies to no request of the plan.
    """

    plan: Plan
    replies: Mapping[tuple[str, int], Reply]
    is_journalled: bool
    unplanned: int


def writing_params(seeding: Seeding, capability: Capability) -> SamplingParams:
    """How writers sample."""
    return SamplingParams(
        temperature=seeding.temperature,
        top_p=seeding.top_p,
        max_new_tokens=seeding.max_new_tokens,
        json_schema=capability.writing_schema(),
    )


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


def is_begun(records: Sequence[Record]) -> bool:
    """Whether a round's journal holds a reply, which was paid for."""
    return any(isinstance(record, Reply) for record in records)


def is_planned(records: Sequence[Record], round_: Round) -> bool:
    """Whether a round's journal says what the round asks."""
    return bool(_plans(records, round_))


def begun(
    records: Sequence[Record],
    round_: Round,
    *,
    seeding: Seeding,
    capability: Capability,
    writer: ModelClient | None,
) -> Begun:
    """How far a round is, and what it asks: what its journal says, else what is drawn now.

    A journal that does not say it is of an earlier Stillroom, or that line of it is damaged. Then so many requests are
    drawn as it has replies to, with and without what is withheld now; the draws to which more replies belong are the
    round's. Without a writer nothing can be drawn.
    """
    replies = [record for record in records if isinstance(record, Reply)]
    plans = _plans(records, round_)
    is_journalled = bool(plans)
    if not plans and writer is not None:
        replied = max((reply.position // seeding.replies_per_request + 1 for reply in replies), default=0)
        covering = replace(round_, requests=max(round_.requests, replied))
        plans = [_drawn(covering, seeding, capability, writer)]
        if replies and round_.withheld:
            plans.append(_drawn(replace(covering, withheld=frozenset()), seeding, capability, writer))
    plan = max(plans, key=lambda one: len(_answering(one, replies)), default=())
    matched = _answering(plan, replies)
    unplanned = len({(reply.request_id, reply.position) for reply in replies}) - len(matched)
    return Begun(plan=plan, replies=matched, is_journalled=is_journalled, unplanned=unplanned)


def _plans(records: Sequence[Record], round_: Round) -> list[Plan]:
    plans = [record for record in records if not isinstance(record, Reply)]
    return [plan for plan in plans if plan[0].name == round_.name(0) and plan[0].opened in ("", round_.opened)]


def _answering(plan: Plan, replies: Sequence[Reply]) -> dict[tuple[str, int], Reply]:
    asked = {(one.request_id, position) for number, one in enumerate(plan) for position in one.positions(number)}
    found = {(reply.request_id, reply.position): reply for reply in replies}
    return {key: reply for key, reply in found.items() if key in asked}


def _drawn(round_: Round, seeding: Seeding, capability: Capability, writer: ModelClient) -> Plan:
    params = writing_params(seeding, capability)
    drafts = [draw(round_, position, seeding, capability) for position in range(round_.requests)]
    requests = [
        Request(
            prompt_id=round_.name(position),
            teacher_id=writer.teacher_id,
            text=writer.render(capability.writing_request(drafted)),
            params=params,
            epoch=0,
        )
        for position, drafted in enumerate(drafts)
    ]
    return tuple(
        WritingRequest(
            name=request.prompt_id,
            opened=round_.opened,
            request_id=request.request_id,
            text=request.text,
            teacher_id=request.teacher_id,
            replies=seeding.replies_per_request,
            parents=tuple(prompt.prompt_id for prompt in drafted.examples),
            topic=drafted.topic,
            difficulty=drafted.difficulty,
            form=drafted.form,
        )
        for request, drafted in zip(requests, drafts, strict=True)
    )
