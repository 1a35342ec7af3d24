"""Lets go of journals that say nothing which the lake does not: those of finished runs, proved entry by entry.

And those of runs that a lake has forgotten since it was put back from a backup, where later ones took over all of it;
what was written down of these (``forgotten.py``) is let go first, since the next build looks again.

A journal remembers what was paid for until the lake has it. Once its run is finished nobody reads it any more; but it
may hold more than was committed (of an earlier recipe, or a second text of a sample), and then it is all that is left
of that. So one goes only where each of its entries is found among the lake's rows, with the same text.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from stillroom.errors import FileLost, LakeError, LeaseHeld
from stillroom.journal import AnyJournal, Replay, journal_at
from stillroom.journal.removal import StoredJournal, remove_journal, stored_journals
from stillroom.lake import Lake
from stillroom.lake.presence import Assurance, alone
from stillroom.lake.reading import opened
from stillroom.runs.forgotten import INDEX
from stillroom.runs.newest import NEWEST
from stillroom.runs.paid import committed_entries, entries_of_samples
from stillroom.runs.unplanned import dataset_of
from stillroom.sampling.entries import Entry, RefusalEntry, SampleEntry, VerdictEntry
from stillroom.seeding.plan import Record, Reply

T = TypeVar("T")
Told = SampleEntry | VerdictEntry  # what was paid for, or was worked out of that
_SHARD, _WRITING = re.compile(r"shard-(\d+)"), re.compile(r"writing-(\d+)")
_FINISHED = """
SELECT run_id FROM lake.current_runs WHERE state <> 'opened' AND created_at < $before
"""
_AT_REST = f"""
SELECT dataset FROM ({NEWEST}) WHERE state <> 'opened'
  AND dataset NOT IN (SELECT dataset FROM lake.current_runs WHERE created_at >= $before)
"""  # noqa: S608 - constant
_KNOWN = "SELECT DISTINCT run_id FROM lake.runs"
_REPLIES = """
SELECT writing_request, response, prompt_tokens, completion_tokens FROM lake.proposals
WHERE run_id = $run AND writing_round = $number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptJournal:
    """A journal of a finished run that stays, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalsTidied:
    """What became of journals, or would.

    Attributes:
        removed: RUN/WORK of those that went.
        removed_bytes: what they took.
        kept: of finished runs, those that stay.
        doubt: why none was looked at, or no more, and what to do; "" where all were.
    """

    removed: list[str]
    removed_bytes: int
    kept: list[KeptJournal]
    doubt: str = ""


def tidy_journals(root: Path, *, grace_minutes: float, dry_run: bool, say: Callable[[str], None]) -> JournalsTidied:
    """Remove the journals of finished and of forgotten runs whose entries are all in the lake at ``root``.

    Args:
        root: the lake's folder.
        grace_minutes: a run's journals stay for so long after its end: until then what was committed may not be on
            the disk yet, as what was journalled is.
        dry_run: only say what would go; needs no lock.
        say: told about the step.

    Raises:
        RequestError: there is no lake.
        LakeError: it or its journals cannot be read, or one cannot be removed.
    """
    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=grace_minutes)
    if dry_run:
        return _tidied(root, before, None, say)
    try:
        with alone(root, "stillroom lake maintain") as assure:
            return _tidied(root, before, assure, say)
    except LeaseHeld as error:
        return JournalsTidied(removed=[], removed_bytes=0, kept=[], doubt=str(error))


def _tidied(root: Path, before: datetime, assure: Assurance | None, say: Callable[[str], None]) -> JournalsTidied:
    removed: list[StoredJournal] = []
    kept: list[KeptJournal] = []
    doubt = ""
    stored = stored_journals(root)
    if not stored:
        return JournalsTidied(removed=[], removed_bytes=0, kept=[])
    say("looking at the journals of finished runs")
    with opened(root) as lake:
        finished = {row["run_id"] for row in lake.rows(_FINISHED, {"before": before})}
        known = {row["run_id"] for row in lake.rows(_KNOWN)}
        at_rest = {row["dataset"] for row in lake.rows(_AT_REST, {"before": before})}
        for journal in sorted(stored, key=lambda one: one.stem != INDEX):  # what tells of others goes before them
            is_index = journal.stem == INDEX
            is_forgotten = journal.run_id not in known and dataset_of(journal.run_id) in at_rest
            if not is_index and journal.run_id not in finished and not is_forgotten:
                continue
            try:
                why = "" if is_index else lacking(lake, journal)
            except FileLost as lost:  # what it says is true of all others, too
                doubt = f"{lost} Housekeeping stops at whatever it needs that file for."
                break
            if not why and assure is not None:
                assure()
                why = "" if remove_journal(journal.place) else "a process has it open"
            if why:
                kept.append(KeptJournal(name=journal.name, why=why))
            else:
                removed.append(journal)
    return JournalsTidied(
        removed=[one.name for one in removed],
        removed_bytes=sum(one.size for one in removed),
        kept=kept,
        doubt=doubt,
    )


def lacking(lake: Lake, journal: StoredJournal) -> str:
    """What a journal holds that the lake lacks, in a few words; "" where the lake has all of it.

    Raises:
        LakeError: the lake cannot be read; where the journal cannot be, that is said.
    """
    if shard := _SHARD.fullmatch(journal.stem):
        entries: AnyJournal[Entry] = journal_at(journal.place, Entry)
        return _of_read(entries, lambda replay: _lacking_of_shard(lake, journal.run_id, int(shard[1]), replay))
    if writing := _WRITING.fullmatch(journal.stem):
        records: AnyJournal[Record] = journal_at(journal.place, Record)
        return _of_read(records, lambda replay: _lacking_of_round(lake, journal.run_id, int(writing[1]), replay))
    return "it is not known what it is of"


def _of_read(journal: AnyJournal[T], say: Callable[[Replay[T]], str]) -> str:
    """What is to be said of what a journal holds, or why that is not known."""
    try:
        replay = journal.read()
    except LakeError as error:
        return f"it cannot be read: {error}"
    return say(replay)


def _lacking_of_shard(lake: Lake, run_id: str, shard: int, replay: Replay[Entry]) -> str:
    # A refusal cost nothing, and holds nothing but the teacher's words.
    entries = [entry for entry in replay.records if not isinstance(entry, RefusalEntry)]
    lacking_ = _without(entries, committed_entries(lake, run_id, shard))
    if lacking_:  # but another shard of the dataset may have taken it over, and committed it as its own
        of_samples = sorted({_sample_id(entry) for entry in lacking_})
        lacking_ = _without(lacking_, entries_of_samples(lake, dataset_of(run_id), of_samples))
    return _told(replay, len(lacking_))


def _without(entries: Iterable[Told], there: Iterable[Told]) -> list[Told]:
    """Those of the entries whose content is not there."""
    known = {_content(entry) for entry in there}
    return [entry for entry in entries if _content(entry) not in known]


def _content(entry: Told) -> object:
    """What has to be the same: all of a sample that the lake keeps, or all of a verdict."""
    if isinstance(entry, SampleEntry):
        sample = entry.sample  # what the server says it serves is no column
        return replace(sample, completion=replace(sample.completion, weight_version="")), entry.answered_at
    return entry.verdict


def _sample_id(entry: Told) -> str:
    return entry.sample.sample_id if isinstance(entry, SampleEntry) else entry.verdict.sample_id


def _lacking_of_round(lake: Lake, run_id: str, number: int, replay: Replay[Record]) -> str:
    rows = lake.rows(_REPLIES, {"run": run_id, "number": number})
    there = {(row["writing_request"], row["response"], row["prompt_tokens"], row["completion_tokens"]) for row in rows}
    replies = [record for record in replay.records if isinstance(record, Reply)]
    return _told(replay, sum(_reply(one) not in there for one in replies))


def _reply(reply: Reply) -> tuple[int, str, int, int]:
    completion = reply.completion
    return reply.position, completion.text, completion.prompt_tokens, completion.completion_tokens


def _told(replay: Replay[Entry] | Replay[Record], missing: int) -> str:
    if missing:
        return f"the lake lacks {missing} of its {len(replay.records)} entries"
    return f"{replay.damaged_lines} of its lines cannot be read" if replay.damaged_lines else ""
