"""Written tasks that could not be judged are ruled on again when a build or a reverification begins."""

from functools import partial

from prefect import task

from stillroom.runs import load_run, ruled_again, runs_beside, unruled
from stillroom.seeding.admission import UNJUDGED, identities
from tasks.retrying import RETRYING
from tasks.workshop import workshop


@task(name="rule again", task_run_name="rule again on written tasks", **RETRYING)
async def rule_again(run_id: str, *, of_dataset: bool) -> int:
    """Rule again on written tasks that could not be judged, by the run's verification; returns how many were admitted.

    They become written prompts of the run that asked for them, and the next plan takes them up. Each round is a commit.

    Args:
        run_id: the run.
        of_dataset: those of all runs of its dataset are meant, also of such as were given up; else its own.

    Raises:
        SandboxError: the sandbox failed; what was committed before is not ruled on again.
    """
    shop = workshop()
    run = load_run(shop.lake, run_id)
    if run.recipe.seeding is None:  # what was written before would not be sampled
        return 0
    verifiers = shop.verifiers(run.recipe.verification)
    run_ids = runs_beside(shop.lake, run_id) if of_dataset else [run_id]
    ruled = admitted = left = 0
    for one in unruled(shop.lake, run_ids, verifiers):
        async with shop.slots(("sandbox",)):
            found = await ruled_again(shop.lake, run.recipe, one, verifiers)
        if found.rows:
            key = one.key(identities(verifiers))
            await shop.write(partial(shop.lake.commit, key, found.rows, run_id=one.run_id))
        ruled += len(found.rulings)
        admitted += len(found.rows.get("prompts", ()))
        left += sum(ruling.reason == UNJUDGED for ruling in found.rulings)
    if ruled:
        shop.watcher.say(
            f"{ruled} written tasks that could not be judged were ruled on again: {admitted} new prompts for the "
            f"next plan, {left} still cannot be judged"
        )
    return admitted
