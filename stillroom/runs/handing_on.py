"""Hands on what journals hold of runs that a lake, put back from a backup, has forgotten.

It gives the number of such a run to another one, beside the journals of the first; and of later runs, which may have
taken over what that one never got to, it knows nothing. What those journals hold was paid for, and a shard reads none
but its own and those of runs that are known. So before shards are planned, what journals of the run under their numbers
or higher ones hold of their prompts, and those of the dataset's unknown runs, is copied to the journals of the shards
that are to have these. No such shard was planned in this lake: nobody writes them, and as a rule there are none.
"""

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from stillroom.journal import AnyJournal, journal_at, tell_damage
from stillroom.journal.removal import stored_journals
from stillroom.lake import Lake
from stillroom.runs.paid import shard_journal
from stillroom.sampling.entries import Entry, SampleEntry, VerdictEntry

_SHARD = re.compile(r"shard-(\d+)")
_KNOWN = "SELECT DISTINCT run_id FROM lake.runs"


def hand_on(lake: Lake, run_id: str, planned: Mapping[str, int], say: Callable[[str], None] = lambda _: None) -> None:
    """Copy what is journalled of prompts that are about to be planned to the journals of their shards.

    Call it under the lease on the dataset. Cut off and called again, it copies what is missing.

    Args:
        lake: where the journals are.
        run_id: the run that plans.
        planned: the number of the shard by prompt id.
        say: told what was found, and where lines were damaged.

    Raises:
        LakeError: a journal cannot be read or written, or another version of Stillroom wrote it.
    """
    if not planned:
        return
    copied: dict[int, list[Entry]] = {}
    of_runs: set[str] = set()
    for (of_run, number), entries in _journalled(lake, run_id, min(planned.values()), say).items():
        prompts = {one.sample.sample_id: one.sample.prompt_id for one in entries if isinstance(one, SampleEntry)}
        for entry in entries:
            shard = planned.get(prompts.get(_sample_id(entry), ""))
            if shard is not None and (of_run, number) != (run_id, shard):
                copied.setdefault(shard, []).append(entry)
                of_runs.add(of_run)
    for shard, entries in copied.items():
        opened: AnyJournal[Entry] = journal_at(shard_journal(lake, run_id, shard), Entry)
        with opened as journal:
            there = {msgspec.json.encode(entry) for entry in journal.replay.records}
            for entry in entries:
                if msgspec.json.encode(entry) not in there:
                    journal.append(entry)
    if copied:
        say(
            f"journals of an earlier {', '.join(sorted(of_runs))}, which this lake does not know, hold answers to "
            f"prompts of shards {', '.join(map(str, sorted(copied)))}: they are taken over"
        )


def _journalled(
    lake: Lake, run_id: str, first: int, say: Callable[[str], None]
) -> Mapping[tuple[str, int], Sequence[SampleEntry | VerdictEntry]]:
    """What was paid for and is forgotten, by run and shard whose journal it is in; of this run from ``first`` on."""
    found: dict[tuple[str, int], Sequence[SampleEntry | VerdictEntry]] = {}
    dataset = _dataset(run_id)
    known = {row["run_id"] for row in lake.rows(_KNOWN)}
    for journal in stored_journals(lake.root, f"{dataset}-r"):
        shard = _SHARD.fullmatch(journal.stem)
        if shard is None or _dataset(journal.run_id) != dataset:
            continue
        number = int(shard[1])
        if journal.run_id not in known or (journal.run_id == run_id and number >= first):
            opened: AnyJournal[Entry] = journal_at(journal.place, Entry)
            replay = opened.read()
            tell_damage(journal.place, replay, say)
            # A refusal cost nothing, and the teacher may have changed its mind.
            paid = [one for one in replay.records if isinstance(one, SampleEntry | VerdictEntry)]
            found[journal.run_id, number] = paid
    return found


def _dataset(run_id: str) -> str:
    """What is before the number at the end of a run's id: NAME-rN."""
    return run_id.rpartition("-r")[0]


def _sample_id(entry: SampleEntry | VerdictEntry) -> str:
    return entry.sample.sample_id if isinstance(entry, SampleEntry) else entry.verdict.sample_id
