"""What a run lacks that is to be published in part, and what has come since it was.

A recipe with ``snapshot: {allow_partial: 0.98}`` lets a build finish without its last shards. Those are still owed: one
that comes later is curated with the rest of its run, and the next version holds it. A later run may take over their
prompts as well (``overlap.py``).
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stillroom.lake import Lake
from stillroom.runs.done import committed_shards
from stillroom.runs.opening import Run, RunState

_PLANNED = """
SELECT shard, count(DISTINCT prompt_id) AS prompts FROM lake.shards
WHERE run_id = $run AND ($at IS NULL OR created_at <= $at) GROUP BY shard ORDER BY shard
"""
# A curation has exactly one row for each sample that its run had when it began, so counting by shard tells what it saw.
_UNDECIDED = """
WITH asked AS (
    SELECT run_id, coalesce($at, created_at) AS until FROM lake.current_runs
    WHERE ($run IS NULL OR run_id = $run) AND ($at IS NOT NULL OR state <> $opened)
), curated AS (
    SELECT d.run_id, d.shard, d.curation_id, count(*) AS samples
    FROM lake.selections d JOIN asked a ON a.run_id = d.run_id AND d.created_at <= a.until GROUP BY ALL
), decided AS (
    SELECT run_id, shard, max(samples) AS samples FROM curated GROUP BY ALL
), there AS (
    SELECT s.run_id, s.shard, count(*) AS samples
    FROM lake.samples s JOIN asked a ON a.run_id = s.run_id AND ($at IS NULL OR s.created_at <= $at) GROUP BY ALL
)
SELECT t.run_id, t.shard FROM there t LEFT JOIN decided d ON d.run_id = t.run_id AND d.shard = t.shard
WHERE t.samples > coalesce(d.samples, 0) ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Planned shards of a run that are not in it, or not in its versions.

    Attributes:
        shards: their numbers.
        prompts: how many prompts are in them.
        of_prompts: how many the run has planned.
    """

    shards: tuple[int, ...]
    prompts: int
    of_prompts: int

    @property
    def share_there(self) -> float:
        """Share of the planned prompts whose shards are there."""
        return 1 - self.prompts / self.of_prompts if self.of_prompts else 1.0

    def __str__(self) -> str:
        shards = f"shard{'s' if len(self.shards) > 1 else ''} {', '.join(map(str, self.shards))}"
        return f"{shards} ({self.prompts} of {self.of_prompts} prompts)"


def missing(lake: Lake, run: Run) -> Missing:
    """What the run lacks now under its recipe: shards that are not done."""
    return _missing(lake, run, committed_shards(lake, run), at=None)


def left_out(lake: Lake, run: Run, *, at: datetime | None = None) -> Missing:
    """What is in no version of a finished run; ``at``: as it was then (UTC), else now.

    That is what it lacks, and what came after the newest curation had read its samples: a shard may be committed while
    its run is curated and published.
    """
    undecided = {row["shard"] for row in _undecided(lake, run.run_id, at)}
    return _missing(lake, run, committed_shards(lake, run, at=at) - undecided, at=at)


def may_be_published(lake: Lake, run: Run) -> bool:
    """Whether as much is there as the recipe asks for at least: everything, or its ``allow_partial``."""
    least = run.recipe.snapshot.allow_partial
    return missing(lake, run).share_there >= (1.0 if least is None else least)


def late_shards(lake: Lake, run_id: str) -> list[int]:
    """Shards of a finished run with samples that came too late for the curation that it was finished with."""
    return [row["shard"] for row in _undecided(lake, run_id, None)]


def runs_with_late_shards(lake: Lake) -> list[str]:
    """Ids of the runs that have such shards."""
    return sorted({row["run_id"] for row in _undecided(lake, None, None)})


def _missing(lake: Lake, run: Run, there: Set[int], *, at: datetime | None) -> Missing:
    planned = {row["shard"]: row["prompts"] for row in lake.rows(_PLANNED, {"run": run.run_id, "at": at})}
    owed = tuple(shard for shard in planned if shard not in there)
    return Missing(shards=owed, prompts=sum(planned[one] for one in owed), of_prompts=sum(planned.values()))


def _undecided(lake: Lake, run_id: str | None, at: datetime | None) -> list[dict[str, Any]]:
    """Shards, of one run or of all, with samples that no curation has seen.

    Args:
        lake: knows the runs.
        run_id: whose; None for all.
        at: asks for samples and curations as they were then (UTC). None: of finished runs all samples, and the
            curations before they were finished; where a build died before it published a later one, it is to be woken.
    """
    return lake.rows(_UNDECIDED, {"run": run_id, "at": at, "opened": RunState.OPENED.value})
