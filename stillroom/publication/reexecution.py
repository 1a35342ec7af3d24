"""Obtains the verdicts of a snapshot's members again, and says where they differ from those it was published on."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stillroom import errors
from stillroom.publication.standing import StandingVerdict
from stillroom.records import Verifier
from stillroom.unjudged import judge_one

AT_ONCE = 100  # members that are judged together; the sandbox queues what it has no slot for


@dataclass(frozen=True, slots=True, kw_only=True)
class Reexecuted:
    """A member that was judged again, or was to be.

    Attributes:
        outcome: "" where it was not judged; ``detail`` says why.
        verifier_id: of the verifier as it is now; "" where there is none at hand.
    """

    stored: StandingVerdict
    outcome: str
    reason: str
    detail: str
    verifier_id: str
    image_digest: str

    @property
    def is_same(self) -> bool:
        """Whether outcome and reason are what they were."""
        return (self.outcome, self.reason) == (self.stored.outcome, self.stored.reason)


async def reexecute(
    stored: Sequence[StandingVerdict], verifiers: Sequence[Verifier], progress: Callable[[int, int], None]
) -> list[Reexecuted]:
    """Judge members again, each by the verifier of its name, in whichever version that is now.

    A member that its verifier cannot judge, or whose verifier is not at hand, has no outcome. Nor have those that are
    left when the sandbox fails for good.

    Args:
        stored: the members.
        verifiers: as they are now.
        progress: called with (looked at so far, all).
    """
    by_name = {one.name.partition("@")[0]: one for one in verifiers}
    failed: list[errors.SandboxError] = []

    async def judge(one: StandingVerdict) -> Reexecuted:
        verifier = by_name.get(one.verifier.partition("@")[0])
        if verifier is None:
            at_hand = ", ".join(one.name for one in verifiers)
            return not_judged(one, f"it was passed by {one.verifier}, which is not at hand; there are: {at_hand}")
        if failed:
            return not_judged(one, _failure(failed[0]), verifier)
        try:
            judgement = await judge_one(verifier, one.check, one.answer)
        except errors.Unjudgeable as error:
            return not_judged(one, str(error), verifier)
        except errors.SandboxError as error:
            failed.append(error)
            return not_judged(one, _failure(failed[0]), verifier)
        return _reexecuted(one, verifier, judgement.outcome.value, judgement.reason, judgement.detail)

    result: list[Reexecuted] = []
    for start in range(0, len(stored), AT_ONCE):
        result += await asyncio.gather(*(judge(one) for one in stored[start : start + AT_ONCE]))
        progress(len(result), len(stored))
    return result


def not_judged(stored: StandingVerdict, why: str, verifier: Verifier | None = None) -> Reexecuted:
    """What is told of a member that there is no verdict of now."""
    return _reexecuted(stored, verifier, "", "", why)


def _failure(error: errors.SandboxError) -> str:
    return f"the sandbox failed: {error}"


def _reexecuted(
    stored: StandingVerdict, verifier: Verifier | None, outcome: str, reason: str, detail: str
) -> Reexecuted:
    return Reexecuted(
        stored=stored,
        outcome=outcome,
        reason=reason,
        detail=detail,
        verifier_id=verifier.verifier_id if verifier else "",
        image_digest=verifier.image_digest if verifier else "",
    )
