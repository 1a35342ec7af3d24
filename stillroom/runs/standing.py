"""Where a run stands: its shards one by one, and what became of everything from prompts to published examples."""

from typing import Any

from stillroom.lake import Lake
from stillroom.runs.done import unfinished_shards
from stillroom.runs.opening import load_run

_SHARDS = """
SELECT p.shard, count(DISTINCT p.prompt_id) AS prompts,
       count(DISTINCT s.sample_id) AS samples,
       count(DISTINCT v.sample_id) FILTER (v.outcome = 'pass') AS passed,
       coalesce(any_value(c.tokens), 0) AS completion_tokens,
       coalesce(any_value(c.money), 0.0) AS money
FROM lake.shards p
LEFT JOIN lake.samples s ON s.prompt_id = p.prompt_id AND s.run_id = p.run_id AND s.shard = p.shard
LEFT JOIN (SELECT * FROM lake.verdicts
           QUALIFY row_number() OVER (PARTITION BY run_id, sample_id, verifier ORDER BY created_at DESC) = 1) v
    ON v.sample_id = s.sample_id AND v.run_id = p.run_id
LEFT JOIN (SELECT run_id, shard, sum(completion_tokens)::BIGINT AS tokens, sum(money) AS money
           FROM lake.costs GROUP BY run_id, shard) c ON c.run_id = p.run_id AND c.shard = p.shard
WHERE p.run_id = ? GROUP BY p.shard ORDER BY p.shard
"""
_FUNNEL = """
SELECT (SELECT count(DISTINCT prompt_id) FROM lake.shards WHERE run_id = $run) AS prompts,
       (SELECT count(DISTINCT sample_id) FROM lake.samples WHERE run_id = $run) AS samples,
       (SELECT count(*) FROM lake.current_selections WHERE run_id = $run AND gate <> 'verification') AS passed,
       (SELECT count(*) FROM lake.current_selections WHERE run_id = $run AND kept) AS kept,
       (SELECT count(DISTINCT example_id) FROM lake.examples WHERE run_id = $run) AS published
"""


def shards_of_run(lake: Lake, run_id: str) -> list[dict[str, Any]]:
    """A row for each planned shard: what it has, whether it is committed, and how many samples it owes at most.

    Raises:
        RecipeError: there is no such run.
    """
    run = load_run(lake, run_id)
    most = run.recipe.sampling.samples
    open_ = set(unfinished_shards(lake, run))
    return [
        {
            "shard": row["shard"],
            "prompts": row["prompts"],
            "committed": row["shard"] not in open_,
            "owed_at_most": max(0, row["prompts"] * most - row["samples"]) if row["shard"] in open_ else 0,
            "samples": row["samples"],
            "passed": row["passed"],
            "completion_tokens": row["completion_tokens"],
            "money": row["money"],
        }
        for row in lake.rows(_SHARDS, [run_id])
    ]


def funnel(lake: Lake, run_id: str) -> dict[str, int]:
    """How many prompts, samples, passed samples, kept samples and published examples the run has so far."""
    return dict(lake.rows(_FUNNEL, {"run": run_id})[0])
