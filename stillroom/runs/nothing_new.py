"""Why a run that was decided about brought nothing new, in words."""

from stillroom.lake import Lake

_COUNTED = """
SELECT count(*) AS samples, count(*) FILTER (gate IN ('published', 'kept')) AS published,
       count(*) FILTER (gate NOT IN ('published', 'kept', 'verification')) AS passed,
       count(*) FILTER (ends_with(gate, 'duplicate')) AS duplicates,
       count(*) FILTER (gate = 'verification' AND reason = 'unjudged') AS unjudged
FROM lake.current_selections WHERE run_id = ?
"""  # gates and reason as `curation/decisions.py` names them, whose imports take too long for commands that only look


_PUBLISHED = "SELECT 1 FROM lake.snapshots WHERE name = ? LIMIT 1"


def unjudged_at_first(lake: Lake, run_id: str, dataset: str) -> int:
    """How many of the run's samples could not be judged, where nothing of the dataset is published; else 0.

    They are all that the dataset has been paid for: the next build goes on with the run, and judges them first.
    """
    return 0 if lake.rows(_PUBLISHED, [dataset]) else lake.rows(_COUNTED, [run_id])[0]["unjudged"]


def why_nothing_new(lake: Lake, run_id: str) -> str:
    """What became of the run's samples, of which none is a new example: a clause to put after a colon."""
    found = lake.rows(_COUNTED, [run_id])[0]
    passed, duplicates = found["passed"], found["duplicates"]
    if not found["samples"]:
        return "it has no samples"
    if not passed:
        why = "what passed of it is published already" if found["published"] else "none of its samples passed"
        return why + (f", and {found['unjudged']:,} could not be judged" if found["unjudged"] else "")
    if duplicates == passed:
        which = "all others" if found["published"] else f"all {passed:,} samples"
        return f"{which} that passed are duplicates of what is published, or of tables that it is compared with"
    return f"of {passed:,} samples that passed, {duplicates:,} are duplicates, and other gates dropped the rest"
