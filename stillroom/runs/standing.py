"""Where a run stands: its shards one by one, and what became of everything from prompts to published examples."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from stillroom.errors import LakeError
from stillroom.journal import AnyJournal, journal_at
from stillroom.lake import Lake
from stillroom.records import Outcome
from stillroom.runs.done import unfinished_shards
from stillroom.runs.opening import Run, load_run
from stillroom.runs.paid import shard_journal
from stillroom.runs.rows import sampling_costs
from stillroom.sampling.entries import Entry, SampleEntry, VerdictEntry

# A sample has passed where all verifiers pass it that the newest curation counted; before one, the newest of each name.
# A verdict of others is none where that curation says that it could not be judged by its own.
_SHARDS = """
WITH counted AS (
    SELECT coalesce(arg_max(verifier_ids, created_at), []) AS ids FROM lake.selections WHERE run_id = $run
), newest AS (
    SELECT v.sample_id, v.outcome FROM lake.verdicts v, counted WHERE v.run_id = $run
    QUALIFY row_number() OVER (PARTITION BY v.sample_id, split_part(v.verifier, '@', 1)
        ORDER BY list_contains(counted.ids, v.verifier_id) DESC, v.created_at DESC) = 1
), passed AS (
    SELECT sample_id FROM newest ANTI JOIN (
        SELECT sample_id FROM lake.current_selections
        WHERE run_id = $run AND gate = 'verification' AND reason = 'unjudged') USING (sample_id)
    GROUP BY sample_id HAVING bool_and(outcome = 'pass')
)
SELECT p.shard, count(DISTINCT p.prompt_id) AS prompts,
       count(DISTINCT s.sample_id) AS samples,
       count(DISTINCT v.sample_id) AS passed,
       coalesce(any_value(c.tokens), 0) AS completion_tokens,
       coalesce(any_value(c.money), 0.0) AS money
FROM lake.shards p
LEFT JOIN lake.samples s ON s.prompt_id = p.prompt_id AND s.run_id = p.run_id AND s.shard = p.shard
LEFT JOIN passed v ON v.sample_id = s.sample_id
LEFT JOIN (SELECT run_id, shard, sum(completion_tokens)::BIGINT AS tokens, sum(money) AS money
           FROM lake.costs GROUP BY run_id, shard) c ON c.run_id = p.run_id AND c.shard = p.shard
WHERE p.run_id = $run GROUP BY p.shard ORDER BY p.shard
"""
_HAD = """
SELECT DISTINCT p.shard, p.prompt_id, s.sample_id
FROM lake.shards p LEFT JOIN lake.samples s ON s.run_id = p.run_id AND s.shard = p.shard AND s.prompt_id = p.prompt_id
WHERE p.run_id = $run AND p.shard IN (SELECT unnest($shards))
"""
_FUNNEL = """
SELECT (SELECT count(DISTINCT prompt_id) FROM lake.shards WHERE run_id = $run) AS prompts,
       (SELECT count(DISTINCT sample_id) FROM lake.samples WHERE run_id = $run) AS samples,
       (SELECT count(*) FROM lake.current_selections WHERE run_id = $run AND gate <> 'verification') AS passed,
       (SELECT count(*) FROM lake.current_selections WHERE run_id = $run AND kept) AS kept,
       (SELECT count(DISTINCT example_id) FROM lake.examples WHERE run_id = $run) AS published
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """A shard that is not committed.

    Attributes:
        owed: samples that it may still ask for, at most.
        journalled: what its journal has and the lake lacks, by sample id; None where it cannot be read.
        passed: how many of those have passed.
    """

    owed: int
    journalled: Mapping[str, SampleEntry] | None
    passed: int


def shards_of_run(lake: Lake, run_id: str) -> list[dict[str, Any]]:
    """A row for each planned shard: whether it is committed, what it owes at most, has been paid for, and has cost.

    ``samples`` are those of the lake. A shard commits once, at its end: until then what it was paid for stands in its
    journal, and ``paid``, ``passed``, tokens and money count that too. Where the journal cannot be read, ``paid`` is
    None and the others tell of the lake alone; whoever does the shard is told why.

    Raises:
        RecipeError: there is no such run.
    """
    run = load_run(lake, run_id)
    open_ = _open_shards(lake, run)
    return [_told(row, run, open_.get(row["shard"])) for row in lake.rows(_SHARDS, {"run": run_id})]


def _told(row: Mapping[str, Any], run: Run, open_: _Open | None) -> dict[str, Any]:
    none: Mapping[str, SampleEntry] = {}
    beyond = open_.journalled if open_ is not None else none
    costs: list[Mapping[str, Any]] = sampling_costs((beyond or none).values(), run.recipe)
    return {
        "shard": row["shard"],
        "prompts": row["prompts"],
        "committed": open_ is None,
        "owed_at_most": open_.owed if open_ is not None else 0,
        "paid": None if beyond is None else row["samples"] + len(beyond),
        "samples": row["samples"],
        "passed": row["passed"] + (open_.passed if open_ is not None else 0),
        "completion_tokens": row["completion_tokens"] + sum(cost["completion_tokens"] for cost in costs),
        "money": row["money"] + sum(cost["money"] for cost in costs),
    }


def _open_shards(lake: Lake, run: Run) -> dict[int, _Open]:
    """By number, the shards that are not committed."""
    numbers = unfinished_shards(lake, run)
    had: dict[int, dict[str, set[str]]] = {number: {} for number in numbers}
    for row in lake.rows(_HAD, {"run": run.run_id, "shards": numbers}) if numbers else ():
        stored = had[row["shard"]].setdefault(row["prompt_id"], set())
        if row["sample_id"] is not None:
            stored.add(row["sample_id"])
    return {number: _open(lake, run, number, had[number]) for number in numbers}


def _open(lake: Lake, run: Run, shard: int, stored: Mapping[str, Collection[str]]) -> _Open:
    """Where a shard stands of whose prompts the lake has these samples."""
    journal: AnyJournal[Entry] = journal_at(shard_journal(lake, run.run_id, shard), Entry)
    try:
        records = journal.read().records
    except LakeError:
        records = None
    entries = {  # of a sample that stands there twice the last text counts
        entry.sample.sample_id: entry
        for entry in records or ()
        if isinstance(entry, SampleEntry)
        and (has := stored.get(entry.sample.prompt_id)) is not None
        and entry.sample.sample_id not in has
    }
    passed = {
        entry.verdict.sample_id
        for entry in records or ()
        if isinstance(entry, VerdictEntry)
        and entry.verdict.judgement.outcome is Outcome.PASS
        and (about := entries.get(entry.verdict.sample_id)) is not None
        and entry.is_about(about)
    }
    had = {prompt_id: len(ids) for prompt_id, ids in stored.items()}
    for entry in entries.values():
        had[entry.sample.prompt_id] += 1
    most = run.recipe.sampling.samples
    return _Open(
        owed=sum(max(0, most - count) for count in had.values()),
        journalled=None if records is None else entries,
        passed=len(passed),
    )


def funnel(lake: Lake, run_id: str) -> dict[str, int]:
    """How many prompts, samples, passed samples, kept samples and published examples the run has so far."""
    return dict(lake.rows(_FUNNEL, {"run": run_id})[0])
