"""Obtains the verdicts of a snapshot's members again, and says where they differ from those it was published on."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stillroom import errors
from stillroom.lake import Lake
from stillroom.publication.publish import Snapshot, published_at
from stillroom.recipe import Verification
from stillroom.records import Answer, Check, Verifier
from stillroom.runs import load_run
from stillroom.unjudged import judge_one

AT_ONCE = 100  # members that are judged together; the sandbox queues what it has no slot for
_STANDING = """
WITH runs AS (
    SELECT DISTINCT run_id FROM lake.runs WHERE dataset = $name
), published AS (  -- as this dataset had it then: another may have published the same example, or this one once more
    SELECT * FROM lake.examples SEMI JOIN runs USING (run_id) WHERE created_at <= $at
    QUALIFY row_number() OVER (PARTITION BY example_id ORDER BY created_at DESC) = 1
), standing AS (  -- nothing is published but passes, so a later verdict that is none is one that no version stands on
    SELECT * FROM lake.verdicts WHERE created_at <= $at
    QUALIFY row_number() OVER (
        PARTITION BY run_id, sample_id, verifier_id ORDER BY outcome = 'pass' DESC, created_at DESC) = 1
)
SELECT m.example_id, e.sample_id, e.run_id, e.created_at AS published_at, e.verifier, e.verifier_id,
       s.answer, s.extraction_problem, v.outcome, v.reason, v.image_digest, p.tests, p.entry_point,
       CASE WHEN e.example_id IS NULL THEN 'the lake has no row of it in examples'
            WHEN coalesce(e.verifier_id, '') = '' THEN 'the lake does not say which verifier passed it'
            WHEN s.sample_id IS NULL THEN 'the lake has no row of its sample'
            WHEN v.sample_id IS NULL THEN 'the lake has no verdict of the verifier that passed it, ' || e.verifier_id
            WHEN p.check_id IS NULL THEN 'the lake has no prompt with the tests of its verdict, ' || v.check_id
            ELSE '' END AS lacks
FROM lake.snapshot_members m
LEFT JOIN published e ON e.example_id = m.example_id
LEFT JOIN lake.samples s ON s.sample_id = e.sample_id AND s.run_id = e.run_id AND s.shard = e.shard
LEFT JOIN standing v ON v.run_id = e.run_id AND v.sample_id = e.sample_id AND v.verifier_id = e.verifier_id
LEFT JOIN (SELECT * FROM lake.prompts QUALIFY row_number() OVER (PARTITION BY check_id ORDER BY created_at) = 1) p
    ON p.check_id = v.check_id
WHERE m.name = $name AND m.version = $version ORDER BY m.example_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingVerdict:
    """A member of a snapshot, and the verdict by which it was published.

    Attributes:
        run_id: the run that published it.
        published_at: when that was (UTC), since it may have been judged otherwise before and since.
    """

    example_id: str
    sample_id: str
    run_id: str
    published_at: datetime
    check: Check
    answer: Answer
    verifier: str
    verifier_id: str
    image_digest: str
    outcome: str
    reason: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudgeable:
    """A member that cannot be judged again.

    Attributes:
        sample_id: "" where the lake does not say.
        lacks: what the lake lacks for it, for a person.
    """

    example_id: str
    sample_id: str
    lacks: str


def standing_verdicts(lake: Lake, snapshot: Snapshot) -> list[StandingVerdict]:
    """The verdicts that a snapshot stands on, one for each member but for the ``unjudgeable`` ones."""
    return [
        StandingVerdict(
            check=Check(tests=row.pop("tests"), entry_point=row.pop("entry_point")),
            answer=Answer(text=row.pop("answer"), problem=row.pop("extraction_problem")),
            **row,
        )
        for row in _members(lake, snapshot)
        if not row.pop("lacks")
    ]


def by_verification(lake: Lake, stored: Sequence[StandingVerdict]) -> list[tuple[Verification, list[StandingVerdict]]]:
    """Members with the verification under which each was published: runs of one dataset may have different ones.

    Raises:
        LakeError: what a run was recorded with then is no recipe.
    """
    members: dict[tuple[str, datetime], list[StandingVerdict]] = {}
    for one in stored:
        members.setdefault((one.run_id, one.published_at), []).append(one)
    found: dict[str, tuple[Verification, list[StandingVerdict]]] = {}
    for (run_id, published), some in members.items():
        verification = load_run(lake, run_id, at=published).recipe.verification
        found.setdefault(verification.model_dump_json(), (verification, []))[1].extend(some)
    return [*found.values()]


def unjudgeable(lake: Lake, snapshot: Snapshot) -> list[Unjudgeable]:
    """The members of which the lake does not hold all that is needed to obtain their verdict again."""
    return [
        Unjudgeable(example_id=row["example_id"], sample_id=row["sample_id"] or "", lacks=row["lacks"])
        for row in _members(lake, snapshot)
        if row["lacks"]
    ]


def _members(lake: Lake, snapshot: Snapshot) -> list[dict[str, Any]]:
    """Every member with the verdict that counted when the snapshot was published, and what the lake lacks of it."""
    asked = {"name": snapshot.name, "version": snapshot.version, "at": published_at(lake, snapshot)}
    return lake.rows(_STANDING, asked)


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
