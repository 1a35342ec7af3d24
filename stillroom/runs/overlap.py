"""Where two runs of a dataset ask for samples of the same prompts: which of them does, and who is still at it.

A run that was given up, or published in part, leaves shards that are not committed. A later run plans their prompts
anew. From then on they are the later run's: its shards make their own what was paid for (``paid.py``), and the earlier
shard, should somebody try it again, asks for nothing.
"""

from typing import Any

from stillroom.errors import LeaseHeld, RequestError
from stillroom.lake import Lake
from stillroom.lease import lease, sampling
from stillroom.runs.opening import Run, load_run

_PROMPTS = "(SELECT prompt_id FROM lake.shards WHERE run_id = $run AND shard = $shard)"
_SHARED = f"SELECT 1 FROM lake.shards WHERE run_id <> $run AND prompt_id IN {_PROMPTS} LIMIT 1"  # noqa: S608 - constant
_OTHERS = f"""
SELECT DISTINCT p.run_id, p.shard, TRY_CAST(string_split(p.run_id, '-r')[-1] AS INTEGER) AS ordinal
FROM lake.shards p JOIN lake.current_runs r ON r.run_id = p.run_id
WHERE r.dataset = $dataset AND p.run_id <> $run AND p.prompt_id IN {_PROMPTS} ORDER BY ALL
"""  # noqa: S608 - constant


def is_shared(lake: Lake, run: Run, shard: int) -> bool:
    """Whether another run, of any dataset, has planned a prompt of the shard.

    Where none has, nobody else was paid for it or is at it: nothing more need be asked of other runs.
    """
    return bool(lake.rows(_SHARED, {"run": run.run_id, "shard": shard}))


def refuse_taken_over(lake: Lake, run: Run, shard: int) -> None:
    """Refuse to sample a shard whose prompts a later run of the dataset has planned in the same epoch.

    Raises:
        RequestError: naming that run.
    """
    ordinal, epoch = _ordinal(run.run_id), run.recipe.sampling.epoch
    later = {row["run_id"] for row in _others(lake, run, shard) if (row["ordinal"] or 0) > ordinal}
    for run_id in sorted(later, key=_ordinal):
        if load_run(lake, run_id).recipe.sampling.epoch == epoch:
            raise RequestError(
                f"prompts of shard {shard} of {run.run_id} were planned anew by the later run {run_id}, which is paid "
                f"for them instead and takes over what this shard was paid for. Nothing was asked; see `stillroom "
                f"status {run_id}`."
            )


def at_work(lake: Lake, run: Run, shard: int) -> list[str]:
    """The shards of other runs that share prompts with this one and are being sampled by some process now."""
    found = [(row["run_id"], row["shard"]) for row in _others(lake, run, shard)]
    return [sampling(run_id, number) for run_id, number in found if is_sampled(lake, run_id, number)]


def is_sampled(lake: Lake, run_id: str, shard: int) -> bool:
    """Whether some process is at work on the shard."""
    try:
        with lease(lake.root, sampling(run_id, shard)):
            return False
    except LeaseHeld:
        return True


def _others(lake: Lake, run: Run, shard: int) -> list[dict[str, Any]]:
    return lake.rows(_OTHERS, {"dataset": run.recipe.dataset, "run": run.run_id, "shard": shard})


def _ordinal(run_id: str) -> int:
    """The number at the end of a run's id: NAME-rN."""
    number = run_id.rpartition("-r")[2]
    return int(number) if number.isdigit() else 0
