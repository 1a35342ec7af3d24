"""Samples whose verdicts another verifier gave, or other tests: judged again by what counts now, without a teacher.

A verifier's identity holds its limits and its image, a check's its tests. So a run whose recipe has changed its limits,
whose image was made anew or whose prompts' tests were corrected may have shards that are done and no verdict that
counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake, Row
from stillroom.records import ID_DIGITS, Answer, Judgement, Prompt, Verdict, Verifier
from stillroom.runs.opening import Run
from stillroom.runs.planning import pool
from stillroom.runs.rows import verdict_row
from stillroom.unjudged import judge_one

_NEWEST_VERDICTS = """
SELECT s.sample_id, s.prompt_id, v.check_id, v.judged_at
FROM lake.samples s LEFT JOIN (
    SELECT sample_id, arg_max(check_id, created_at) AS check_id, max(created_at) AS judged_at FROM lake.verdicts
    WHERE run_id = $run AND verifier_id = $verifier GROUP BY sample_id
) v USING (sample_id)
WHERE s.run_id = $run ORDER BY s.shard, s.prompt_id, s.sample_index
"""
_ANSWERS = """
SELECT sample_id, shard, answer, extraction_problem FROM lake.samples
WHERE run_id = $run AND sample_id IN (SELECT unnest($ids))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """A sample without a verdict that ``verifier`` gave by its prompt's present check, and that prompt.

    Attributes:
        judged_at: when the verdict was committed that counts no more; None where there is none.
    """

    prompt: Prompt
    sample: Mapping[str, Any]
    verifier: Verifier
    judged_at: datetime | None

    @property
    def answer(self) -> Answer:
        """What is judged of the sample."""
        return Answer(text=self.sample["answer"], problem=self.sample["extraction_problem"])


def unjudged(lake: Lake, run: Run, verifiers: Sequence[Verifier]) -> list[Unjudged]:
    """The run's samples whose newest verdict of a verifier that counts is not by the pool's present check, or lacks."""
    prompts = {one.prompt_id: one for one in pool(lake, run.recipe.dataset)}
    found = [
        (verifier, row)
        for verifier in verifiers
        for row in lake.rows(_NEWEST_VERDICTS, {"run": run.run_id, "verifier": verifier.verifier_id})
        if row["check_id"] != prompts[row["prompt_id"]].check_id
    ]
    ids = sorted({row["sample_id"] for _, row in found})
    answers = {row["sample_id"]: row for row in lake.rows(_ANSWERS, {"run": run.run_id, "ids": ids})} if ids else {}
    return [
        Unjudged(
            prompt=prompts[row["prompt_id"]],
            sample=answers[row["sample_id"]],
            verifier=verifier,
            judged_at=row["judged_at"],
        )
        for verifier, row in found
    ]


async def judged(one: Unjudged, calibrations: Mapping[str, str]) -> Row:
    """Judge one sample; returns its row of ``verdicts``.

    Args:
        one: the sample.
        calibrations: by verifier_id, the calibration that the verdict names.

    Raises:
        Unjudgeable: nothing is known about the sample; others can be judged.
        SandboxError: nothing is known about any sample.
    """
    return row_of(one, await judge_one(one.verifier, one.prompt.check, one.answer), calibrations)


def row_of(one: Unjudged, judgement: Judgement, calibrations: Mapping[str, str]) -> Row:
    """The row of ``verdicts`` that says so of a sample; ``calibrations`` as in ``judged``."""
    verdict = Verdict(
        sample_id=one.sample["sample_id"],
        check_id=one.prompt.check_id,
        verifier=one.verifier.name,
        verifier_id=one.verifier.verifier_id,
        image_digest=one.verifier.image_digest,
        judgement=judgement,
        calibration_id=calibrations.get(one.verifier.verifier_id, ""),
    )
    return {**verdict_row(verdict), "shard": one.sample["shard"]}


def rejudging_key(run: Run, some: Sequence[Unjudged]) -> str:
    """Commit key of some such verdicts.

    It names the run, since other datasets may have samples of the same ids, and the verdicts that these replace, since
    tests that were changed and changed back are judged by once more.
    """
    names = sorted(
        f"{one.sample['sample_id']}:{one.prompt.check_id}:{one.verifier.verifier_id}:{one.judged_at}" for one in some
    )
    return f"rejudged:{run.run_id}:{fingerprint(names, length=ID_DIGITS)}"
