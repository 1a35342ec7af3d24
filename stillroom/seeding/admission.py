"""Which proposed tasks become prompts: each reply gets exactly one ruling, in request order."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from stillroom.capabilities import Capability, Proposal, Rejection
from stillroom.errors import Defect, Unjudgeable
from stillroom.recipe import Seeding
from stillroom.records import Answer, Check, Completion, FinishReason, Origin, Outcome, Prompt, Verifier
from stillroom.seeding.novelty import NoveltyPool
from stillroom.seeding.plan import Round, WritingRequest
from stillroom.unjudged import judge_one
from verifiers.agreement import disowned

UNJUDGED = "unjudged"  # the reason of a reply that its verifiers were tried on in vain


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A writer's reply and what it was a reply to."""

    position: int
    asked: WritingRequest
    completion: Completion


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The fate of one reply: a prompt, or the reason why none came of it.

    Attributes:
        verifier_ids: whose word it rests on; empty where nobody's, as where the sandbox was lost at the reply.
    """

    proposed: Proposed
    prompt: Prompt | None
    reason: str = ""
    detail: str = ""
    verifier_ids: tuple[str, ...] = ()


async def rule(
    proposed: Sequence[Proposed],
    round_: Round,
    *,
    seeding: Seeding,
    capability: Capability,
    verifiers: Sequence[Verifier],
    observe: Callable[[int, int], None] = lambda examined, replies: None,
) -> list[Ruling]:
    """Rule on the replies of a round, in order.

    The gates, first to last: nothing that the request showed is withheld now; the reply is whole and well-formed; the
    writer's own solution passes enough of its tests, and only those tests are kept; no trivial answer passes the kept
    tests; the task is new: no task in the pool, and none admitted before it in this round, has a ROUGE-L F1 of
    ``max_rouge_l`` or more with it. A reply that cannot be judged, where others can, is ruled on again later
    (``runs/ruling_again.py``).

    Args:
        proposed: the replies, in order.
        round_: the round, with its pool.
        seeding: the recipe's section.
        capability: how tasks are read.
        verifiers: judge whether a task's own solution passes its tests.
        observe: called with (replies examined so far, replies) after every one.

    Raises:
        SandboxError: the sandbox failed, and not at one reply alone, so nothing is known about any.
    """
    done = 0

    async def seen(one: Proposed) -> Ruling:
        nonlocal done
        ruling = await _examine(one, round_, seeding, capability, verifiers)
        done += 1
        observe(done, len(proposed))
        return ruling

    examined = await asyncio.gather(*map(seen, proposed))
    known = {prompt.prompt_id for prompt in round_.pool}
    novelty = NoveltyPool((prompt.prompt_id, prompt.task) for prompt in round_.pool)
    return [_admit(ruling, novelty, known, seeding.max_rouge_l) for ruling in examined]


async def _examine(
    proposed: Proposed, round_: Round, seeding: Seeding, capability: Capability, verifiers: Sequence[Verifier]
) -> Ruling:
    """All gates that look at one reply alone."""
    if withheld := [shown for shown in proposed.asked.parents if shown in round_.withheld]:
        detail = f"the writer was shown what was retracted since: {', '.join(withheld)}"
        return Ruling(proposed=proposed, prompt=None, reason="withheld", detail=detail)
    if proposed.completion.finish_reason is FinishReason.LENGTH:
        return Ruling(proposed=proposed, prompt=None, reason="truncated")
    read = capability.read_proposal(proposed.completion.text, min_checks=seeding.min_tests)
    if isinstance(read, Rejection):
        return Ruling(proposed=proposed, prompt=None, reason=read.reason, detail=read.detail)
    prompt = _as_prompt(read, proposed, round_.number, capability)
    by = identities(verifiers)
    try:
        return replace(await _proven(prompt, proposed, seeding, capability, verifiers), verifier_ids=by)
    except Defect as error:
        return Ruling(proposed=proposed, prompt=None, reason=UNJUDGED, detail=str(error), verifier_ids=by)
    except Unjudgeable as error:  # where there is more memory the sandbox may hold it, so that is nobody's word
        return Ruling(proposed=proposed, prompt=None, reason=UNJUDGED, detail=str(error))


def identities(verifiers: Sequence[Verifier]) -> tuple[str, ...]:
    """The verifiers' ids, in an order that says nothing."""
    return tuple(sorted(one.verifier_id for one in verifiers))


async def _proven(
    prompt: Prompt, proposed: Proposed, seeding: Seeding, capability: Capability, verifiers: Sequence[Verifier]
) -> Ruling:
    """The gates for which a program runs.

    Raises:
        Defect: a verifier cannot judge the task's own solution, or a trivial answer, by one of its tests.
        Unjudgeable: the sandbox is lost at one of these programs, and runs others.
        SandboxError: the sandbox failed.
    """
    kept = await _consistent_tests(prompt, capability, verifiers)
    offered = prompt.check.tests.splitlines()
    if len(kept) < seeding.min_tests or 2 * len(kept) < len(offered):
        detail = f"the writer's own solution passes {len(kept)} of its {len(offered)} tests"
        return Ruling(proposed=proposed, prompt=None, reason="reference:fails-its-tests", detail=detail)
    prompt = replace(prompt, check=replace(prompt.check, tests="\n".join(kept)))
    for trivial in capability.trivial_answers(prompt):
        if await _passes(prompt.check, trivial.text, verifiers):
            return Ruling(proposed=proposed, prompt=None, reason="tests:trivial", detail=f"passed by: {trivial.text}")
    return Ruling(proposed=proposed, prompt=prompt)


def _admit(ruling: Ruling, novelty: NoveltyPool, known: set[str], limit: float) -> Ruling:
    """The gates that look at the pool, which grows with every admission."""
    prompt = ruling.prompt
    if prompt is None:
        return ruling
    if prompt.prompt_id in known:
        return replace(ruling, prompt=None, reason="duplicate", detail=prompt.prompt_id)
    nearest = novelty.nearest(prompt.task)
    if nearest.score >= limit:
        detail = f"ROUGE-L {nearest.score:.3f} with {nearest.id}"
        return replace(ruling, prompt=None, reason="too-similar", detail=detail)
    novelty.add(prompt.prompt_id, prompt.task)
    known.add(prompt.prompt_id)
    return replace(ruling, prompt=replace(prompt, nearest_prompt_id=nearest.id, nearest_score=nearest.score))


def _as_prompt(read: Proposal, proposed: Proposed, number: int, capability: Capability) -> Prompt:
    return Prompt(
        capability=capability.name,
        task=read.task,
        check=read.check,
        reference=read.reference,
        origin=Origin.WRITTEN,
        topic=proposed.asked.topic,
        difficulty_asked=proposed.asked.difficulty,
        form=proposed.asked.form,
        parents=proposed.asked.parents,
        writer_teacher=proposed.asked.teacher_id,
        writing_round=number,
        writing_request=proposed.position,
    )


async def _consistent_tests(prompt: Prompt, capability: Capability, verifiers: Sequence[Verifier]) -> list[str]:
    """The tests that the writer's own best solution, the one it gave, passes, each judged alone."""
    reference = capability.reference_answer(prompt).text
    tests = prompt.check.tests.splitlines()
    passing = await asyncio.gather(
        *(_passes(replace(prompt.check, tests=test), reference, verifiers) for test in tests)
    )
    passed = frozenset(place for place, passes in enumerate(passing) if passes)
    dropped = disowned([passed], [prompt.writer_teacher], [prompt.writer_teacher] * len(tests))
    return [test for place, test in enumerate(tests) if place not in dropped]


async def _passes(check: Check, answer: str, verifiers: Sequence[Verifier]) -> bool:
    judgements = [await judge_one(verifier, check, Answer(text=answer)) for verifier in verifiers]
    return all(judgement.outcome is Outcome.PASS for judgement in judgements)
