"""What retractions mean for later work: which samples must not be published, and which prompts not be built upon."""

from collections.abc import Sequence
from dataclasses import dataclass

from stillroom.lake import Lake

_SAMPLES = """
SELECT sample_id, kind, cause_id FROM (
    SELECT s.sample_id, r.kind, r.cause_id FROM lake.samples s JOIN lake.retracted_prompts r USING (prompt_id)
    WHERE s.run_id = $run AND r.dataset = $dataset
    UNION ALL
    SELECT s.sample_id, r.kind, r.cause_id FROM lake.samples s
    JOIN lake.retractions r ON r.cause_id IN (s.teacher_id, split_part(s.teacher_id, '@', 1))
    WHERE s.run_id = $run AND r.kind = 'teacher'
    UNION ALL
    SELECT v.sample_id, r.kind, r.cause_id FROM lake.verdicts v
    JOIN lake.retractions r ON (r.kind = 'verifier' AND r.cause_id IN (v.verifier, v.verifier_id))
                            OR (r.kind = 'image' AND r.cause_id = v.image_digest)
    WHERE v.run_id = $run AND v.verifier_id IN (SELECT unnest($verifiers))
    UNION ALL  -- taken out because of a verifier or an image that counts no more
    SELECT s.sample_id, m.kind, m.cause_id FROM lake.samples s JOIN lake.removals m USING (sample_id)
    WHERE s.run_id = $run AND m.name = $dataset AND m.kind <> 'verdict'
)
QUALIFY row_number() OVER (PARTITION BY sample_id ORDER BY kind, cause_id) = 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What was retracted: ``kind`` seed, prompt, teacher, verifier or image, and its id or name."""

    kind: str
    cause_id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.cause_id}"


def retracted_samples(lake: Lake, run_id: str, dataset: str, verifier_ids: Sequence[str]) -> dict[str, Cause]:
    """By sample, why it must not be published: something that it depends on was retracted, or it was itself.

    Args:
        lake: knows the retractions.
        run_id: whose samples are asked about.
        dataset: the run's.
        verifier_ids: whose verdicts count.
    """
    if not _any(lake):
        return {}
    asked = {"run": run_id, "dataset": dataset, "verifiers": [*verifier_ids]}
    return {row["sample_id"]: Cause(kind=row["kind"], cause_id=row["cause_id"]) for row in lake.rows(_SAMPLES, asked)}


def retracted_prompts(lake: Lake, dataset: str) -> frozenset[str]:
    """Ids of the dataset's prompts whose samples can never be published, so that none are paid for.

    The view of an earlier Stillroom names no dataset; who only reads may meet it.
    """
    if not _any(lake):
        return frozenset()
    rows = lake.rows("SELECT * FROM lake.retracted_prompts")
    return frozenset(row["prompt_id"] for row in rows if row.get("dataset", dataset) == dataset)


def retracted_teacher(lake: Lake, teacher_id: str) -> str:
    """The teacher's name, or the very revision, where that was retracted; "" where it was not."""
    if not _any(lake):
        return ""
    rows = lake.rows(
        "SELECT cause_id FROM lake.retractions WHERE kind = 'teacher' AND cause_id IN ($id, split_part($id, '@', 1)) "
        "ORDER BY cause_id LIMIT 1",
        {"id": teacher_id},
    )
    return rows[0]["cause_id"] if rows else ""


def _any(lake: Lake) -> bool:
    return lake.holds("retractions") and bool(lake.rows("SELECT 1 FROM lake.retractions LIMIT 1"))
