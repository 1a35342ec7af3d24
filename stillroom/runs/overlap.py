"""Where two runs of a dataset ask for the same samples: which of them does, and who is still at it.

A run that was given up, or published in part, leaves shards that are not committed. A later run plans their prompts
anew. From then on they are the later run's: its shards make their own what was paid for (``paid.py``), and the earlier
shard, should somebody try it again, asks for nothing. A sample's id names its epoch, so runs of different epochs ask
for different samples of the same prompts, and neither minds the other.

A shard waits for those of earlier runs alone, and an earlier one that meets a later one refuses: so no two wait for
each other.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

from stillroom.errors import LeaseHeld, RequestError
from stillroom.lake import Lake
from stillroom.lease import lease, sampling
from stillroom.runs.opening import Run

_PROMPTS = "(SELECT prompt_id FROM lake.shards WHERE run_id = $run AND shard = $shard)"
_SHARED = f"SELECT 1 FROM lake.shards WHERE run_id <> $run AND prompt_id IN {_PROMPTS} LIMIT 1"  # noqa: S608 - constant
_OTHERS = f"""
SELECT DISTINCT p.run_id, p.shard
FROM lake.shards p JOIN lake.current_runs r ON r.run_id = p.run_id
WHERE r.dataset = $dataset AND p.run_id <> $run AND p.prompt_id IN {_PROMPTS} ORDER BY ALL
"""  # noqa: S608 - constant
_RECIPES = "SELECT run_id, recipe FROM lake.current_runs WHERE run_id IN (SELECT unnest($runs))"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sharing:
    """Shards of other runs that ask for samples of the same prompts in the same epoch: run id and number."""

    earlier: tuple[tuple[str, int], ...]
    later: tuple[tuple[str, int], ...]


def is_shared(lake: Lake, run: Run, shard: int) -> bool:
    """Whether another run, of any dataset, has planned a prompt of the shard.

    Where none has, no run that the lake knows was paid for it or is at it: nothing need be asked of these.
    """
    return bool(lake.rows(_SHARED, {"run": run.run_id, "shard": shard}))


def refuse_taken_over(lake: Lake, run: Run, shard: int) -> None:
    """Refuse to sample a shard whose prompts a later run of the dataset has planned in the same epoch.

    Raises:
        RequestError: naming that run.
    """
    later = {run_id for run_id, _ in _sharing(lake, run, shard).later}
    if later:
        run_id = min(later, key=_ordinal)
        raise RequestError(
            f"prompts of shard {shard} of {run.run_id} were planned anew by the later run {run_id}, which is paid "
            f"for them instead and takes over what this shard was paid for. Nothing was asked; see `stillroom "
            f"status {run_id}`."
        )


def has_earlier(lake: Lake, run: Run, shard: int) -> bool:
    """Whether shards of earlier runs ask for the same samples, at work or not."""
    return bool(_sharing(lake, run, shard).earlier)


def at_work(lake: Lake, run: Run, shard: int) -> list[str]:
    """The shards of earlier runs that ask for the same samples and are being sampled by some process now."""
    earlier = _sharing(lake, run, shard).earlier
    return [sampling(run_id, number) for run_id, number in earlier if is_sampled(lake, run_id, number)]


def is_sampled(lake: Lake, run_id: str, shard: int) -> bool:
    """Whether some process is at work on the shard."""
    try:
        with lease(lake.root, sampling(run_id, shard)):
            return False
    except LeaseHeld:
        return True


def _sharing(lake: Lake, run: Run, shard: int) -> _Sharing:
    asked = {"dataset": run.recipe.dataset, "run": run.run_id, "shard": shard}
    found = [(row["run_id"], row["shard"]) for row in lake.rows(_OTHERS, asked)]
    alike = of_its_epoch(lake, run, {run_id for run_id, _ in found})
    ordinal = _ordinal(run.run_id)
    return _Sharing(
        earlier=tuple(one for one in found if one[0] in alike and _ordinal(one[0]) < ordinal),
        later=tuple(one for one in found if one[0] in alike and _ordinal(one[0]) > ordinal),
    )


def of_its_epoch(lake: Lake, run: Run, others: Collection[str]) -> set[str]:
    """Those of other runs that sample in the run's epoch. Of their recipes nothing else needs to be readable today."""
    rows = lake.rows(_RECIPES, {"runs": [*others]}) if others else []
    epochs: dict[str, int] = {row["run_id"]: json.loads(row["recipe"])["sampling"].get("epoch", 0) for row in rows}
    return {run_id for run_id, epoch in epochs.items() if epoch == run.recipe.sampling.epoch}


def _ordinal(run_id: str) -> int:
    """The number at the end of a run's id: NAME-rN."""
    number = run_id.rpartition("-r")[2]
    return int(number) if number.isdigit() else 0
