"""What of a shard is paid for already, by its own run and by others, and what it still owes.

A sample's id names neither run nor dataset. So where another run has committed what a shard asks for, with the same
teacher, the same request and the same epoch, the shard makes those samples its own: their rows stand under both runs,
and their cost under the run that paid. That may be a run that was abandoned, one that was published without some
shards, or one of another dataset. Journals are taken over within the dataset alone, whose lease says that nobody writes
them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from stillroom.journal import AnyJournal, JournalPlace, journal_at, journal_place, tell_damage
from stillroom.lake import Lake
from stillroom.records import Answer
from stillroom.runs.done import half_done_shards, unfinished_shards
from stillroom.runs.opening import Run
from stillroom.runs.overlap import of_its_epoch
from stillroom.runs.rows import sample_entry_from, verdict_entry_from
from stillroom.sampling.entries import Entry, SampleEntry, VerdictEntry

_PROMPTS = "(SELECT prompt_id FROM lake.shards WHERE run_id = $run AND shard = $shard)"
_SHARING = f"""
SELECT DISTINCT p.run_id, p.shard, r.state = 'opened' OR c.shard IS NULL AS is_abandoned
FROM lake.shards p JOIN lake.current_runs r ON r.run_id = p.run_id
LEFT JOIN (SELECT DISTINCT run_id, shard FROM lake.commits WHERE starts_with(key, 'shard:')) c
    ON c.run_id = p.run_id AND c.shard = p.shard
WHERE r.dataset = $dataset AND p.run_id <> $run AND p.prompt_id IN {_PROMPTS} ORDER BY ALL
"""  # noqa: S608 - constant
_RUNS_ELSEWHERE = f"""
SELECT DISTINCT run_id FROM lake.samples
WHERE epoch = $epoch AND run_id <> $run AND prompt_id IN {_PROMPTS}
  AND run_id IN (SELECT run_id FROM lake.shards WHERE prompt_id IN {_PROMPTS})
"""  # noqa: S608 - constant
_ELSEWHERE = f"""
SELECT * FROM lake.samples WHERE run_id IN (SELECT unnest($runs)) AND prompt_id IN {_PROMPTS}
QUALIFY row_number() OVER (PARTITION BY sample_id ORDER BY created_at) = 1 ORDER BY created_at, sample_id
"""  # noqa: S608 - constant
_VERDICTS_ELSEWHERE = """
SELECT v.* FROM lake.verdicts v JOIN (SELECT unnest($runs) AS run_id, unnest($samples) AS sample_id) s
    USING (run_id, sample_id)
ORDER BY v.created_at
"""
_OF_SAMPLES = """
SELECT * FROM lake.{} WHERE sample_id IN (SELECT unnest($samples)) AND run_id IN (
    SELECT run_id FROM lake.runs WHERE dataset = $dataset)
ORDER BY created_at
"""
_ADOPTED = """
SELECT (SELECT count(*) FROM lake.samples WHERE run_id = $run AND ($at IS NULL OR created_at <= $at))
       - (SELECT coalesce(sum(samples), 0)::BIGINT FROM lake.costs
          WHERE run_id = $run AND stage = 'sampling' AND ($at IS NULL OR created_at <= $at)) AS n
"""
_HAD = """
SELECT p.prompt_id, count(DISTINCT s.sample_id) AS samples
FROM lake.shards p LEFT JOIN lake.samples s ON s.run_id = p.run_id AND s.shard = p.shard AND s.prompt_id = p.prompt_id
WHERE p.run_id = $run AND p.shard IN (SELECT unnest($shards)) GROUP BY p.prompt_id
"""
_OWING = """
SELECT DISTINCT teacher FROM lake.shards WHERE run_id = $run AND shard IN (
    SELECT p.shard FROM lake.shards p
    LEFT JOIN lake.samples s ON s.run_id = p.run_id AND s.shard = p.shard AND s.prompt_id = p.prompt_id
    WHERE p.run_id = $run AND p.shard IN (SELECT unnest($shards))
    GROUP BY p.shard, p.prompt_id HAVING count(DISTINCT s.sample_id) < $most)
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


def owed_at_most(lake: Lake, run: Run, shards: Sequence[int] | None = None) -> Owed:
    """What the run's shards may still be paid for under its recipe, beyond what the lake has.

    Args:
        lake: knows what was paid for.
        run: whose shards.
        shards: which; all that are not done where None.
    """
    most = run.recipe.sampling.samples
    which = unfinished_shards(lake, run) if shards is None else [*shards]
    rows = lake.rows(_HAD, {"run": run.run_id, "shards": which})
    had = [row["samples"] for row in rows if row["samples"] < most]
    return Owed(prompts=len(had), begun=sum(map(bool, had)), samples=len(had) * most - sum(had))


def teachers_owing(lake: Lake, run: Run) -> set[str]:
    """Names of the teachers of shards that may still be paid for: a shard needs all of its own, to know its samples."""
    asked = {"run": run.run_id, "shards": unfinished_shards(lake, run), "most": run.recipe.sampling.samples}
    return {row["teacher"] for row in lake.rows(_OWING, asked)}


def adopted_samples(lake: Lake, run_id: str, *, at: datetime | None = None) -> int:
    """How many of a run's samples another run was paid for and had committed: what its own costs do not count.

    Args:
        lake: knows both.
        run_id: the run that has them.
        at: as it was then (UTC), else now.
    """
    return max(0, lake.rows(_ADOPTED, {"run": run_id, "at": at})[0]["n"])


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


def entries_of_samples(lake: Lake, dataset: str, sample_ids: Sequence[str]) -> list[SampleEntry | VerdictEntry]:
    """What any run of the dataset has committed of these samples, in whichever shard."""
    asked = {"dataset": dataset, "samples": [*sample_ids]}
    samples, verdicts = (lake.rows(_OF_SAMPLES.format(table), asked) for table in ("samples", "verdicts"))
    return [*map(sample_entry_from, samples), *map(verdict_entry_from, verdicts)]


def committed_answers(lake: Lake, run_id: str, shard: int) -> dict[str, Answer]:
    """By sample id, what the lake has as the answers of a shard's samples."""
    rows = lake.rows(
        "SELECT sample_id, answer, extraction_problem FROM lake.samples WHERE run_id = ? AND shard = ?", [run_id, shard]
    )
    return {row["sample_id"]: Answer(text=row["answer"], problem=row["extraction_problem"]) for row in rows}


def stored_elsewhere(lake: Lake, run: Run, shard: int) -> list[SampleEntry | VerdictEntry]:
    """What other runs have committed of this shard's prompts in its epoch; each sample once, as it was first."""
    asked = {"run": run.run_id, "shard": shard, "epoch": run.recipe.sampling.epoch}
    runs = lake.rows(_RUNS_ELSEWHERE, asked)
    if not runs:
        return []
    where = {"runs": [row["run_id"] for row in runs], "run": run.run_id, "shard": shard}
    samples = lake.rows(_ELSEWHERE, where)
    named = {"runs": [row["run_id"] for row in samples], "samples": [row["sample_id"] for row in samples]}
    verdicts = lake.rows(_VERDICTS_ELSEWHERE, named)
    return [*map(sample_entry_from, samples), *map(verdict_entry_from, verdicts)]


def abandoned_entries(lake: Lake, run: Run, shard: int, say: Callable[[str], None] = lambda _: None) -> list[Entry]:
    """What journals of other runs hold of shards that share prompts with this one and were never published.

    Of a run that was abandoned that is all of them, also beyond their commits; of a finished one what it left out, or
    did not wait for when N was raised.
    Runs of another epoch have nothing for it.

    Args:
        lake: knows the runs.
        run: whose shard asks.
        shard: the shard.
        say: told where lines were damaged.

    Raises:
        LakeError: a journal cannot be read, or another version of Stillroom wrote it.
    """
    asked = {"dataset": run.recipe.dataset, "run": run.run_id, "shard": shard}
    shared = lake.rows(_SHARING, asked)
    behind = half_done_shards(lake, run.recipe.dataset) if shared else set[tuple[str, int]]()
    found = [row for row in shared if row["is_abandoned"] or (row["run_id"], row["shard"]) in behind]
    alike = of_its_epoch(lake, run, {row["run_id"] for row in found})  # of another one somebody may be writing it still
    places = [shard_journal(lake, row["run_id"], row["shard"]) for row in found if row["run_id"] in alike]
    return [entry for place in places for entry in _recorded(place, say)]


def _recorded(place: JournalPlace, say: Callable[[str], None]) -> tuple[Entry, ...]:
    journal: AnyJournal[Entry] = journal_at(place, Entry)
    replay = journal.read()
    tell_damage(place, replay, say)
    return replay.records
