"""What has to be true of a lake whatever happened to its builds, held against the teacher's own ledger."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg

from stillroom.journal import InDatabase, JournalPlace, journal_at
from stillroom.lake import TABLES, Lake
from stillroom.lake.location import locate
from stillroom.publication import compare, snapshots
from stillroom.sampling.entries import Entry, SampleEntry
from stillroom.seeding.plan import Record, Reply
from tests.fakes.teacher import Paid

_DOUBLED = {
    "samples": "run_id, sample_id",
    "verdicts": "run_id, sample_id, check_id, verifier_id",
    "prompts": "run_id, prompt_id",
    "proposals": "run_id, writing_round, writing_request, created_at",  # one may be ruled on again
    "selections": "curation_id, sample_id",
    "examples": "run_id, example_id",
    "snapshots": "name, version",
    "snapshot_members": "name, version, example_id",
    "commits": "key",
    "runs": "run_id, version",
    "shards": "run_id, prompt_id",
    "test_strengths": "check_id, measure_id",
    "removals": "name, version, example_id",
}
_UNPAID = """
SELECT (SELECT count(DISTINCT sample_id) FROM lake.samples) AS samples,
       (SELECT coalesce(sum(samples), 0)::BIGINT FROM lake.costs WHERE stage = 'sampling') AS paid
"""


@dataclass(slots=True)
class Accounts:
    """Counts what was lost between the teacher's ledger and what the lake and its journals hold.

    Attributes:
        lost: samples and writing replies that were paid for and are nowhere, by kind, over all kills so far.
        known: texts of all samples that were seen in a journal or in the lake, by their ids.
        whole: versions that were found whole; they are compared again at the end, and not after each kill.
    """

    lost: Counter[str] = field(default_factory=Counter)
    known: dict[str, str] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)

    def after_kill(self, lake: Lake, paid: list[Paid], *, in_flight: int) -> Counter[str]:
        """Check the lake as a kill left it; returns what this kill lost, at most what was in flight.

        A teacher's slots count samples and writing replies alike, so both together are bounded. With nothing in flight
        it holds of work that went on undisturbed since the last look, done or not.

        Raises:
            AssertionError: something is lost, doubled or half visible.
        """
        self._note(_journalled_samples(lake))
        self._note(_stored_samples(lake))
        held = Counter(sample=len(self.known), writing=_replies(lake))
        total = Counter(one.kind for one in paid) - held
        lost_now = total - self.lost
        assert lost_now.total() <= in_flight, f"lost {lost_now}, in flight {in_flight} at most"
        assert not held - Counter(one.kind for one in paid), f"{held} is more than was paid for"
        self.lost = total
        assert_consistent(lake, is_frozen_later=True, whole=self.whole)
        return lost_now

    def after_tear(self, lake: Lake, paid: list[Paid]) -> Counter[str]:
        """Let go of what journals held before somebody damaged them; returns how much of it is to be paid for again."""
        self.known = {**_journalled_samples(lake), **_stored_samples(lake)}
        total = Counter(one.kind for one in paid) - Counter(sample=len(self.known), writing=_replies(lake))
        torn = total - self.lost
        self.lost = total
        return torn

    def at_the_end(self, lake: Lake, paid: list[Paid]) -> None:
        """Check a lake whose last build is done: it holds all that was ever seen, and nothing else was paid for."""
        stored = _stored_samples(lake)
        missing = [sample_id for sample_id in self.known if sample_id not in stored]
        assert not missing, f"{len(missing)} samples were in a journal and are not in the lake"
        assert all(stored[sample_id] == text for sample_id, text in self.known.items()), "a sample has another text"
        samples = sum(one.kind == "sample" for one in paid)
        assert samples - len(stored) == self.lost["sample"], "samples were lost without a kill"
        replies = lake.rows("SELECT count(*) AS n FROM lake.current_proposals")[0]["n"]
        writing = sum(one.kind == "writing" for one in paid)
        assert writing - replies == self.lost["writing"], "writing replies were lost, or doubled, without a kill"
        assert_judged(lake)
        assert_consistent(lake)

    def _note(self, samples: dict[str, str]) -> None:
        for sample_id, text in samples.items():
            assert self.known.setdefault(sample_id, text) == text, f"sample {sample_id} changed its text"


def assert_judged(lake: Lake) -> None:
    """Every sample that was committed has a verdict in its run.

    Raises:
        AssertionError: naming some that have none.
    """
    lacking = lake.rows(
        "SELECT run_id, sample_id FROM lake.samples ANTI JOIN lake.verdicts USING (run_id, sample_id) LIMIT 3"
    )
    assert not lacking, f"samples without a verdict: {lacking}"


def assert_consistent(lake: Lake, *, is_frozen_later: bool = False, whole: set[str] | None = None) -> None:
    """Nothing is doubled, no unit of work is half there, and every published snapshot is whole.

    Args:
        lake: the lake.
        is_frozen_later: a snapshot may lack its frozen copy, all of it: the next build makes it.
        whole: labels of snapshots that need no comparison any more; those that are found whole are added.

    Raises:
        AssertionError: naming what is not so.
    """
    for table, key in _DOUBLED.items():
        doubled = lake.rows(f"SELECT {key}, count(*) AS n FROM lake.{table} GROUP BY ALL HAVING n > 1 LIMIT 3")
        assert not doubled, f"{table} holds rows twice: {doubled}"
    (account,) = lake.rows(_UNPAID)  # what a run adopts stands under both runs, and in the costs of the first
    assert account["samples"] == account["paid"], f"costs are of {account['paid']} samples: {account}"
    receipts: Counter[str] = Counter()
    for row in lake.rows("SELECT row_counts FROM lake.commits"):
        receipts.update(json.loads(row["row_counts"]))
        receipts["commits"] += 1
    rows = {table: lake.rows(f"SELECT count(*) AS n FROM lake.{table}")[0]["n"] for table in TABLES}
    assert rows == {table: receipts[table] for table in TABLES}, "tables differ from what the commits say they wrote"
    whole = set() if whole is None else whole
    for snapshot in snapshots(lake):
        if snapshot.label in whole or (is_frozen_later and not (lake.root / snapshot.path).exists()):
            continue
        differing = [one for one in compare(lake, snapshot) if not one.is_same]
        assert not differing, f"{snapshot.label}: {differing}"
        whole.add(snapshot.label)


def _stored_samples(lake: Lake) -> dict[str, str]:
    return {row["sample_id"]: row["response"] for row in lake.rows("SELECT sample_id, response FROM lake.samples")}


def _journalled_samples(lake: Lake) -> dict[str, str]:
    entries = [
        entry
        for _, place in journals(lake, "shard")
        for entry in journal_at(place, Entry).read().records
        if isinstance(entry, SampleEntry)
    ]
    return {entry.sample.sample_id: entry.sample.completion.text for entry in entries}


def _replies(lake: Lake) -> int:
    """Writing replies that are known: those of committed rounds, and journals of rounds that are not."""
    committed = lake.rows("SELECT run_id, count(*) AS n FROM lake.current_proposals GROUP BY run_id")
    done = {row["key"] for row in lake.rows("SELECT key FROM lake.commits WHERE starts_with(key, 'seed:')")}
    return sum(row["n"] for row in committed) + sum(
        sum(isinstance(record, Reply) for record in journal_at(place, Record).read().records)
        for name, place in journals(lake, "writing")
        if f"seed:{name.replace('/writing-', ':')}" not in done
    )


def journals(lake: Lake, work: str) -> Iterator[tuple[str, JournalPlace]]:
    """Journals of shards or writing rounds that hold something: RUN/WORK-NUMBER, and where each is."""
    location = locate(lake.root)
    if location.journals_in_catalogue:
        asked = "SELECT DISTINCT journal FROM stillroom.journal_records WHERE journal LIKE %s ORDER BY journal"
        with psycopg.connect(str(location.catalogue)) as database:
            names = [str(name) for (name,) in database.execute(asked, [f"%/{work}-%"]).fetchall()]
        yield from ((name, InDatabase(str(location.catalogue), name)) for name in names)
    else:
        for path in sorted((lake.root / "journal").rglob(f"{work}-*.jsonl")):
            yield f"{path.parent.name}/{path.stem}", path
