"""Opens a run of a recipe, or continues the one that is unfinished, and refuses what cannot be continued."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stillroom import __version__
from stillroom.errors import NotJudged, RecipeError
from stillroom.fingerprint import canonical_json
from stillroom.lake import Lake, Row
from stillroom.nearest import meant
from stillroom.recipe import (
    PAID_STAGES,
    Recipe,
    Stage,
    StageChange,
    Verification,
    changes,
    fingerprints_of,
    recorded_recipe,
    recorded_sections,
    sections,
    stage_fingerprints,
    verification_section,
)
from stillroom.runs.checking import refuse_unknown_words
from stillroom.runs.moving import paid_changes
from stillroom.runs.newest import NEWEST, newest_run
from stillroom.runs.nothing_new import unjudged_at_first, why_nothing_new

_RECORDED = ("dataset", "capability", "recipe", "sections", "stages")


class RunState(StrEnum):
    """Where a run stands; ``OPENED`` is the only unfinished one."""

    OPENED = "opened"
    PUBLISHED = "published"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One build of one recipe.

    Attributes:
        is_continued: it was opened by an earlier build.
        is_rederived: it had been published, and a later section of the recipe has changed since.
    """

    run_id: str
    recipe: Recipe
    stages: dict[Stage, str]
    is_continued: bool = False
    is_rederived: bool = False


def open_run(lake: Lake, recipe: Recipe, *, new_run: bool = False) -> Run:
    """The run that a build of ``recipe`` works on; call under the lease on its dataset.

    The newest run is continued where it is unfinished. Where it is finished and only sections after
    sampling have changed, it is derived again from what was paid for. Else a new run is opened. Runs that came to
    nothing are passed over (``newest.py``).

    Raises:
        RecipeError: the recipe uses a word that its capability does not know; or the unfinished run has committed
            rows under a section that has changed since. The message names the field. ``new_run`` opens another
            run instead.
    """
    refuse_unknown_words(recipe)
    newest = newest_run(lake, recipe.dataset)
    if newest is None or new_run:
        return _open(lake, recipe)
    run_id, state = newest["run_id"], RunState(newest["state"])
    found = changes(recorded_sections(newest["sections"]), sections(recipe))
    if state is RunState.OPENED:
        if (paid := paid_changes(found)) and _has_rows(lake, run_id):
            raise RecipeError(_refusal(run_id, paid[0]))
        if found or newest["recipe"] != recipe.model_dump_json():  # also what is no identity, such as a gate, counts
            _record(lake, run_id, recipe, RunState.OPENED, note="continued under a changed recipe")
        return _run(run_id, recipe, is_continued=True)
    if found and not any(change.stage in PAID_STAGES for change in found):
        _record(lake, run_id, recipe, RunState.OPENED, note=f"derived again: {found[0].field} changed")
        return _run(run_id, recipe, is_continued=True, is_rederived=True)
    return _open(lake, recipe)


def close_run(lake: Lake, run: Run, state: RunState, note: str) -> None:
    """Record that the run is finished, under the recipe it was last recorded with."""
    columns = ", ".join(_RECORDED)
    recorded = lake.rows(f"SELECT {columns} FROM lake.current_runs WHERE run_id = ?", [run.run_id])[0]  # noqa: S608 - constants
    _append(lake, run.run_id, {**recorded, "state": state.value, "note": note})


def finish_run(lake: Lake, run: Run, label: str) -> None:
    """Record what came of the run: the version NAME@N; where nothing new was kept, "", what had come of it before.

    Of a run that nothing had come of before it says why. Where samples could not be judged and nothing of the dataset
    is published yet, it stays open: the next build judges them first, and opens no other run that has nothing to do.

    Raises:
        NotJudged: for that reason it stays open.
    """
    if label:
        return close_run(lake, run, RunState.PUBLISHED, label)
    rows = lake.rows(
        "SELECT state, note FROM lake.runs WHERE run_id = ? AND state <> 'opened' ORDER BY version DESC LIMIT 1",
        [run.run_id],
    )
    if rows:
        return close_run(lake, run, RunState(rows[0]["state"]), rows[0]["note"])
    if unjudged := unjudged_at_first(lake, run.run_id, run.recipe.dataset):
        raise NotJudged(
            f"Nothing of run {run.run_id} was kept, and {unjudged:,} of its samples could not be judged, so it stays "
            "open. `stillroom why SAMPLE` says what failed; once that is mended, run the same command again: it judges "
            "them first."
        )
    return close_run(lake, run, RunState.EMPTY, f"nothing new was kept: {why_nothing_new(lake, run.run_id)}")


def note_version(lake: Lake, run: Run, label: str) -> None:
    """Note the version NAME@N that was published of a finished run, not by a build of it.

    One that was opened again and given up for a later run stays so.
    """
    if run_state(lake, run.run_id)[0] is not RunState.OPENED:
        close_run(lake, run, RunState.PUBLISHED, label)


def change_verification(lake: Lake, run_id: str, verification: Verification) -> bool:
    """Record that a run's samples count under this verification; returns whether it was another.

    The run's state and note stay.

    Raises:
        LakeError: what the run was recorded with is no recipe.
    """
    columns = ", ".join((*_RECORDED, "state", "note"))
    recorded = lake.rows(f"SELECT {columns} FROM lake.current_runs WHERE run_id = ?", [run_id])[0]  # noqa: S608 - constants
    recipe = recorded_recipe(recorded["recipe"], run_id=run_id)
    if verification_section(recipe.verification) == verification_section(verification):
        return False
    before = json.loads(recorded["sections"])
    # The other sections as recorded: the seed file may have changed or gone since, the run has not.
    changed = {stage: before[stage.value] for stage in Stage} | {Stage.VERIFICATION: verification_section(verification)}
    row: Row = {
        **recorded,
        "recipe": recipe.model_copy(update={"verification": verification}).model_dump_json(),
        "sections": canonical_json({stage.value: section for stage, section in changed.items()}),
        "stages": canonical_json({stage.value: value for stage, value in fingerprints_of(changed).items()}),
    }
    _append(lake, run_id, row)
    return True


def load_run(lake: Lake, run_id: str, *, at: datetime | None = None) -> Run:
    """The run as it was last recorded; ``at``: as it was then (UTC), else now.

    Raises:
        RecipeError: there is no such run, and the message names the nearest; or none was recorded by then.
        LakeError: what it was recorded with is no recipe.
    """
    rows = lake.rows(
        "SELECT recipe, stages FROM lake.runs WHERE run_id = $run AND ($at IS NULL OR created_at <= $at) "
        "ORDER BY version DESC LIMIT 1",
        {"run": run_id, "at": at},
    )
    if not rows:
        known = sorted(row["run_id"] for row in lake.rows("SELECT run_id FROM lake.current_runs"))
        if run_id in known:
            raise RecipeError(f"the lake has no record of the run {run_id!r} by {at} (UTC), only later ones.")
        raise RecipeError(f"there is no run {run_id!r}; `stillroom runs` lists them.{meant(run_id, known)}")
    recipe = recorded_recipe(rows[0]["recipe"], run_id=run_id)
    # The stages as recorded: the seed file may have changed or gone since, the run has not.
    stages = {Stage(stage): value for stage, value in json.loads(rows[0]["stages"]).items()}
    return Run(run_id=run_id, recipe=recipe, stages=stages, is_continued=True)


def opened_at(lake: Lake, run_id: str) -> datetime:
    """When the run was opened the first time (UTC)."""
    return lake.rows("SELECT min(created_at) AS at FROM lake.runs WHERE run_id = ?", [run_id])[0]["at"]


def open_runs(lake: Lake) -> list[str]:
    """Ids of the runs that are unfinished and were not given up for a later one, oldest first."""
    rows = lake.rows(
        f"SELECT run_id FROM ({NEWEST}) WHERE state = ? ORDER BY created_at, run_id",  # noqa: S608 - constant
        [RunState.OPENED.value],
    )
    return [row["run_id"] for row in rows]


def run_state(lake: Lake, run_id: str) -> tuple[RunState, str]:
    """Where a run stands, and the note that was made of it: of a published one NAME@N, the newest of its versions.

    Raises:
        RecipeError: there is no such run.
    """
    rows = lake.rows("SELECT state, note FROM lake.current_runs WHERE run_id = ?", [run_id])
    if not rows:
        raise RecipeError(f"there is no run {run_id!r}; `stillroom runs` lists them")
    return RunState(rows[0]["state"]), rows[0]["note"]


def _has_rows(lake: Lake, run_id: str) -> bool:
    return bool(
        lake.rows(
            "SELECT 1 FROM lake.commits WHERE run_id = ? AND NOT regexp_matches(key, '^(run|teacher):') LIMIT 1",
            [run_id],
        )
    )


def _open(lake: Lake, recipe: Recipe) -> Run:
    ordinal = lake.rows("SELECT count(DISTINCT run_id) + 1 AS n FROM lake.runs WHERE dataset = ?", [recipe.dataset])
    run_id = f"{recipe.dataset}-r{ordinal[0]['n']}"
    _record(lake, run_id, recipe, RunState.OPENED, note="")
    return _run(run_id, recipe)


def _run(run_id: str, recipe: Recipe, *, is_continued: bool = False, is_rederived: bool = False) -> Run:
    stages = stage_fingerprints(recipe)
    return Run(run_id=run_id, recipe=recipe, stages=stages, is_continued=is_continued, is_rederived=is_rederived)


def _record(lake: Lake, run_id: str, recipe: Recipe, state: RunState, *, note: str) -> None:
    row: Row = {
        "dataset": recipe.dataset,
        "state": state.value,
        "capability": recipe.capability,
        "recipe": recipe.model_dump_json(),
        "sections": canonical_json({stage.value: section for stage, section in sections(recipe).items()}),
        "stages": canonical_json({stage.value: value for stage, value in stage_fingerprints(recipe).items()}),
        "note": note,
    }
    _append(lake, run_id, row)


def _append(lake: Lake, run_id: str, row: Row) -> None:
    version = lake.rows("SELECT coalesce(max(version), 0) + 1 AS n FROM lake.runs WHERE run_id = ?", [run_id])[0]["n"]
    rows = [{**row, "version": version, "code_version": __version__}]
    lake.commit(f"run:{run_id}:{version}", {"runs": rows}, run_id=run_id)


def _refusal(run_id: str, change: StageChange) -> str:
    return (
        f"run {run_id} is unfinished and was begun with {change.stage}.{change.field} = {change.before!r}, "
        f"the recipe now says {change.after!r}. Put it back to finish that run, or open another with --new-run: it "
        "takes over the prompts, and of the samples those that it would ask for in the same words."
    )
