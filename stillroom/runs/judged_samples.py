"""The samples of a run that is to be decided about, with all that decisions hang on but other texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stillroom.capabilities import find_capability
from stillroom.curation.decisions import UNJUDGED
from stillroom.curation.preference import prefers
from stillroom.curation.selection import Candidate
from stillroom.errors import NotJudged
from stillroom.lake import Lake
from stillroom.records import Prompt, teacher_name
from stillroom.runs.decontaminating import Decontaminated
from stillroom.runs.filtering import Filtered
from stillroom.runs.measuring import is_measured, weakness
from stillroom.runs.opening import Run
from stillroom.runs.placing import diversity_scores
from stillroom.runs.planning import pool
from stillroom.runs.retracting import Cause, retracted_samples
from stillroom.runs.rows import money
from stillroom.unjudged import defect_of

_CANDIDATES = """
WITH tried AS (  -- in vain, and by which check a verdict would count
    SELECT unnest($tried::VARCHAR[]) AS sample_id, unnest($checks::VARCHAR[]) AS check_id
), newest AS (
    SELECT * FROM lake.verdicts WHERE run_id = $run AND verifier_id IN (SELECT unnest($verifiers))
    QUALIFY row_number() OVER (PARTITION BY sample_id, verifier_id ORDER BY created_at DESC) = 1
), judged AS (
    SELECT n.sample_id,
           CASE WHEN bool_or(outcome = 'fail') THEN 'fail' WHEN bool_or(outcome = 'abstain') THEN 'abstain'
                WHEN count(*) < len($verifiers) THEN $unjudged ELSE 'pass' END AS outcome,
           arg_min(n.check_id, place) AS check_id, arg_min(reason, place) AS reason, arg_min(detail, place) AS detail
    FROM (
        SELECT *, CASE outcome WHEN 'fail' THEN '0' WHEN 'abstain' THEN '1' ELSE '2' END || verifier_id AS place
        FROM newest) n LEFT JOIN tried t ON t.sample_id = n.sample_id
    WHERE t.sample_id IS NULL OR t.check_id = n.check_id
    GROUP BY n.sample_id  -- one that lacks a verifier's is not judged, but for what was tried in vain
    HAVING count(*) = len($verifiers) OR n.sample_id IN (SELECT sample_id FROM tried)
)
SELECT s.sample_id, s.prompt_id, s.sample_index, s.shard, s.answer, s.teacher_id, s.prompt_tokens,
       s.completion_tokens, coalesce(epoch(s.answered_at), 0) AS answered_at,
       coalesce(j.outcome, $unjudged) AS outcome, j.reason, j.detail,
       j.check_id, e.sample_id IS NOT NULL AS is_published, coalesce(r.kind <> 'verdict', false) AS went_retracted,
       t.strength, t.mutants, t.killed, t.set_aside, t.trivial_passes, t.trivial_pass, t.survivors, t.problem
FROM lake.samples s LEFT JOIN judged j USING (sample_id)
LEFT JOIN (SELECT DISTINCT sample_id FROM lake.published_members WHERE name = $dataset) e ON e.sample_id = s.sample_id
LEFT JOIN (SELECT sample_id, arg_max(kind, created_at) AS kind FROM lake.removals WHERE name = $dataset
           GROUP BY sample_id) r ON r.sample_id = s.sample_id
LEFT JOIN (SELECT * FROM lake.test_strengths WHERE measure_id = $measure
           QUALIFY row_number() OVER (PARTITION BY check_id ORDER BY created_at DESC) = 1) t ON t.check_id = j.check_id
WHERE s.run_id = $run AND (j.sample_id IS NOT NULL OR s.sample_id IN (SELECT sample_id FROM tried))
ORDER BY s.shard, s.prompt_id, s.sample_index
"""
_PROMPTS_OF = "SELECT sample_id, prompt_id FROM lake.samples WHERE run_id = $run AND sample_id IN (SELECT unnest($ids))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """All samples of a run.

    Attributes:
        rows: one a sample, with its answer, how the verifiers judged it, and whether it is published and stays.
        weak: by sample, why its prompt's tests are too weak, or "".
        retracted: by sample, why it is taken out, where it is.
        unpublished: samples that were published and do not stay.
        paid: by sample what it cost.
        scores: by sample, as of ``diversity_scores``.
        by_merit: whether strengths and prices decide.
    """

    rows: Sequence[dict[str, Any]]
    weak: Mapping[str, str]
    retracted: Mapping[str, Cause]
    unpublished: Sequence[str]
    paid: Mapping[str, float]
    scores: Mapping[str, float | None]
    by_merit: bool

    @property
    def identity(self) -> list[str]:
        """All of it that decides, a sample at a time, and by what it is explained."""
        return sorted(
            f"{row['sample_id']}:{row['outcome']}:{row['is_published']}:{self.weak[row['sample_id']]}{_explained(row)}"
            + (f":{self.retracted[row['sample_id']]}" if row["sample_id"] in self.retracted else "")
            + (f":{row['strength']}:{self.paid[row['sample_id']]}" if self.by_merit else "")
            + (f":{self.scores[row['sample_id']]}" if row["sample_id"] in self.scores else "")
            for row in self.rows
        )

    @property
    def answers(self) -> list[str]:
        """All answers that may be kept and are not yet published."""
        return [row["answer"] for row in self._open]

    @property
    def prompt_ids(self) -> list[str]:
        """The prompts of these answers, each once."""
        return [*dict.fromkeys(row["prompt_id"] for row in self._open)]

    @property
    def _open(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["outcome"] == "pass" and not row["is_published"]]

    def candidates(
        self,
        places: Mapping[str, tuple[int, Prompt]],
        checked: Decontaminated,
        filtered_out: Mapping[str, Filtered],
    ) -> list[Candidate]:
        """The samples as they are decided about.

        Args:
            places: prompts and their ranks, by id.
            checked: what they share with benchmarks.
            filtered_out: what filters have found, by sample.
        """
        causes = {sample_id: (cause.kind, cause.cause_id) for sample_id, cause in self.retracted.items()}
        return [
            Candidate(
                sample_id=row["sample_id"],
                prompt_id=row["prompt_id"],
                sample_index=row["sample_index"],
                task=places[row["prompt_id"]][1].task,
                answer=row["answer"],
                outcome=row["outcome"],
                reason=row["reason"],
                evidence=row["detail"],
                prompt_rank=places[row["prompt_id"]][0],
                is_published=row["is_published"],
                weakness=self.weak[row["sample_id"]],
                retracted=causes.get(row["sample_id"]),
                filtered=filtered_out.get(row["sample_id"]),
                overlap=checked.overlaps.get(row["sample_id"]),
                unchecked=checked.unchecked.get(row["sample_id"]),
                strength=row["strength"],
                money=self.paid[row["sample_id"]],
                tokens=row["prompt_tokens"] + row["completion_tokens"],
                answered_at=row["answered_at"],
            )
            for row in self.rows
        ]


def judged_samples(
    lake: Lake,
    run: Run,
    verifiers: Sequence[str],
    *,
    measure_id: str = "",
    again: bool = False,
    unjudgeable: Mapping[str, str] | None = None,
) -> Judged:
    """All samples of a run, by the verdicts of these verifiers; arguments as of ``curate_run``.

    A sample that was tried in vain is ``UNJUDGED``, but where one verifier says that it does not pass. A verdict by
    tests that its prompt had before counts for no such sample.

    Raises:
        NotJudged: a sample lacks a verdict of one of them.
        RequestError: the recipe names a scorer, and no sample of the run has its score.
    """
    why = unjudgeable or {}
    checks = _present_checks(lake, run, [*why]) if why else {}
    tried = {"tried": [*checks], "checks": [*checks.values()], "unjudged": UNJUDGED}
    counting: dict[str, Any] = {"verifiers": [*verifiers], "measure": measure_id, **tried}
    rows = lake.rows(_CANDIDATES, {"run": run.run_id, "dataset": run.recipe.dataset, **counting})
    _refuse_unjudged(lake, run, len(rows), verifiers)
    for row in rows:
        if row["outcome"] == UNJUDGED:
            row["reason"], row["detail"] = UNJUDGED, why[row["sample_id"]]
    weak = _weaknesses(run, rows)
    retracted = retracted_samples(lake, run.run_id, run.recipe.dataset, verifiers)
    unpublished: list[str] = []
    for row in rows:
        is_retracted = row["sample_id"] in retracted
        if is_retracted and row["outcome"] == UNJUDGED and (row["is_published"] or row["went_retracted"]):
            row["outcome"] = "pass"  # as by the verdict of its publication: what takes it out is the retraction
        # Nothing is known against a member that cannot be judged again: it stays by the verdict that it has.
        fails = again and row["outcome"] not in ("pass", UNJUDGED)
        if row["is_published"] and (is_retracted or fails):
            row["is_published"] = False
            unpublished.append(row["sample_id"])
    return Judged(
        rows=rows,
        weak=weak,
        retracted=retracted,
        unpublished=unpublished,
        paid=_paid(run, rows),
        scores=diversity_scores(lake, run, rows),
        by_merit=prefers(run.recipe.curation.representative),  # which no stage reads
    )


def _explained(row: Mapping[str, Any]) -> str:
    """By which verdict, or which lack of one, a sample's decision is explained, where one explains it."""
    if row["outcome"] == UNJUDGED:
        return f":{defect_of(row['detail'])}"
    if row["outcome"] == "pass" or row["is_published"]:
        return ""
    return f":{row['reason']}:{row['check_id']}"


def _present_checks(lake: Lake, run: Run, sample_ids: Sequence[str]) -> dict[str, str]:
    """By sample of the run, the check that its prompt has now."""
    checks = {prompt.prompt_id: prompt.check_id for prompt in pool(lake, run.recipe.dataset)}
    rows = lake.rows(_PROMPTS_OF, {"run": run.run_id, "ids": [*sample_ids]})
    return {row["sample_id"]: checks[row["prompt_id"]] for row in rows}


def _refuse_unjudged(lake: Lake, run: Run, judged: int, verifiers: Sequence[str]) -> None:
    samples = lake.rows("SELECT count(*) AS n FROM lake.samples WHERE run_id = ?", [run.run_id])[0]["n"]
    if judged != samples:
        raise NotJudged(
            f"{samples - judged} of {samples} samples of run {run.run_id} have no verdict of {', '.join(verifiers)}, "
            "so nothing was decided. Run the same command again: it judges them first."
        )


def _weaknesses(run: Run, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """By sample, why its prompt's tests are too weak, or ""."""
    minimum = run.recipe.verification.min_test_strength
    if minimum is None or not is_measured(run.recipe, find_capability(run.recipe.capability)):
        return {row["sample_id"]: "" for row in rows}
    return {row["sample_id"]: weakness(row, minimum) for row in rows}


def _paid(run: Run, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """By sample what it cost, by its teacher's price in the recipe."""
    prices = {teacher.name: teacher.price for teacher in run.recipe.teachers}
    return {
        row["sample_id"]: money(prices[teacher_name(row["teacher_id"])], row["prompt_tokens"], row["completion_tokens"])
        for row in rows
    }
