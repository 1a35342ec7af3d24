"""The seed or prompt file of a run that is being built, held to what the run was begun with.

What is stated of a snapshot is what its run was recorded with; a file that was edited meanwhile belies that. Once the
first shards are planned, whoever goes on with the run as it was recorded needs nothing of the file any more, such as a
deployed build that is tried again or woken. `stillroom build` goes by the recipe that it is given: it reads the file
whose sha256 is part of that, and refuses to go on with the run under another one (``opening.py``).
"""

import json

from stillroom.errors import RecipeError
from stillroom.lake import Lake
from stillroom.recipe import Stage
from stillroom.runs.opening import Run
from stillroom.runs.planning import FIRST_ROUND, is_planned
from stillroom.seeding import PromptFile, recipe_file

_FIELD = "file_sha256"  # of the stage of seeding


def offered_file(lake: Lake, run: Run) -> PromptFile | None:
    """The file whose prompts the run is offered; None where its first shards are planned.

    By then all of its prompts are in the lake: a build plans after it has imported them.

    Raises:
        RecipeError: the file cannot be used, or is not what it was when the run was begun.
    """
    if is_planned(lake, run, FIRST_ROUND):
        return None
    file = recipe_file(run.recipe)
    rows = lake.rows("SELECT sections FROM lake.current_runs WHERE run_id = ?", [run.run_id])
    before = json.loads(rows[0]["sections"])[Stage.SEEDING.value][_FIELD]
    if file.sha256 != before:
        raise RecipeError(
            f"{Stage.SEEDING.value}.{_FIELD}: {file.path} was sha256 {before} when {run.run_id} was begun, and is "
            f"{file.sha256} now. Nothing was taken from it. Put it back to finish that run, or build the recipe once "
            "more: where the run has prompts already, with --new-run, which takes over these and what was paid for."
        )
    return file
