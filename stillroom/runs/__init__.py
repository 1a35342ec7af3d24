"""Runs: opening, planning and curating builds, all by facts in the lake."""

from stillroom.runs.agreeing import settled, unsettled
from stillroom.runs.checking import refuse_unknown_words
from stillroom.runs.measuring import (
    PROMPTS_A_COMMIT,
    Unmeasured,
    is_measured,
    measured,
    measuring_cost,
    strengths_key,
    unmeasured,
    weakness,
)
from stillroom.runs.opening import Run, RunState, change_verification, close_run, load_run, open_run
from stillroom.runs.paid import abandoned_entries, committed_entries, owed_at_most, shard_journal, writing_journal
from stillroom.runs.planning import (
    FIRST_ROUND,
    first_prompts,
    import_prompts,
    plan_shards,
    pool,
    replies_in,
    rounds_done,
    sampled_prompts,
    shard_key,
    shard_prompts,
    unfinished_shards,
    written_in,
)
from stillroom.runs.rejudging import judged, rejudging_key, unjudged
from stillroom.runs.retracting import Cause, retracted_prompts
from stillroom.runs.reverifying import DatasetRuns, VerdictChange, dataset_runs, verdict_changes
from stillroom.runs.rows import prompt_from, prompt_row, proposal_row, shard_rows, teacher_row, writing_cost

__all__ = [
    "FIRST_ROUND",
    "PROMPTS_A_COMMIT",
    "Cause",
    "DatasetRuns",
    "Run",
    "RunState",
    "Unmeasured",
    "VerdictChange",
    "abandoned_entries",
    "change_verification",
    "close_run",
    "committed_entries",
    "dataset_runs",
    "first_prompts",
    "import_prompts",
    "is_measured",
    "judged",
    "load_run",
    "measured",
    "measuring_cost",
    "open_run",
    "owed_at_most",
    "plan_shards",
    "pool",
    "prompt_from",
    "prompt_row",
    "proposal_row",
    "refuse_unknown_words",
    "rejudging_key",
    "replies_in",
    "retracted_prompts",
    "rounds_done",
    "sampled_prompts",
    "settled",
    "shard_journal",
    "shard_key",
    "shard_prompts",
    "shard_rows",
    "strengths_key",
    "teacher_row",
    "unfinished_shards",
    "unjudged",
    "unmeasured",
    "unsettled",
    "verdict_changes",
    "weakness",
    "writing_cost",
    "writing_journal",
    "written_in",
]
