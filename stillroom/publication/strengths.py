"""How strong the tests of a run's prompts were measured to be, in a few figures."""

from datetime import datetime
from typing import Any

from stillroom.lake import Lake

_BY_ORIGIN = """
WITH here AS (  -- in the run's dataset: another may have the same task from elsewhere, with other tests
    SELECT prompt_id, check_id, origin, created_at FROM lake.prompts
    WHERE run_id IN (SELECT run_id FROM lake.runs WHERE dataset IN (SELECT dataset FROM lake.runs WHERE run_id = $run))
      AND prompt_id IN (SELECT prompt_id FROM lake.shards WHERE run_id = $run AND ($at IS NULL OR created_at <= $at))
), newest AS (
    SELECT * FROM lake.test_strengths
    WHERE check_id IN (SELECT check_id FROM here) AND ($at IS NULL OR created_at <= $at)
      AND ($measure IS NULL OR measure_id = $measure)
    QUALIFY row_number() OVER (PARTITION BY prompt_id ORDER BY created_at DESC) = 1
), origins AS (
    SELECT prompt_id, arg_min(origin, created_at) AS origin FROM here GROUP BY prompt_id
)
SELECT o.origin, count(*) AS prompts, round(avg(t.strength), 3) AS mean_strength, min(t.strength) AS least_strength,
       count(*) FILTER (t.strength >= $minimum) AS strong_enough, count(*) FILTER (t.trivial_passes > 0) AS trivial,
       sum(t.mutants)::BIGINT AS mutants, sum(t.killed)::BIGINT AS killed, sum(t.set_aside)::BIGINT AS set_aside,
       round(sum(t.set_aside) / greatest(sum(t.mutants), 1), 4) AS share_set_aside
FROM newest t JOIN origins o USING (prompt_id) GROUP BY o.origin ORDER BY o.origin
"""


_MEASURE = """
SELECT nullif(arg_max_null(measure_id, created_at), '') AS measure_id FROM lake.selections
WHERE run_id = $run AND ($at IS NULL OR created_at <= $at)
"""


def strengths_of_run(
    lake: Lake, run_id: str, minimum: float | None, *, at: datetime | None = None
) -> list[dict[str, Any]]:
    """One row for each origin of the run's prompts: prompts measured, mean and least strength, counts of mutants.

    ``trivial`` counts prompts whose tests a solution passes that understands nothing; ``share_set_aside`` is the part
    of all mutants that was taken for equivalent. Nothing where nothing was measured. The measure is the one that the
    run's newest curation counted: under other limits, or in another image, others may stand beside it. ``at``: as it
    was then (UTC), else now.
    """
    if not lake.holds("test_strengths"):
        return []
    measure_id = None  # of curations that counted none, or of an earlier Stillroom, which wrote down none
    if lake.holds("selections", "measure_id"):
        measure_id = lake.rows(_MEASURE, {"run": run_id, "at": at})[0]["measure_id"]
    return lake.rows(_BY_ORIGIN, {"run": run_id, "minimum": minimum or 0.0, "at": at, "measure": measure_id})
