"""From a run's samples to a decision about each: they are judged, their tests settled and measured, then curated."""

from collections.abc import Awaitable, Callable

from stillroom.errors import NotJudged
from tasks.verification import judge_again, measure_tests, settle_tests


async def decided(run_id: str, curate: Callable[[str], Awaitable[str]]) -> tuple[int, str]:
    """Judge what lacks a verdict that counts, then ``curate``; returns how many verdicts that took, and the decision.

    A shard that its run was published without may be committed in between, with the verdicts of when it began: another
    verification may count since. Then all is done once more, as long as that brings verdicts.

    Raises:
        NotJudged: samples cannot be judged.
        SandboxError: the sandbox failed for good.
    """
    judged, was_refused = 0, False
    while True:
        found = await judge_again(run_id)
        judged += found
        await settle_tests(run_id)
        await measure_tests(run_id)
        try:
            return judged, await curate(run_id)
        except NotJudged:
            if was_refused and not found:
                raise
            was_refused = True
