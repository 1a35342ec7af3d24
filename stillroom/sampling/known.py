"""What is known of a shard's samples before anything is asked: by the lake, its journal, and runs that were given up.

Of what others have, only what answers this shard's requests counts. What the lake has of another run is adopted: the
lake gives it again to whoever runs the shard next. What another run's journal has is taken over into the shard's own.
"""

from collections.abc import Sequence, Set

from stillroom.journal import AnyJournal
from stillroom.records import Outcome, Verdict
from stillroom.sampling.entries import Entry, RefusalEntry, SampleEntry, VerdictEntry, VerdictKey, keys_of, verdict_key


class Known:
    """A shard's samples, verdicts and refusals: what is found first, and then what comes.

    Args:
        committed: what the lake has of the shard already.
        elsewhere: what the lake has of abandoned runs.
        abandoned: what their journals hold.

    Attributes:
        samples: by sample id, the text that counts.
        verdicts: about these texts.
        refusals: by request id.
        adopted: ids of samples that come from ``elsewhere``.
        adopted_verdicts: likewise, by sample, check and verifier.
    """

    def __init__(
        self,
        *,
        committed: Sequence[Entry],
        elsewhere: Sequence[SampleEntry | VerdictEntry],
        abandoned: Sequence[Entry],
    ) -> None:
        self._committed = committed
        self._elsewhere = elsewhere
        self._abandoned = abandoned
        self._indices: dict[str, int] = {}
        self.samples: dict[str, SampleEntry] = {}
        self.verdicts: dict[VerdictKey, Verdict] = {}
        self.refusals: dict[str, RefusalEntry] = {}
        self.adopted: frozenset[str] = frozenset()
        self.adopted_verdicts: frozenset[VerdictKey] = frozenset()

    def gather(self, request_ids: Set[str], journal: AnyJournal[Entry]) -> None:
        """Take in all that there is of these requests.

        Raises:
            LakeError: what is taken over cannot be journalled.
        """
        own = [*self._committed, *self._beside_committed(journal.replay.records)]
        self._replay([*self._adopt(request_ids, own), *own])  # whose verdicts may be in the journal
        self._take_over(request_ids, journal)

    def indices(self, request_id: str) -> int:
        """One more than the greatest index that was found of a request's samples."""
        return self._indices.get(request_id, 0)

    @property
    def passed(self) -> int:
        """How many verdicts are passes."""
        return sum(verdict.judgement.outcome is Outcome.PASS for verdict in self.verdicts.values())

    @property
    def stored(self) -> set[str | VerdictKey]:
        """Keys of what the lake has of the shard already."""
        return {key for entry in self._committed for key in keys_of(entry)}

    def _beside_committed(self, journalled: Sequence[Entry]) -> list[Entry]:
        """What a journal holds, without samples that the lake has: its text counts, and is the one that is judged."""
        stored = {key for entry in self._committed if isinstance(entry, SampleEntry) for key in keys_of(entry)}
        return [
            entry for entry in journalled if not (isinstance(entry, SampleEntry) and entry.sample.sample_id in stored)
        ]

    def _replay(self, entries: Sequence[Entry]) -> None:
        """Take in what is known: of a sample the last text, and verdicts about that one.

        Which text a verdict is about that does not say it is told by the order alone.
        """
        for entry in entries:
            if isinstance(entry, SampleEntry):
                sample = entry.sample
                self.samples[sample.sample_id] = entry
                self._indices[sample.request_id] = max(self.indices(sample.request_id), sample.index + 1)
            elif isinstance(entry, VerdictEntry):
                verdict = entry.verdict
                # Without its sample that one's line was damaged: another text will come.
                if not entry.text_hash and verdict.sample_id in self.samples:
                    self.verdicts[verdict_key(verdict)] = verdict
            else:
                self.refusals[entry.request_id] = entry
        for entry in entries:
            if isinstance(entry, VerdictEntry) and entry.text_hash and self._has_text_of(entry):
                self.verdicts[verdict_key(entry.verdict)] = entry.verdict

    def _has_text_of(self, entry: VerdictEntry) -> bool:
        sample = self.samples.get(entry.verdict.sample_id)
        return sample is not None and entry.is_about(sample)

    def _adopt(self, request_ids: Set[str], own: Sequence[Entry]) -> list[Entry]:
        """Of what abandoned runs have committed, what answers these requests and the shard has no sample of its own of.

        It is not journalled: the lake has it, and gives it again to whoever runs the shard next.
        """
        had = {entry.sample.sample_id for entry in own if isinstance(entry, SampleEntry)}
        judged = {key for entry in own if isinstance(entry, VerdictEntry) for key in keys_of(entry)}
        samples = {
            entry.sample.sample_id: entry
            for entry in self._elsewhere
            if isinstance(entry, SampleEntry)
            and entry.sample.request_id in request_ids
            and entry.sample.sample_id not in had
        }
        verdicts = {
            verdict_key(entry.verdict): entry
            for entry in self._elsewhere
            if isinstance(entry, VerdictEntry)
            and entry.verdict.sample_id in samples
            and verdict_key(entry.verdict) not in judged
        }
        self.adopted, self.adopted_verdicts = frozenset(samples), frozenset(verdicts)
        return [*samples.values(), *verdicts.values()]

    def _take_over(self, request_ids: Set[str], journal: AnyJournal[Entry]) -> None:
        """Make this shard's what abandoned runs were paid for and never committed.

        It goes into this shard's journal, since theirs are read by nobody else once this run is done. Refusals do
        not: they cost nothing, and the teacher may have changed its mind.
        """
        taken: dict[str, SampleEntry] = {}
        verdicts: list[VerdictEntry] = []
        for entry in self._abandoned:
            if isinstance(entry, SampleEntry):
                if entry.sample.request_id in request_ids and entry.sample.sample_id not in self.samples:
                    taken.setdefault(entry.sample.sample_id, entry)
            elif isinstance(entry, VerdictEntry) and (entry.text_hash or entry.verdict.sample_id in taken):
                verdicts.append(entry)
        about = [one for one in verdicts if (of := taken.get(one.verdict.sample_id)) is not None and one.is_about(of)]
        entries: list[Entry] = [*taken.values(), *about]
        for entry in entries:
            journal.append(entry)
        self._replay(entries)
