"""Prompts without a reference whose tests are candidates: what samples and tests agree on, and verdicts by it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stillroom.errors import Unjudgeable
from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake, Row
from stillroom.records import ID_DIGITS, Answer, Judgement, Outcome, Prompt, Verdict, Verifier, teacher_name
from stillroom.runs.opening import Run
from stillroom.runs.planning import AGREED, pool
from stillroom.runs.rows import prompt_row, verdict_row
from stillroom.unjudged import judge_one
from verifiers.agreement import Written, agree
from verifiers.single_tests import single_tests

RULE = "agreement@2"  # how tests are taken apart and who is believed: a change there settles anew
NO_AGREEMENT = "tests:no-agreement"
_OF_THE_ANSWER_ALONE = ("syntax", "source-limit")  # reasons to fail that no test has a part in

_SAMPLES = """
SELECT sample_id, prompt_id, shard, teacher_id, answer, extraction_problem FROM lake.samples
WHERE run_id = $run AND prompt_id IN (SELECT unnest($ids))
ORDER BY prompt_id, sample_index, sample_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """A prompt whose tests nobody vouches for, and its samples in a run as rows of ``samples``."""

    run_id: str
    prompt: Prompt
    samples: tuple[Mapping[str, Any], ...]

    def key(self, verifier_id: str) -> str:
        """Commit key: the rule, the check, the samples and who judges decide the agreement.

        It names the run: another dataset may have samples of the same ids, and settles for itself.
        """
        ids = sorted(row["sample_id"] for row in self.samples)
        decided = fingerprint([RULE, self.prompt.check_id, verifier_id, ids], length=ID_DIGITS)
        return f"{AGREED}{self.run_id}:{decided}"


def unsettled(lake: Lake, run: Run, verifier_id: str) -> list[Unsettled]:
    """The prompts of a run without a reference, if the recipe or a model's pen makes their tests candidates.

    Those that this verifier has settled are left out.
    """
    planned = {
        row["prompt_id"]
        for row in lake.rows("SELECT DISTINCT prompt_id FROM lake.shards WHERE run_id = ?", [run.run_id])
    }
    prompts = {
        one.prompt_id: one
        for one in pool(lake, run.recipe.dataset)
        if one.prompt_id in planned
        and not one.reference
        and (one.writer_teacher or run.recipe.verification.untrusted_tests)
    }
    samples: dict[str, list[Mapping[str, Any]]] = {}
    for row in lake.rows(_SAMPLES, {"run": run.run_id, "ids": list(prompts)}) if prompts else ():
        samples.setdefault(row["prompt_id"], []).append(row)
    found = [
        Unsettled(run_id=run.run_id, prompt=prompts[id_], samples=tuple(rows))
        for id_, rows in samples.items()
        if any(row["answer"] for row in rows)
    ]
    return [one for one in found if not lake.committed(one.key(verifier_id))]


async def settled(one: Unsettled, verifier: Verifier, calibration_id: str) -> dict[str, list[Row]]:
    """Rows of ``prompts`` and ``verdicts`` where the agreement drops tests; none where it leaves all of them.

    The prompt gets a check of the tests that the best cluster passes, and all samples are judged by it.
    Where no cluster is best, the tests stay as they are and no verdict rests on them: samples abstain, but for those
    that fail whatever the tests say. Samples that the agreed tests cannot be tried on get no row, and have no part in
    the agreement where they cannot be judged by single tests either.

    Raises:
        SandboxError: nothing is known about the samples.
    """
    prompt = one.prompt
    tests = single_tests(prompt.check.tests)
    rows = [row for row in one.samples if row["answer"]]
    if len(tests.parts) == 1:  # where failing it counts, a solution that fails any test says nothing about this one
        judged = await _judged(prompt, rows, verifier)
        rows = [row for row, found in zip(rows, judged, strict=True) if found and not _fails_anyway(found)]
    solutions = [Written(text=row["answer"], teacher=teacher_name(row["teacher_id"])) for row in rows]
    written = [Written(text=test, teacher=teacher_name(prompt.writer_teacher)) for test in tests.parts]
    best = (await agree(verifier, solutions, written, prompt.check.entry_point)).best
    if best is None:
        alone = [_without_the_tests(found, len(written)) for found in await _judged(prompt, one.samples, verifier)]
        return {"verdicts": _rows(prompt, one.samples, alone, verifier, calibration_id)}
    if len(best.tests) == len(written):
        return {}
    agreed = replace(prompt, check=replace(prompt.check, tests=tests.joined(best.tests)))
    judged = await _judged(agreed, one.samples, verifier)
    return {"prompts": [prompt_row(agreed)], "verdicts": _rows(agreed, one.samples, judged, verifier, calibration_id)}


def _fails_anyway(judgement: Judgement) -> bool:
    """Whether an answer fails whatever its tests say."""
    return judgement.outcome is Outcome.FAIL and (judgement.is_artefact or judgement.reason in _OF_THE_ANSWER_ALONE)


def _without_the_tests(judgement: Judgement | None, tests: int) -> Judgement:
    """What is left of a judgement, or of none, where nobody knows which tests are right."""
    if judgement is None:
        judgement = Judgement(outcome=Outcome.ABSTAIN)
    if _fails_anyway(judgement):
        return judgement
    if tests == 1:
        detail = "the tests can only be judged together, and at most half of the solutions pass: either may be wrong"
    else:
        detail = "samples and tests agree on nothing: no cluster of solutions is worth more than the others"
    return replace(judgement, outcome=Outcome.ABSTAIN, reason=NO_AGREEMENT, detail=detail)


async def _judged(prompt: Prompt, samples: Sequence[Mapping[str, Any]], verifier: Verifier) -> list[Judgement | None]:
    """Judgements of the samples, in order; None where one cannot be judged."""
    found: list[Judgement | None] = []
    for sample in samples:
        answer = Answer(text=sample["answer"], problem=sample["extraction_problem"])
        try:
            found.append(await judge_one(verifier, prompt.check, answer))
        except Unjudgeable:
            found.append(None)
    return found


def _rows(
    prompt: Prompt,
    samples: Sequence[Mapping[str, Any]],
    judgements: Iterable[Judgement | None],
    verifier: Verifier,
    calibration_id: str,
) -> list[Row]:
    rows: list[Row] = []
    for sample, judgement in zip(samples, judgements, strict=True):
        if judgement is None:
            continue
        verdict = Verdict(
            sample_id=sample["sample_id"],
            check_id=prompt.check_id,
            verifier=verifier.name,
            verifier_id=verifier.verifier_id,
            image_digest=verifier.image_digest,
            judgement=judgement,
            calibration_id=calibration_id,
        )
        rows.append({**verdict_row(verdict), "shard": sample["shard"]})
    return rows
