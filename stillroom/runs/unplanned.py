"""Journals of shards that no run of a lake has planned: those of runs that it has forgotten, since it was put back.

The lake gives the number of such a run to another one, and the shards of that their numbers. So before a run plans,
what journals there are under its numbers are set aside, as those of NAME-rN@1.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from stillroom.journal import JournalPlace, journal_place
from stillroom.journal.removal import journals_of, rename_journal
from stillroom.lake import Lake

_SHARD = re.compile(r"shard-(\d+)")
_RUN = re.compile(r"(.+)-r(\d+)(?:@(\d+))?")
_STATES = "SELECT run_id, state FROM lake.current_runs WHERE dataset = ?"
_PLANNED = "SELECT run_id, max(shard) AS last FROM lake.shards WHERE run_id IN (SELECT unnest($runs)) GROUP BY run_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A journal of a shard that no run has planned."""

    name: str
    place: JournalPlace


def unplanned(lake: Lake, dataset: str) -> list[Found]:
    """The journals of a dataset that are of no shard which the lake has planned, oldest run first.

    Raises:
        LakeError: the lake does not answer, or the place of the journals cannot be looked at.
    """
    states = {row["run_id"]: row["state"] for row in lake.rows(_STATES, [dataset])}
    finished = {run_id for run_id, state in states.items() if state != "opened"}  # they have planned all that is theirs

    def is_sought(run_id: str) -> bool:
        return dataset_of(run_id) == dataset and run_id not in finished

    found = _shard_journals(lake, is_sought)
    asked = sorted({run_id for run_id, _ in found} & states.keys())
    rows = lake.rows(_PLANNED, {"runs": asked}) if asked else []
    last = {row["run_id"]: row["last"] for row in rows}
    return [
        Found(name=f"{run_id}/shard-{shard}", place=journal_place(lake.root, run_id, f"shard-{shard}"))
        for run_id, shard in sorted(found, key=_order)
        if shard > last.get(run_id, -1)
    ]


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
