"""What a run lacks that is to be published in part, and what has come since it was.

A recipe with ``snapshot: {allow_partial: 0.98}`` lets a build finish without its last shards. Those are still owed: one
that comes later is curated with the rest of its run, and the next version holds it. A later run may take over their
prompts as well (``overlap.py``).
"""

from dataclasses import dataclass
from datetime import datetime

from stillroom.lake import Lake
from stillroom.runs.done import committed_shards
from stillroom.runs.opening import Run, RunState

_PLANNED = """
SELECT shard, count(DISTINCT prompt_id) AS prompts FROM lake.shards
WHERE run_id = $run AND ($at IS NULL OR created_at <= $at) GROUP BY shard ORDER BY shard
"""
_LATE = """
SELECT DISTINCT s.run_id, s.shard FROM lake.samples s
JOIN lake.current_runs r ON r.run_id = s.run_id AND s.created_at > r.created_at
WHERE r.state <> $opened AND ($run IS NULL OR r.run_id = $run) ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """The planned shards of a run that are not committed.

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
        """Share of the planned prompts whose shards are committed."""
        return 1 - self.prompts / self.of_prompts if self.of_prompts else 1.0

    def __str__(self) -> str:
        shards = f"shard{'s' if len(self.shards) > 1 else ''} {', '.join(map(str, self.shards))}"
        return f"{shards} ({self.prompts} of {self.of_prompts} prompts)"


def missing(lake: Lake, run: Run, *, at: datetime | None = None) -> Missing:
    """What the run lacks under its recipe; ``at``: as it was then (UTC), else now."""
    asked = {"run": run.run_id, "at": at}
    there = committed_shards(lake, run, at=at)
    planned = {row["shard"]: row["prompts"] for row in lake.rows(_PLANNED, asked)}
    owed = tuple(shard for shard in planned if shard not in there)
    return Missing(shards=owed, prompts=sum(planned[one] for one in owed), of_prompts=sum(planned.values()))


def may_be_published(lake: Lake, run: Run) -> bool:
    """Whether as much is there as the recipe asks for at least: everything, or its ``allow_partial``."""
    least = run.recipe.snapshot.allow_partial
    return missing(lake, run).share_there >= (1.0 if least is None else least)


def late_shards(lake: Lake, run_id: str) -> list[int]:
    """Shards of a finished run that were committed after it was finished, and so decided about by nobody yet."""
    return [row["shard"] for row in lake.rows(_LATE, {"opened": RunState.OPENED.value, "run": run_id})]


def runs_with_late_shards(lake: Lake) -> list[str]:
    """Ids of the runs that have such shards."""
    rows = lake.rows(_LATE, {"opened": RunState.OPENED.value, "run": None})
    return sorted({row["run_id"] for row in rows})
