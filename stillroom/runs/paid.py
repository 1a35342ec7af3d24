"""What of a shard is paid for already, in the lake and in the journals of abandoned runs, and what it still owes."""

from dataclasses import dataclass

from stillroom.journal import AnyJournal, JournalPlace, journal_at, journal_place
from stillroom.lake import Lake
from stillroom.runs.opening import Run
from stillroom.runs.planning import unfinished_shards
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


_HAD = """
SELECT p.prompt_id, count(DISTINCT s.sample_id) AS samples
FROM lake.shards p LEFT JOIN lake.samples s ON s.run_id = p.run_id AND s.shard = p.shard AND s.prompt_id = p.prompt_id
WHERE p.run_id = $run AND p.shard IN (SELECT unnest($shards)) GROUP BY p.prompt_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What unfinished shards of a run may still ask teachers for.

    Attributes:
        prompts: those that have fewer than N samples in the lake.
        begun: of these, the ones that have some.
        samples: at most; a prompt of which enough have passed already asks for none.
    """

    prompts: int
    begun: int
    samples: int


def owed_at_most(lake: Lake, run: Run) -> Owed:
    """What the run's shards may still be paid for under its recipe, beyond what the lake has."""
    most = run.recipe.sampling.samples
    rows = lake.rows(_HAD, {"run": run.run_id, "shards": unfinished_shards(lake, run)})
    had = [row["samples"] for row in rows if row["samples"] < most]
    return Owed(prompts=len(had), begun=sum(map(bool, had)), samples=len(had) * most - sum(had))


def shard_journal(lake: Lake, run_id: str, shard: int) -> JournalPlace:
    """Where a shard keeps its journal."""
    return journal_place(lake.root, run_id, f"shard-{shard}")


def writing_journal(lake: Lake, run_id: str, number: int) -> JournalPlace:
    """Where a writing round keeps its journal."""
    return journal_place(lake.root, run_id, f"writing-{number}")


def committed_entries(lake: Lake, run_id: str, shard: int) -> list[SampleEntry | VerdictEntry]:
    """What the lake has of a shard, as its journal would tell it."""
    where = "WHERE run_id = ? AND shard = ? ORDER BY created_at"
    samples = lake.rows(f"SELECT * FROM lake.samples {where}", [run_id, shard])  # noqa: S608 - constant
    verdicts = lake.rows(f"SELECT * FROM lake.verdicts {where}", [run_id, shard])  # noqa: S608 - constant
    return [*map(sample_entry_from, samples), *map(verdict_entry_from, verdicts)]


def abandoned_entries(lake: Lake, run: Run, shard: int) -> list[Entry]:
    """What other runs' journals hold of shards that share prompts with this one and were never committed."""
    found = lake.rows(_ABANDONED, {"dataset": run.recipe.dataset, "run": run.run_id, "shard": shard})
    places = [shard_journal(lake, row["run_id"], row["shard"]) for row in found]
    return [entry for place in places for entry in _recorded(place)]


def _recorded(place: JournalPlace) -> tuple[Entry, ...]:
    journal: AnyJournal[Entry] = journal_at(place, Entry)
    return journal.read().records
