"""What runs were paid for that a lake has forgotten, since it was put back from a backup.

Their journals lie beside those of the runs that it knows, and nobody would read them: a shard reads its own, and those
of shards that other runs have planned in this lake. So it also asks what there is of its prompts in journals of shards
that no run has planned. As a rule there are none, and a look at the names tells.

The lake gives the number of such a run to another one, and the shards of that their numbers. So before a run plans,
what journals there are under its numbers are set aside, as those of NAME-rN@1.
"""

import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

import msgspec

from stillroom.errors import LakeError
from stillroom.journal import AnyJournal, JournalPlace, journal_at, journal_place, tell_damage
from stillroom.journal.removal import journals_of, rename_journal
from stillroom.lake import Lake
from stillroom.sampling.entries import Entry, SampleEntry, VerdictEntry

_SHARD = re.compile(r"shard-(\d+)")
_RUN = re.compile(r"(.+)-r(\d+)(?:@(\d+))?")
_STATES = "SELECT run_id, state FROM lake.current_runs WHERE dataset = ?"
_PLANNED = "SELECT run_id, max(shard) AS last FROM lake.shards WHERE run_id IN (SELECT unnest($runs)) GROUP BY run_id"


class _Asked(msgspec.Struct):
    prompt_id: str


class _Sample(msgspec.Struct, tag="sample"):
    sample: _Asked


class _Verdict(msgspec.Struct, tag="verdict"):
    pass


class _Refusal(msgspec.Struct, tag="refusal"):
    pass


_Outline = _Sample | _Verdict | _Refusal  # of an entry: the prompt that a sample answers, and nothing of its text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A journal of a shard that no run has planned."""

    name: str
    place: JournalPlace


class Forgotten:
    """The journals of a dataset that are of shards which the lake has not planned, by the prompts that they hold.

    They are looked for when they are first asked for, one after another: nobody of this lake writes them. Use it under
    the lease on the dataset, or in a shard of a run that was planned under it, and from several threads.

    Args:
        lake: knows what was planned.
        dataset: whose journals.
        say: told what was found, where lines were damaged, and which journal cannot be read.
    """

    def __init__(self, lake: Lake, dataset: str, say: Callable[[str], None] = lambda _: None) -> None:
        self._lake = lake
        self._dataset = dataset
        self._say = say
        self._lock = threading.Lock()
        self._by_prompt: Mapping[str, Collection[_Found]] | None = None

    def entries(self, prompt_ids: Collection[str]) -> list[Entry]:
        """What they hold of these prompts, whatever was asked of them; no refusals, since these cost nothing.

        A journal that cannot be read is told and left where it is: no version of Stillroom can finish its run.

        Raises:
            LakeError: the lake does not answer, or the place of the journals cannot be looked at.
        """
        with self._lock:
            if self._by_prompt is None:
                self._by_prompt = self._outlined()
            by_prompt = self._by_prompt
        journals = dict.fromkeys(one for prompt_id in prompt_ids for one in by_prompt.get(prompt_id, ()))
        return [entry for one in journals for entry in self._of(one, prompt_ids)]

    def _outlined(self) -> dict[str, list[_Found]]:
        by_prompt: dict[str, list[_Found]] = {}
        for one in self._unplanned():
            journal: AnyJournal[_Outline] = journal_at(one.place, _Outline)
            try:
                replay = journal.read()
            except LakeError as error:
                self._tell_unread(one, error)
                continue
            tell_damage(one.place, replay, self._say)
            for prompt_id in {record.sample.prompt_id for record in replay.records if isinstance(record, _Sample)}:
                by_prompt.setdefault(prompt_id, []).append(one)
        if by_prompt:
            names = dict.fromkeys(one.name for journals in by_prompt.values() for one in journals)
            self._say(
                f"journals of runs that this lake does not know ({', '.join(names)}) hold answers to {len(by_prompt)} "
                "prompts: what shards ask for of them is taken over"
            )
        return by_prompt

    def _unplanned(self) -> Iterator[_Found]:
        states = {row["run_id"]: row["state"] for row in self._lake.rows(_STATES, [self._dataset])}
        finished = {
            run_id for run_id, state in states.items() if state != "opened"
        }  # they have planned all that is theirs

        def is_sought(run_id: str) -> bool:
            return dataset_of(run_id) == self._dataset and run_id not in finished

        found = _shard_journals(self._lake, is_sought)
        asked = sorted({run_id for run_id, _ in found} & states.keys())
        rows = self._lake.rows(_PLANNED, {"runs": asked}) if asked else []
        last = {row["run_id"]: row["last"] for row in rows}
        for run_id, shard in sorted(found, key=_order):
            if shard > last.get(run_id, -1):
                stem = f"shard-{shard}"
                yield _Found(name=f"{run_id}/{stem}", place=journal_place(self._lake.root, run_id, stem))

    def _of(self, one: _Found, prompt_ids: Collection[str]) -> Iterator[SampleEntry | VerdictEntry]:
        journal: AnyJournal[Entry] = journal_at(one.place, Entry)
        try:
            records = journal.read().records
        except LakeError as error:
            self._tell_unread(one, error)
            return
        wanted, samples = set(prompt_ids), set[str]()
        for entry in records:
            if isinstance(entry, SampleEntry):
                if entry.sample.prompt_id in wanted:
                    samples.add(entry.sample.sample_id)
                    yield entry
            elif isinstance(entry, VerdictEntry) and entry.verdict.sample_id in samples:
                yield entry

    def _tell_unread(self, one: _Found, error: LakeError) -> None:
        self._say(
            f"the journal {one.name}, of a run that this lake does not know, cannot be read and is left where it is "
            f"({error.__cause__ or error}): what it holds may be paid for once more"
        )


def set_aside(lake: Lake, run_id: str) -> None:
    """Rename journals of shards that the run has not planned: they are another's, who had its number.

    Call it under the lease on the dataset. Cut off and called again, it goes on.

    Raises:
        LakeError: a journal cannot be renamed.
    """
    found = _shard_journals(lake, lambda one: one == run_id)
    if not found:
        return
    rows = lake.rows(_PLANNED, {"runs": [run_id]})
    first = rows[0]["last"] + 1 if rows else 0
    strange = [shard for _, shard in found if shard >= first]
    if strange:
        taken = {other for other, _ in journals_of(lake.root, lambda one: one.startswith(f"{run_id}@"))}
        aside = next(name for number in count(1) if (name := f"{run_id}@{number}") not in taken)
        for shard in strange:
            rename_journal(lake.root, f"shard-{shard}", run_id, aside)


def dataset_of(run_id: str) -> str:
    """The dataset of a run's id, NAME-rN, also of one that was set aside; "" where it is none."""
    found = _RUN.fullmatch(run_id)
    return found[1] if found else ""


def _shard_journals(lake: Lake, is_sought: Callable[[str], bool]) -> list[tuple[str, int]]:
    """Run ids and shards that there are journals of."""
    found = [(run_id, _SHARD.fullmatch(stem)) for run_id, stem in journals_of(lake.root, is_sought)]
    return [(run_id, int(shard[1])) for run_id, shard in found if shard is not None]


def _order(journal: tuple[str, int]) -> tuple[int, int, int]:
    run_id, shard = journal
    found = _RUN.fullmatch(run_id)
    return (int(found[2]), int(found[3] or 0), shard) if found else (0, 0, shard)
