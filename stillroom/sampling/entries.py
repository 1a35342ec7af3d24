"""What a shard's journal holds, and what is counted and made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from stillroom.fingerprint import fingerprint
from stillroom.records import Answer, Outcome, Request, Sample, Verdict


class SampleEntry(msgspec.Struct, frozen=True, tag="sample"):
    """A sample was answered."""

    sample: Sample
    answered_at: datetime


class VerdictEntry(msgspec.Struct, frozen=True, tag="verdict"):
    """A sample was judged.

    A sample that was asked for twice has two texts under one id, where two processes took themselves for the only one
    or where runs that were abandoned both asked: a verdict is about one of them.

    Attributes:
        text_hash: of the text that was judged; "" in rows of the lake, where there is one text, and in journals of an
            earlier Stillroom.
    """

    verdict: Verdict
    text_hash: str = ""

    def is_about(self, entry: SampleEntry) -> bool:
        """Whether this text was judged, as far as the entry says."""
        return not self.text_hash or self.text_hash == text_hash(entry.sample)


class RefusalEntry(msgspec.Struct, frozen=True, tag="refusal"):
    """A teacher will never answer this prompt."""

    prompt_id: str
    request_id: str
    message: str


Entry = SampleEntry | VerdictEntry | RefusalEntry
VerdictKey = tuple[str, str, str]
"""Sample, check and verifier."""


@dataclass(slots=True)
class Tally:
    """Where a shard stands; the numbers that progress shows."""

    prompts: int = 0
    settled: int = 0
    samples: int = 0
    judged: int = 0
    passed: int = 0
    tokens: int = 0
    replayed: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardResult:
    """All that a finished shard has to commit.

    Attributes:
        answers: by sample id, what was extracted of it and judged.
        adopted: sample ids of what another run has committed, and so recorded the cost of.
        adopted_verdicts: likewise, by sample, check and verifier.
    """

    samples: tuple[SampleEntry, ...]
    answers: Mapping[str, Answer]
    verdicts: tuple[Verdict, ...]
    adopted: frozenset[str]
    adopted_verdicts: frozenset[VerdictKey]
    requests: Mapping[str, Request]
    refusals: tuple[RefusalEntry, ...]
    tally: Tally


def text_hash(sample: Sample) -> str:
    """What tells the texts of one sample id apart."""
    return fingerprint(sample.completion.text, length=16)


def keys_of(entry: Entry) -> tuple[str | VerdictKey, ...]:
    """What a stored entry makes superfluous: a sample by its id, a verdict by sample, check and verifier."""
    if isinstance(entry, SampleEntry):
        return (entry.sample.sample_id,)
    if isinstance(entry, VerdictEntry):
        return (verdict_key(entry.verdict),)
    return ()


def verdict_key(verdict: Verdict) -> VerdictKey:
    """What a verdict is one of: there is nothing to judge twice."""
    return verdict.sample_id, verdict.check_id, verdict.verifier_id


def combined(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of several verifiers': any fail fails, any abstention abstains, else all have passed."""
    if not outcomes or (Outcome.ABSTAIN in outcomes and Outcome.FAIL not in outcomes):
        return Outcome.ABSTAIN
    return Outcome.FAIL if Outcome.FAIL in outcomes else Outcome.PASS
