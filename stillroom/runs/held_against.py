"""Which benchmarks a run is held against, and what of a benchmark is still known that is not there any more.

A run that is being built was recorded with the content of its benchmarks, and another content stops it: its next
build records that. A finished run is recorded no more, but decided about again, when it is verified again or when
shards come late. So it is held against what is there now, at the place that its recipe named or else the dataset's
newest one names, and against what has gone by the checks that earlier curations of it made. Text that none of them
looked at cannot be checked any more.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stillroom.curation.benchmark_files import read_benchmarks
from stillroom.curation.benchmark_search import METHODS
from stillroom.errors import RecipeError, RequestError
from stillroom.lake import Lake
from stillroom.recipe import (
    Benchmark,
    Place,
    Stage,
    benchmark_places,
    find_benchmarks,
    recorded_benchmarks,
    recorded_recipe,
)
from stillroom.runs.checked import ITEMS, RISK
from stillroom.runs.newest import newest_run
from stillroom.runs.opening import Run, RunState, run_state

_CHECKED = """
SELECT DISTINCT sample_id FROM lake.selections
WHERE run_id = $run AND gate <> 'verification' AND curation_id IN (
    SELECT snapshot FROM lake.metrics WHERE risk = $risk AND metric = $items AND slice = $label)
"""  # all that pass, or are published, are looked at
_HITS = """
SELECT DISTINCT sample_id, prompt_id, side, benchmark, item_id, method, overlap, score FROM lake.contamination_hits
WHERE run_id = $run AND benchmark = $name AND curation_id IN (
    SELECT snapshot FROM lake.metrics WHERE risk = $risk AND metric = $items AND slice = $label)
ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A benchmark that a finished run was recorded with, and that cannot be looked into any more.

    Attributes:
        why: what was found in its place.
    """

    name: str
    sha256: str
    why: str

    @property
    def label(self) -> str:
        """``NAME@SHA256``."""
        return f"{self.name}@{self.sha256}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAgainst:
    """What a run is held against.

    Attributes:
        benchmarks: those that are there, as they are now.
        gone: those that are not, by name.
        identity: what makes a curation another one: the methods, and where benchmarks are not what the run was
            recorded with.
    """

    benchmarks: Sequence[Benchmark] = ()
    gone: Sequence[Gone] = ()
    identity: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCheck:
    """What curations of a run that looked into a benchmark have left in the lake.

    Attributes:
        sample_ids: the samples that they looked at, with their prompts.
        hits: rows of ``contamination_hits``, but for their curation.
    """

    sample_ids: frozenset[str] = field(default_factory=frozenset[str])
    hits: Sequence[Mapping[str, Any]] = ()


def held_against(lake: Lake, run: Run, *, again: bool = False) -> HeldAgainst:
    """The benchmarks that the run's recipe names, and those that are installed, as far as they are there.

    Args:
        lake: knows what they were when the run was last recorded.
        run: it may be finished.
        again: it was finished, though it may have been opened again and given up since.

    Raises:
        RecipeError: the run is being built, and a benchmark is not there, or not what it was when it was begun.
        LakeError: what the dataset's newest run was recorded with is no recipe.
    """
    if run.recipe.curation.contamination is None:
        return HeldAgainst()
    places = benchmark_places(run.recipe.curation.contamination)
    query = "SELECT sections FROM lake.current_runs WHERE run_id = ?"
    recorded = recorded_benchmarks(json.loads(lake.rows(query, [run.run_id])[0]["sections"])[Stage.CURATION.value])
    if not again and run_state(lake, run.run_id)[0] is RunState.OPENED:
        found = find_benchmarks(places)
        _refuse_changed(run, recorded, found)
        return HeldAgainst(benchmarks=found, identity=METHODS if found else ())
    found, troubles = _usable(places, _newest_places(lake, run.recipe.dataset), recorded)
    names = {one.name for one in found}
    gone = [
        Gone(name=name, sha256=sha256, why=_why(name, places, troubles))
        for name, sha256 in sorted(recorded.items())
        if name not in names
    ]
    others = [one.label for one in found if recorded.get(one.name) != one.sha256]
    methods = METHODS if found or gone else ()
    return HeldAgainst(
        benchmarks=found, gone=gone, identity=(*methods, *others, *(f"gone:{one.label}" for one in gone))
    )


def earlier_check(lake: Lake, run_id: str, gone: Gone) -> EarlierCheck:
    """What was found in the run's texts when the benchmark was there, with just this content."""
    asked = {"run": run_id, "label": gone.label, "risk": RISK, "items": ITEMS}
    return EarlierCheck(
        sample_ids=frozenset(row["sample_id"] for row in lake.rows(_CHECKED, asked)),
        hits=lake.rows(_HITS, {**asked, "name": gone.name}),
    )


def _newest_places(lake: Lake, dataset: str) -> Mapping[str, Place]:
    """Where the newest run's recipe has the benchmarks: those of earlier ones may have been moved since."""
    newest = newest_run(lake, dataset)
    if newest is None:
        return {}
    return benchmark_places(recorded_recipe(newest["recipe"], run_id=newest["run_id"]).curation.contamination)


def _usable(
    places: Mapping[str, Place], newest: Mapping[str, Place], recorded: Mapping[str, str]
) -> tuple[list[Benchmark], dict[str, str]]:
    """The benchmarks that can be looked into, and by name of a place why those at it cannot."""
    usable: list[Benchmark] = []
    troubles: dict[str, str] = {}
    for name, place in sorted(places.items()):
        for one in dict.fromkeys((place, newest.get(name, place))):
            try:
                found = find_benchmarks({name: one})
                read_benchmarks([other for other in found if recorded.get(other.name) != other.sha256])
            except RequestError as error:
                troubles.setdefault(name, str(error))
            else:
                usable += found
                break
    return usable, troubles


def _why(name: str, places: Mapping[str, Place], troubles: Mapping[str, str]) -> str:
    place = name.split("/", 1)[0]
    return troubles.get(place) or f"{places.get(place, 'the place of the recipe')} holds it no more."


def _refuse_changed(run: Run, before: Mapping[str, str], found: Sequence[Benchmark]) -> None:
    """What is stated of a snapshot is what the run was recorded with; a file that changed meanwhile belies that."""
    now = {one.name: one.sha256 for one in found}
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            was, is_ = (f"sha256 {sha256}" if sha256 else "not there" for sha256 in (before.get(name), now.get(name)))
            raise RecipeError(
                f"benchmark {name!r} was {was} when {run.run_id} was begun, and is {is_} now. Put it back, or build "
                "the recipe once more: what is paid for is then checked against it as it is now."
            )
