"""From a run's samples to a decision about each: they are judged, their tests settled and measured, then curated.

And from there to the publication of what was kept.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from stillroom.errors import NotJudged, Overtaken
from tasks.verification import judge_again, measure_tests, settle_tests
from tasks.workshop import workshop

Published = TypeVar("Published")
# Decides about a run of which these samples could not be judged, each with why; returns the decision.
Curate = Callable[[str, Mapping[str, str]], Awaitable[str]]


async def decided(run_id: str, curate: Curate) -> tuple[int, str]:
    """Judge what lacks a verdict that counts, then ``curate``; returns how many verdicts that took, and the decision.

    A sample that cannot be judged, and was tried here, is decided about as that. A shard that its run was published
    without may be committed in between, with the verdicts of when it began: another verification may count since. Then
    all is done once more, as long as that brings verdicts.

    Raises:
        NotJudged: samples came meanwhile whenever the others had been judged.
        SandboxError: the sandbox failed for good.
    """
    judged, was_refused = 0, False
    while True:
        found, unjudgeable = await judge_again(run_id)
        if await settle_tests(run_id):  # what the tests that are agreed on cannot be tried on has no verdict by them
            more, unjudgeable = await judge_again(run_id)
            found += more
        judged += found
        await measure_tests(run_id)
        try:
            return judged, await curate(run_id, unjudgeable)
        except NotJudged:
            if was_refused and not found:
                raise
            was_refused = True


async def decided_and_published(
    run_id: str, curate: Curate, publish: Callable[[str, str], Awaitable[Published]]
) -> tuple[int, Published]:
    """Decide about the run and ``publish`` that; returns how many verdicts it took, and what ``publish`` gives.

    Another dataset that the run is compared with may publish in between. Then it is decided once more, and no oftener:
    where datasets are compared with each other and all publish at once, somebody has to come later.

    Raises:
        Overtaken: others have published in between both times.
        NotJudged: samples came meanwhile whenever the others had been judged.
        SandboxError: the sandbox failed for good.
        GateError: what was kept must not be published.
    """
    judged, curation_id = await decided(run_id, curate)
    try:
        return judged, await publish(run_id, curation_id)
    except Overtaken as error:
        workshop().watcher.say(f"{run_id} is decided about once more: {error}")
        more, curation_id = await decided(run_id, curate)
        return judged + more, await publish(run_id, curation_id)
