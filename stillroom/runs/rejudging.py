"""Samples whose verdicts another verifier gave: judged again by the one that counts now, without a teacher.

A verifier's identity holds its limits and its image. So a run whose recipe has changed its limits, or whose image was
made anew, may have shards that are done and no verdict that counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake, Row
from stillroom.records import ID_DIGITS, Answer, Prompt, Verdict, Verifier
from stillroom.runs.opening import Run
from stillroom.runs.planning import pool
from stillroom.runs.rows import verdict_row

_UNJUDGED = """
SELECT sample_id, prompt_id, shard, answer, extraction_problem FROM lake.samples s
WHERE run_id = $run AND NOT EXISTS (
    SELECT 1 FROM lake.verdicts v WHERE v.run_id = s.run_id AND v.sample_id = s.sample_id AND v.verifier_id = $verifier)
ORDER BY shard, prompt_id, sample_index
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """A sample without a verdict of ``verifier``, and the prompt whose check judges it."""

    prompt: Prompt
    sample: Mapping[str, Any]
    verifier: Verifier


def unjudged(lake: Lake, run: Run, verifiers: Sequence[Verifier]) -> list[Unjudged]:
    """The run's samples that lack a verdict of one of the verifiers that count."""
    found = [
        (verifier, row)
        for verifier in verifiers
        for row in lake.rows(_UNJUDGED, {"run": run.run_id, "verifier": verifier.verifier_id})
    ]
    prompts = {one.prompt_id: one for one in pool(lake, run.recipe.dataset)} if found else {}
    return [Unjudged(prompt=prompts[row["prompt_id"]], sample=row, verifier=verifier) for verifier, row in found]


async def judged(one: Unjudged, calibrations: Mapping[str, str]) -> Row:
    """Judge one sample; returns its row of ``verdicts``.

    Args:
        one: the sample.
        calibrations: by verifier_id, the calibration that the verdict names.

    Raises:
        SandboxError: nothing is known about the sample.
    """
    answer = Answer(text=one.sample["answer"], problem=one.sample["extraction_problem"])
    verdict = Verdict(
        sample_id=one.sample["sample_id"],
        check_id=one.prompt.check_id,
        verifier=one.verifier.name,
        verifier_id=one.verifier.verifier_id,
        image_digest=one.verifier.image_digest,
        judgement=await one.verifier.judge(one.prompt.check, answer),
        calibration_id=calibrations.get(one.verifier.verifier_id, ""),
    )
    return {**verdict_row(verdict), "shard": one.sample["shard"]}


def rejudging_key(rows: Sequence[Row]) -> str:
    """Commit key of some such verdicts."""
    names = sorted(f"{row['sample_id']}:{row['check_id']}:{row['verifier_id']}" for row in rows)
    return f"rejudged:{fingerprint(names, length=ID_DIGITS)}"
