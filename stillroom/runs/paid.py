"""What of a shard is paid for already: in the lake, and in the journals of runs that were abandoned."""

from pathlib import Path

from stillroom.journal import Journal
from stillroom.lake import Lake
from stillroom.runs.opening import Run
from stillroom.runs.rows import sample_entry_from, verdict_entry_from
from stillroom.sampling.shard import Entry, SampleEntry, VerdictEntry

_ABANDONED = """
SELECT DISTINCT s.run_id, s.shard FROM lake.shards s JOIN lake.runs r USING (run_id)
WHERE r.dataset = $dataset AND s.run_id <> $run
  AND s.prompt_id IN (SELECT prompt_id FROM lake.shards WHERE run_id = $run AND shard = $shard)
  AND NOT EXISTS (SELECT 1 FROM lake.commits c
                  WHERE c.run_id = s.run_id AND c.shard = s.shard AND starts_with(c.key, 'shard:'))
ORDER BY ALL
"""


def shard_journal(lake: Lake, run_id: str, shard: int) -> Path:
    """Where a shard keeps its journal."""
    return lake.root / "journal" / run_id / f"shard-{shard}.jsonl"


def committed_entries(lake: Lake, run_id: str, shard: int) -> list[SampleEntry | VerdictEntry]:
    """What the lake has of a shard, as its journal would tell it."""
    where = "WHERE run_id = ? AND shard = ? ORDER BY created_at"
    samples = lake.rows(f"SELECT * FROM lake.samples {where}", [run_id, shard])  # noqa: S608 - constant
    verdicts = lake.rows(f"SELECT * FROM lake.verdicts {where}", [run_id, shard])  # noqa: S608 - constant
    return [*map(sample_entry_from, samples), *map(verdict_entry_from, verdicts)]


def abandoned_entries(lake: Lake, run: Run, shard: int) -> list[Entry]:
    """What other runs' journals hold of shards that share prompts with this one and were never committed."""
    found = lake.rows(_ABANDONED, {"dataset": run.recipe.dataset, "run": run.run_id, "shard": shard})
    paths = [shard_journal(lake, row["run_id"], row["shard"]) for row in found]
    return [entry for path in paths for entry in Journal[Entry](path, Entry).read().records]
