"""Hands on what journals hold that a lake, put back from a backup, has under a run's number and plans otherwise.

It gives the number of a run that it has forgotten to another one, beside the journals of the first. What those hold was
paid for, and a shard reads no journal of its run but its own. So before shards are planned, what journals under their
numbers or higher ones hold of their prompts is copied to the journals of the shards that are to have these. No shard of
such a number was planned in this lake: nobody writes them, and as a rule there are none.
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
    for number, entries in _journalled(lake, run_id, min(planned.values()), say).items():
        prompts = {one.sample.sample_id: one.sample.prompt_id for one in entries if isinstance(one, SampleEntry)}
        for entry in entries:
            shard = planned.get(prompts.get(_sample_id(entry), ""))
            if shard is not None and shard != number:
                copied.setdefault(shard, []).append(entry)
    for shard, entries in copied.items():
        opened: AnyJournal[Entry] = journal_at(shard_journal(lake, run_id, shard), Entry)
        with opened as journal:
            there = {msgspec.json.encode(entry) for entry in journal.replay.records}
            for entry in entries:
                if msgspec.json.encode(entry) not in there:
                    journal.append(entry)
    if copied:
        say(
            f"journals of an earlier {run_id}, which this lake does not know, hold answers to prompts of shards "
            f"{', '.join(map(str, sorted(copied)))}: they are taken over"
        )


def _journalled(
    lake: Lake, run_id: str, first: int, say: Callable[[str], None]
) -> Mapping[int, Sequence[SampleEntry | VerdictEntry]]:
    """What was paid for, by the number of the shard whose journal it is in, from ``first`` on."""
    found: dict[int, Sequence[SampleEntry | VerdictEntry]] = {}
    for journal in stored_journals(lake.root, run_id):
        shard = _SHARD.fullmatch(journal.stem)
        if shard and int(shard[1]) >= first:
            opened: AnyJournal[Entry] = journal_at(journal.place, Entry)
            replay = opened.read()
            tell_damage(journal.place, replay, say)
            # A refusal cost nothing, and the teacher may have changed its mind.
            found[int(shard[1])] = [one for one in replay.records if isinstance(one, SampleEntry | VerdictEntry)]
    return found


def _sample_id(entry: SampleEntry | VerdictEntry) -> str:
    return entry.sample.sample_id if isinstance(entry, SampleEntry) else entry.verdict.sample_id
