"""What runs were paid for that a lake has forgotten, since it was put back from a backup.

Their journals lie beside those of the runs that it knows, and nobody would read them: a shard reads its own, and those
of shards that other runs have planned in this lake. So it also asks what there is of its prompts in journals of shards
that no run has planned. As a rule there are none, and a look at the names tells.

Where there are some, the build looks at each once, and writes down in a journal of the dataset which prompts it holds.
Shards, of which each may have a process of its own, read there which ones are worth opening. Of one that is of another
form it writes down which code could not read it: to other code it is new. One that the disk or the server does not give
ends the work before anything is asked: a moment later it may be read.
"""

import threading
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from stillroom.code_version import code_version
from stillroom.errors import LakeError
from stillroom.journal import AnyJournal, journal_at, journal_place, tell_damage
from stillroom.journal.removal import remove_journal, sizes_of
from stillroom.lake import Lake
from stillroom.runs.unplanned import Found, unplanned
from stillroom.sampling.entries import Entry, SampleEntry, VerdictEntry

INDEX = "forgotten"
"""Of the journal, one of each dataset, that says which prompts such journals hold: the piece of work it is of."""


class _Answer(msgspec.Struct):
    prompt_id: str
    sample_id: str


class _Judged(msgspec.Struct):
    sample_id: str


class _Sample(msgspec.Struct, tag="sample"):
    sample: _Answer


class _Verdict(msgspec.Struct, tag="verdict"):
    verdict: _Judged


class _Refusal(msgspec.Struct, tag="refusal"):
    pass


_Outline = _Sample | _Verdict | _Refusal  # of an entry: the prompt or the sample that it is of, and nothing of its text
_Places = Mapping[str, "array[int]"]  # in a journal, by prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A journal as it was looked at: told by its name and its size in bytes, since nobody writes it any more.

    Attributes:
        unread_by: the version of the code that could not read it, so that nothing is known of its prompts; "" where it
            was read.
    """

    name: str
    size: int
    prompt_ids: list[str]
    unread_by: str


class Forgotten:
    """The journals of a dataset that are of shards which the lake has not planned, by the prompts that they hold.

    They are looked for when they are first asked for, one after another: nobody of this lake writes them. Use it under
    the lease on the dataset, or in a shard of a run that was planned under it, and from several threads.

    Args:
        lake: knows what was planned.
        dataset: whose journals.
        say: told what was found, where lines were damaged, and which journal is of another form; of each journal once
            for all processes, where ``look`` came first.
    """

    def __init__(self, lake: Lake, dataset: str, say: Callable[[str], None] = lambda _: None) -> None:
        self._lake = lake
        self._dataset = dataset
        self._say = say
        self._lock = threading.Lock()
        self._by_prompt: Mapping[str, Collection[Found]] | None = None
        self._places: dict[str, _Places] = {}
        self._index_place = journal_place(lake.root, dataset, INDEX)
        self._index: AnyJournal[_Seen] = journal_at(self._index_place, _Seen)

    def look(self) -> None:
        """Look at the journals that nobody has looked at before, and write down which prompts they hold.

        Call it under the lease on the dataset.

        Raises:
            LakeError: as ``entries``, or that cannot be written down. Those that it came to are not looked at again.
        """
        with self._lock:
            if self._by_prompt is None:
                self._by_prompt = self._looked_up(writes=True)

    def entries(self, prompt_ids: Collection[str]) -> list[Entry]:
        """What they hold of these prompts, whatever was asked of them; no refusals, since these cost nothing.

        A journal of another form is told and left where it is: no version of Stillroom can finish its run.

        Raises:
            LakeError: the lake does not answer, or a journal or the place of all cannot be read. Asked again, it looks
                again.
        """
        with self._lock:
            if self._by_prompt is None:
                self._by_prompt = self._looked_up(writes=False)
            by_prompt = self._by_prompt
        journals = dict.fromkeys(one for prompt_id in prompt_ids for one in by_prompt.get(prompt_id, ()))
        try:
            return [entry for one in journals for entry in self._of(one, prompt_ids)]
        except LakeError:
            with self._lock:
                self._by_prompt = None  # what cannot be read may have been moved away by the next time
                self._places.clear()
            raise

    def _looked_up(self, *, writes: bool) -> dict[str, list[Found]]:
        found = unplanned(self._lake, self._dataset)
        if not found:
            return {}
        sizes = sizes_of([one.place for one in found])
        known = self._written_down(writes=writes)
        fresh = [one for one, size in zip(found, sizes, strict=True) if (one.name, size) not in known]
        by_prompt: dict[str, list[Found]] = {}
        with ExitStack() as held:
            index = held.enter_context(self._index) if fresh and writes else None
            for one, size in zip(found, sizes, strict=True):
                seen = known.get((one.name, size))
                if seen is None:
                    seen = self._first_seen(one, size)
                    if index is not None:
                        index.append(seen)
                for prompt_id in seen.prompt_ids:
                    by_prompt.setdefault(prompt_id, []).append(one)
        if by_prompt and fresh:
            names = dict.fromkeys(one.name for journals in by_prompt.values() for one in journals)
            self._say(
                f"journals of runs that this lake does not know ({', '.join(names)}) hold answers to {len(by_prompt)} "
                "prompts: what shards ask for of them is taken over"
            )
        return by_prompt

    def _written_down(self, *, writes: bool) -> dict[tuple[str, int], _Seen]:
        """What was seen of journals, by name and size, but for those that other code could not read.

        Nothing in it was paid for. So where it is of another form, it is made anew.
        """
        try:
            seen = self._index.read().records
        except LakeError as error:
            if not _is_of_another_form(error):
                raise
            if writes:
                remove_journal(self._index_place)
            return {}
        known = {(one.name, one.size): one for one in seen if one.unread_by and one.unread_by == code_version()}
        return known | {(one.name, one.size): one for one in seen if not one.unread_by}

    def _first_seen(self, one: Found, size: int) -> _Seen:
        """The prompts that a journal holds."""
        try:
            return _Seen(name=one.name, size=size, prompt_ids=[*self._outlined(one, self._say)], unread_by="")
        except LakeError as error:
            self._leave(one, error)
            return _Seen(name=one.name, size=size, prompt_ids=[], unread_by=code_version())

    def _outlined(self, one: Found, say: Callable[[str], None] = lambda _: None) -> _Places:
        """Where in a journal the entries of each prompt are."""
        if one.name not in self._places:
            journal: AnyJournal[_Outline] = journal_at(one.place, _Outline)
            replay = journal.read()
            tell_damage(one.place, replay, say)
            places: dict[str, array[int]] = {}
            prompts: dict[str, str] = {}
            for place, entry in zip(replay.places, replay.records, strict=True):
                if isinstance(entry, _Sample):
                    prompts[entry.sample.sample_id] = entry.sample.prompt_id
                    places.setdefault(entry.sample.prompt_id, array("q")).append(place)
                elif isinstance(entry, _Verdict) and entry.verdict.sample_id in prompts:
                    places[prompts[entry.verdict.sample_id]].append(place)
            self._places[one.name] = places
        return self._places[one.name]

    def _of(self, one: Found, prompt_ids: Collection[str]) -> Iterator[SampleEntry | VerdictEntry]:
        journal: AnyJournal[Entry] = journal_at(one.place, Entry)
        try:
            with self._lock:
                places = self._outlined(one)
            records = journal.read_at(sorted(place for prompt_id in prompt_ids for place in places.get(prompt_id, ())))
        except LakeError as error:
            self._leave(one, error)
            return
        wanted, samples = set(prompt_ids), set[str]()
        for entry in records:
            if isinstance(entry, SampleEntry):
                if entry.sample.prompt_id in wanted:
                    samples.add(entry.sample.sample_id)
                    yield entry
            elif isinstance(entry, VerdictEntry) and entry.verdict.sample_id in samples:
                yield entry

    def _leave(self, one: Found, error: LakeError) -> None:
        """Say that a journal of another form is left where it is.

        Raises:
            LakeError: it is of this form for all that is known, and cannot be read.
        """
        if not _is_of_another_form(error):
            raise LakeError(
                f"the journal {one.name}, of a run that this lake does not know, cannot be read ({error}). What it "
                "holds was paid for, so it is not passed over: it is tried again. Where that does not help, mend what "
                f"keeps it from being read; or, to pay for it once more, {_removal(one)}. Then start again."
            ) from error
        self._say(
            f"the journal {one.name}, of a run that this lake does not know, cannot be read and is left where it is "
            f"({error.__cause__}): what it holds may be paid for once more"
        )


def _is_of_another_form(error: LakeError) -> bool:
    return isinstance(error.__cause__, msgspec.DecodeError)


def _removal(one: Found) -> str:
    """What takes a journal out of the way."""
    if isinstance(one.place, Path):
        return f"move {one.place} away"
    return f"delete the rows of stillroom.journal_records whose journal is {one.place.name!r}"
