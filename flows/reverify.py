"""Another verification: the stored samples of finished runs are judged by the verifiers as they are now.

No teacher is asked for anything. What changes the members of the dataset is published.
"""

from prefect import flow

from flows.deciding import decided_and_published
from stillroom.errors import GateError, NoSuchSandbox, NotJudged, Overtaken, StillroomError
from stillroom.runs import Wanted, change_verification, load_run, tasks_unjudged
from tasks.calibration import calibrate_verifiers
from tasks.publication import curate_again, publish_changes
from tasks.ruling_again import rule_again
from tasks.workshop import workshop


@flow(name="reverify", flow_run_name="reverify {dataset}", persist_result=False)
async def reverify(dataset: str, run_ids: list[str], wanted: Wanted | None = None) -> int:
    """Judge and curate the runs of ``dataset`` again, oldest first; returns how many verdicts that took.

    Cut off and started again, it goes on where it stopped. A run that cannot be judged or decided about keeps nobody
    from the others: the first such error is raised when all were looked at. What it is judged under stays what it was,
    unless the verifiers of another verification have proven fit.

    Args:
        dataset: whose runs they are.
        run_ids: finished ones.
        wanted: what they are judged under from now on; None: each under its own verification.

    Raises:
        GateError: a verifier misjudges cases whose verdict is known, or what was kept must not be published.
        NotJudged: samples came meanwhile whenever the others had been judged.
        NoSuchSandbox: the libraries or the runtime that it was judged under cannot be had here.
        SandboxError: the sandbox failed for good, whichever run is looked at.
        Overtaken: other datasets that it is compared with published again and again while it was at work.
    """
    judged, failed = 0, list[StillroomError]()
    for run_id in run_ids:
        fate = "is left as it is"
        try:
            if await _come_to(run_id, wanted or Wanted()):
                fate = "counts under the other verification from now on, but is not published"
            if tasks_unjudged(workshop().lake, [run_id]):
                await rule_again(run_id, of_dataset=False)
            verdicts, _ = await decided_and_published(run_id, curate_again, publish_changes)
            judged += verdicts
        except (GateError, NotJudged, Overtaken, NoSuchSandbox) as error:
            workshop().watcher.say(f"{run_id} {fate}: {error}")
            failed.append(error)
    if failed:
        raise failed[0]
    return judged


async def _come_to(run_id: str, wanted: Wanted) -> bool:
    """Start the sandbox that the run is to be judged in and measure its verifiers, then record that they count.

    Returns whether it was judged under another verification before.
    """
    shop = workshop()
    verification = wanted.of(load_run(shop.lake, run_id).recipe.verification)
    await shop.start_sandbox(verification)
    await calibrate_verifiers(run_id, verification)
    return await shop.write(lambda: change_verification(shop.lake, run_id, verification))
