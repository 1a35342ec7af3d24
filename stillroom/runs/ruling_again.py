"""Written tasks that could not be judged: ruled on again from the replies in the lake, without asking a teacher.

Where the sandbox was lost at one, that is tried whenever a build or a reverification begins; where a verifier had a
defect there, once another one counts. A ruling that came of a verdict stays: every new image is another verifier, and
would run again all that writers were ever refused for, while nothing that was admitted is ever withdrawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from stillroom.capabilities import find_capability
from stillroom.fingerprint import fingerprint
from stillroom.journal import AnyJournal, journal_at
from stillroom.lake import Lake, Row
from stillroom.recipe import Recipe
from stillroom.records import ID_DIGITS, Completion, FinishReason, Verifier
from stillroom.runs.newest import ORDINAL
from stillroom.runs.opening import open_runs, opened_at
from stillroom.runs.paid import writing_journal
from stillroom.runs.planning import pool, rounds_done
from stillroom.runs.retracting import retracted_prompts
from stillroom.runs.rows import prompt_row, proposal_row
from stillroom.runs.unplanned import dataset_of
from stillroom.seeding import Record, Round, is_begun, is_planned
from stillroom.seeding.admission import UNJUDGED, Proposed, Ruling, rule
from stillroom.seeding.plan import WritingRequest

_UNJUDGED = "FROM lake.current_proposals WHERE reason = $unjudged AND run_id IN (SELECT unnest($runs))"
_TRIED = """
SELECT DISTINCT run_id, writing_round, writing_request FROM lake.proposals
WHERE reason = $unjudged AND run_id IN (SELECT unnest($runs)) AND list_sort(verifier_ids) = list_sort($by)
"""
_BESIDE = """
SELECT run_id FROM lake.current_runs
WHERE dataset IN (SELECT dataset FROM lake.runs WHERE run_id = ?) ORDER BY run_id
"""
_IN_ORDER = f"ORDER BY {ORDINAL}, run_id, writing_round, writing_request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unruled:
    """Replies of one round of writing that could not be judged, as rows of ``proposals``."""

    run_id: str
    number: int
    rows: tuple[Mapping[str, Any], ...]

    def key(self, verifier_ids: Sequence[str]) -> str:
        """Commit key of rulings by these verifiers; it names the rulings that they take the place of."""
        replaced = [f"{row['writing_request']}:{row['created_at']}" for row in self.rows]
        named = fingerprint([*verifier_ids, *replaced], length=ID_DIGITS)
        return f"ruled-again:{self.run_id}:{self.number}:{named}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledAgain:
    """Rulings on the replies of one round, in request order.

    Attributes:
        rulings: on all of them.
        rows: what is to be committed; none where it is no other ruling than before, since nobody could judge.
    """

    rulings: tuple[Ruling, ...]
    rows: dict[str, list[Row]]


def tasks_unjudged(lake: Lake, run_ids: Sequence[str]) -> int:
    """How many tasks that were written in these runs could not be judged."""
    return lake.rows(f"SELECT count(*) AS n {_UNJUDGED}", _asked(run_ids))[0]["n"]


def tasks_waiting(lake: Lake, run_ids: Sequence[str]) -> int:
    """Of these, at how many a verifier had a defect, so that they wait for one that had none there."""
    return lake.rows(f"SELECT count(*) AS n {_UNJUDGED} AND len(verifier_ids) > 0", _asked(run_ids))[0]["n"]


def runs_beside(lake: Lake, run_id: str) -> list[str]:
    """Ids of all runs of a run's dataset, its own and those that were given up as well."""
    return [row["run_id"] for row in lake.rows(_BESIDE, [run_id])]


def unruled(lake: Lake, run_ids: Sequence[str], verifiers: Sequence[Verifier]) -> list[Unruled]:
    """What is to be ruled on again of these runs of one dataset, by verifiers that count now, oldest round first.

    Not what they had a defect at, also if others ruled on it since: builds and reverifications under several
    verifications would take turns at it for ever. And nothing as long as a round that was paid for may have to draw
    anew what it asked: a prompt that comes into the pool would have it draw something else.
    """
    rows = lake.rows(f"SELECT * {_UNJUDGED} {_IN_ORDER}", _asked(run_ids))
    if not rows or _draws_anew(lake, dataset_of(rows[0]["run_id"])):
        return []
    tried = {
        _reply(row) for row in lake.rows(_TRIED, {**_asked(run_ids), "by": [one.verifier_id for one in verifiers]})
    }
    rows = [row for row in rows if _reply(row) not in tried]
    rounds = groupby(rows, key=lambda row: (row["run_id"], row["writing_round"]))
    return [Unruled(run_id=run_id, number=number, rows=tuple(of_it)) for (run_id, number), of_it in rounds]


async def ruled_again(lake: Lake, recipe: Recipe, one: Unruled, verifiers: Sequence[Verifier]) -> RuledAgain:
    """Rule on these replies against the pool as it stands; by a recipe that has no writing in it, on none.

    Raises:
        SandboxError: the sandbox failed, so nothing is known about any.
    """
    if recipe.seeding is None:
        return RuledAgain(rulings=(), rows={})
    round_ = Round(
        run_id=one.run_id,
        opened="",
        number=one.number,
        requests=0,
        pool=tuple(pool(lake, recipe.dataset)),
        withheld=retracted_prompts(lake, recipe.dataset),
    )
    rulings = await rule(
        [_proposed(row) for row in one.rows],
        round_,
        seeding=recipe.seeding,
        capability=find_capability(recipe.capability),
        verifiers=verifiers,
    )
    made = [ruling for ruling in rulings if ruling.reason != UNJUDGED or ruling.verifier_ids]
    rows = {
        "prompts": [prompt_row(ruling.prompt) for ruling in made if ruling.prompt is not None],
        "proposals": [proposal_row(ruling, one.number) for ruling in made],
    }
    return RuledAgain(rulings=tuple(rulings), rows=rows if made else {})


def _asked(run_ids: Sequence[str]) -> dict[str, Any]:
    return {"unjudged": UNJUDGED, "runs": [*run_ids]}


def _reply(row: Mapping[str, Any]) -> tuple[str, int, int]:
    return row["run_id"], row["writing_round"], row["writing_request"]


def _draws_anew(lake: Lake, dataset: str) -> bool:
    """Whether a round of the dataset's open run has replies, and its journal does not say what it asked."""
    for run_id in open_runs(lake):
        if dataset_of(run_id) != dataset:
            continue
        number = rounds_done(lake, run_id) + 1
        journal: AnyJournal[Record] = journal_at(writing_journal(lake, run_id, number), Record)
        there = journal.read().records
        opened = opened_at(lake, run_id).isoformat()
        round_ = Round(run_id=run_id, opened=opened, number=number, requests=0, pool=())
        if is_begun(there) and not is_planned(there, round_):
            return True
    return False


def _proposed(row: Mapping[str, Any]) -> Proposed:
    """The reply of a row of ``proposals``; one that was cut off, or has no form, was never to be judged."""
    asked = WritingRequest(
        name=f"{row['run_id']}:{row['writing_round']}:{row['writing_request']}",
        request_id="",
        text=row["request_text"],
        teacher_id=row["teacher_id"],
        replies=1,
        parents=tuple(row["parents"]),
        topic=row["topic"] or "",  # an earlier Stillroom wrote down none of these
        difficulty=row["difficulty_asked"] or "",
        form=row["form"] or "",
    )
    completion = Completion(
        text=row["response"],
        finish_reason=FinishReason.STOP,
        prompt_tokens=row["prompt_tokens"],
        completion_tokens=row["completion_tokens"],
        cached_tokens=0,
        latency_seconds=0.0,
    )
    return Proposed(position=row["writing_request"], asked=asked, completion=completion)
