"""Lets a run keep what differs, where its recipe asks for that: the gate of diversity and its rounds."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stillroom.curation.decisions import Decision, Gate
from stillroom.curation.diversifying import Placed, diversify, joined, quotas_of, wanted_of
from stillroom.curation.reopening import Deciding
from stillroom.curation.selection import Curated
from stillroom.lake import Row
from stillroom.recipe import Diversity
from stillroom.records import Prompt
from stillroom.runs.diversity_rows import RISK, STAYED, UNKNOWN, WANTED
from stillroom.runs.placing import AT_A_TIME, Places

_METHOD = "greedy-novelty@2"
_MOST_ROUNDS = 4  # of what duplicates something that was left out; what then still does is left out with it

Described = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """What the gate decided.

    Attributes:
        curated: all decisions, and the duplicates that are left.
        metrics: rows of ``metrics``, but for their snapshot, which say how many it was to keep and kept.
    """

    curated: Curated
    metrics: Sequence[Row] = field(default_factory=list[Row])


def differing(
    curated: Curated,
    settings: Diversity | None,
    describe: Callable[[str], Described],
    scores: Mapping[str, float | None],
    places: Places,
    published: Callable[[], Iterable[Sequence[Described]]],
    deciding: Deciding,
) -> Differing:
    """What was decided, less what the gate of diversity drops.

    A duplicate of what it drops has its turn, as long as there is room: it is compared with what stays.

    Args:
        curated: what all other gates have decided.
        settings: the gate's; None where the recipe has none.
        describe: gives a sample of the run by its id, as of ``described``: no more of them at once than are placed.
        scores: by sample, as of ``diversity_scores``.
        places: embeds them.
        published: asked for what the dataset has published, some at a time, as of ``members``.
        deciding: decides about duplicates again.

    Raises:
        TeacherError: embeddings come from an endpoint that gives no usable answer.
    """
    asked = [one.sample_id for one in curated.decisions if one.gate == Gate.KEPT]
    if settings is None or not asked:
        return Differing(curated=curated)
    wanted = wanted_of(curated.decisions, settings)
    embedder, held = places.embedder.name, joined(places.place([]), *map(places.place, published()))
    room, rounds, stayed, every = wanted, 0, 0, set(asked)
    while asked:
        placed = _placed(places, describe, asked, scores)
        curated = replace(
            curated,
            decisions=diversify(_taken(curated.decisions, asked), placed, held, settings, embedder, wanted=room),
        )
        stays = _kept_of(curated.decisions, asked)
        if stays:
            held = joined(held, _placed(places, describe, stays, scores))
        room, stayed = room - len(stays), stayed + len(stays)
        again = deciding.reopened(curated.decisions)
        every |= again
        rounds += 1
        if room and rounds < _MOST_ROUNDS:
            curated = deciding.decide_again(curated, again) if again else curated
            asked = _kept_of(curated.decisions, sorted(again))
        else:  # nothing more can stay, so nobody asks what they duplicate
            curated, asked, room = deciding.forgotten(curated, again), sorted(again), 0
    return Differing(curated=curated, metrics=_told(settings, map(describe, every), wanted, stayed))


def _placed(
    places: Places, describe: Callable[[str], Described], ids: Sequence[str], scores: Mapping[str, float | None]
) -> Placed:
    parts = [ids[start : start + AT_A_TIME] for start in range(0, len(ids), AT_A_TIME)]
    return joined(places.place([]), *(places.place([*map(describe, part)], scores) for part in parts))


def _taken(decisions: Sequence[Decision], asked: Sequence[str]) -> list[Decision]:
    """The decisions, those about these samples open but for this gate."""
    ids = set(asked)
    return [
        Decision(sample_id=one.sample_id, prompt_id=one.prompt_id, gate=Gate.KEPT) if one.sample_id in ids else one
        for one in decisions
    ]


def _kept_of(decisions: Sequence[Decision], asked: Sequence[str]) -> list[str]:
    kept = {one.sample_id for one in decisions if one.gate == Gate.KEPT}
    return [id_ for id_ in asked if id_ in kept]


def _told(settings: Diversity, asked: Iterable[Described], wanted: int, kept: int) -> list[Row]:
    """Rows of ``metrics``: what the gate was to keep, what it kept, and of how many a quota has no value to count."""
    columns = {"topic": "topic", "difficulty": "difficulty_asked", "teacher": "teacher_id", "opening": "task"}
    unknown = Counter(name for row in asked for name in quotas_of(settings) if not row[columns[name]])
    without = [(UNKNOWN, name, unknown[name]) for name in quotas_of(settings) if unknown[name]]
    figures = [(WANTED, "", wanted), (STAYED, "", kept), *without]
    about: Row = {"risk": RISK, "low": None, "high": None, "method": _METHOD, "threshold": None}
    return [{**about, "metric": metric, "slice": slice_, "value": float(value)} for metric, slice_, value in figures]


def described(row: Mapping[str, Any], prompt: Prompt) -> Described:
    """A sample of a run as ``members`` has those that are published."""
    return {
        "sample_id": row["sample_id"],
        "prompt_id": prompt.prompt_id,
        "task": prompt.task,
        "answer": row["answer"],
        "topic": prompt.topic,
        "difficulty_asked": prompt.difficulty_asked,
        "teacher_id": row["teacher_id"],
        "origin": prompt.origin.value,
    }
