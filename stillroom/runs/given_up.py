"""A run that was begun and given up for a later one of its dataset: nobody pays for it or publishes it any more.

Its flow runs can still be tried again by a click. Whoever is about to go on with a run asks here first.
"""

from stillroom.errors import RequestError
from stillroom.lake import Lake
from stillroom.runs.newest import newest_run
from stillroom.runs.opening import RunState, load_run, open_runs, run_state

_PLANNED = "SELECT 1 FROM lake.shards WHERE run_id = ? LIMIT 1"


def given_up(lake: Lake, run_id: str, *, for_good: bool = False) -> str | None:
    """Why nobody goes on with the run: it is unfinished, and a later run of its dataset was opened.

    Not where that one has found nothing to do. Nor was a finished run given up: where it lacks shards these may come.

    Args:
        lake: the lake.
        run_id: the run.
        for_good: whether the later one is to have planned something: before that it may still find nothing to do.

    Raises:
        RecipeError: there is no such run.
    """
    state, _ = run_state(lake, run_id)
    if state is not RunState.OPENED or run_id in open_runs(lake):
        return None
    later = newest_run(lake, load_run(lake, run_id).recipe.dataset)
    if for_good and later is not None and not lake.rows(_PLANNED, [later["run_id"]]):
        return None
    named = later["run_id"] if later else "a later one"
    return (
        f"{run_id} was given up for {named}, a later run of its dataset, which takes over what it can use of what was "
        "paid for. `stillroom runs` lists them."
    )


def refuse_given_up(lake: Lake, run_id: str) -> None:
    """Refuse to go on with a run that was given up.

    Raises:
        RequestError: naming the run that it was given up for.
    """
    if why := given_up(lake, run_id):
        raise RequestError(f"nothing was done: {why}")
